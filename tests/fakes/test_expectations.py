"""`expect` and `containing`: what they assert, and what they say when it is not so."""

from __future__ import annotations

from unittest.mock import ANY

import pytest

from rai_jobs_fakes import FakeBackend, JobScript, containing, expect

OTHERS: list[object] = [
    {"a": 2},
    {"a": True},
    {"z": None},
    {"b": {"c": "y"}},
    {"d": [1]},
    {"d": [2, {}]},
    [1],
    "a",
]


@pytest.fixture
def backend() -> FakeBackend:
    backend = FakeBackend()
    backend.script(JobScript(run_s=4))
    jobs = backend.jobs()
    first = jobs.create("Prescriptive", "solver-1", {"model": "x", "limits": {"gap": 0.1}})
    jobs.get("Prescriptive", first.id)
    second = jobs.create("Predictive", "trainer", {"epochs": [1, 2]})
    jobs.get("Prescriptive", first.id)
    jobs.cancel("Predictive", second.id)
    return backend


class TestContaining:
    @pytest.mark.parametrize(
        "wanted",
        [
            {"a": 1},
            {"b": {"c": "x"}},
            {"b": containing({"c": "x"})},
            {"d": [1, {"e": 2}]},
            {"a": ANY},
            {},
        ],
        ids=repr,
    )
    def test_it_equals_what_holds_at_least_that(self, wanted: object) -> None:
        assert containing(wanted) == {
            "a": 1,
            "b": {"c": "x", "more": 1},
            "d": [1, {"e": 2, "f": 3}],
        }

    @pytest.mark.parametrize("wanted", OTHERS, ids=repr)
    def test_it_equals_nothing_else(self, wanted: object) -> None:
        assert containing(wanted) != {"a": 1, "b": {"c": "x"}, "d": [1, {"e": 2}]}

    def test_it_shows_what_must_be_there(self) -> None:
        assert repr(containing({"a": 1})) == "containing({'a': 1})"


class TestCreated:
    def test_it_finds_what_is_all_that_is_given(self, backend: FakeBackend) -> None:
        found = expect(backend).created(
            reasoner_type="solver",
            name="solver-1",
            by="fake_user",
            payload=containing({"limits": {"gap": 0.1}}),
            times=1,
        )
        assert found.execution is not None
        assert found.execution.reasoner_name == "solver-1"
        expect(backend).created(times=2)
        expect(backend).created(payload={"epochs": [1, 2]})

    def test_a_failure_tells_the_nearest_and_what_differs(self, backend: FakeBackend) -> None:
        with pytest.raises(AssertionError) as caught:
            expect(backend).created(
                reasoner_type="Prescriptive", payload=containing({"model": "y", "limits": {}})
            )
        told = str(caught.value).splitlines()
        assert told[0] == (
            "Expected an execution created with reasoner_type='Prescriptive',"
            " payload=containing({'model': 'y', 'limits': {}}); none of 2 creates fit."
        )
        assert told[1].startswith(
            "Nearest: call 1, gateway fake_user: create(Prescriptive, solver-1"
        )
        assert told[2] == "    payload.model: expected 'y', was 'x'"
        assert "The transcript around it:" in told

    def test_another_number_is_told(self, backend: FakeBackend) -> None:
        with pytest.raises(AssertionError, match="Expected 3 executions created; 2 of 2 crea"):
            expect(backend).created(times=3)
        expect(backend).created(name="nobody", times=0)

    def test_a_payload_with_more_needs_containing(self, backend: FakeBackend) -> None:
        with pytest.raises(AssertionError, match=r"has more than .*`containing` allows it"):
            expect(backend).created(payload={"model": "x"})

    def test_where_nothing_was_asked_it_says_so(self) -> None:
        with pytest.raises(AssertionError, match="Nothing was asked of the backend at all"):
            expect(FakeBackend()).created()


class TestTheOthers:
    def test_after_created_they_are_of_that_execution(self, backend: FakeBackend) -> None:
        expect(backend).created(name="solver-1").polled(at_least=2, at_most=2)
        expect(backend).created(name="trainer").cancelled().polled(at_least=0)

    def test_too_many_polls_are_told(self, backend: FakeBackend) -> None:
        with pytest.raises(AssertionError, match="polled 0 to 1 times; it was 2 times"):
            expect(backend).created(name="solver-1").polled(at_least=0, at_most=1)

    def test_a_cancel_that_nobody_asked_for_is_told_with_those_that_were(
        self, backend: FakeBackend
    ) -> None:
        with pytest.raises(AssertionError) as caught:
            expect(backend).created(name="solver-1").cancelled()
        assert "cancelled at least 1 times; it was no times" in str(caught.value)
        assert "of another execution" in str(caught.value)

    def test_pages_of_events_are_counted(self, backend: FakeBackend) -> None:
        made = backend.executions[0].id
        with pytest.raises(AssertionError, match="followed at least 1 times"):
            expect(backend).followed(made)
        backend.jobs().get_events("Prescriptive", made)
        expect(backend).followed(made)

    def test_an_execution_must_be_known(self, backend: FakeBackend) -> None:
        with pytest.raises(ValueError, match="expect one to be `created` first"):
            expect(backend).polled()


class TestOrderAndRest:
    def test_in_order_means_after_what_came_before(self, backend: FakeBackend) -> None:
        first, second = (each.id for each in backend.executions)
        expect(backend).in_order().created(name="solver-1").created(name="trainer").cancelled()
        expect(backend).in_order().created(name="trainer").polled(first, at_most=1)
        with pytest.raises(AssertionError, match="In order: looked after call 5"):
            expect(backend).in_order().cancelled(second).created(name="solver-1")

    def test_no_more_requests_than_were_named(self, backend: FakeBackend) -> None:
        named = expect(backend).created(name="solver-1").polled().created(name="trainer")
        with pytest.raises(
            AssertionError, match=r"1 request came that nothing\s+expected:\n.*cancel"
        ):
            named.no_more_requests()
        named.cancelled().no_more_requests()
