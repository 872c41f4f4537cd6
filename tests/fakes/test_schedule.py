"""`schedule_all`: every place where a fault can be, and what breaks there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from rai_jobs.errors import JobError, JobServerError
from rai_jobs_fakes import (
    BrokenPlacementError,
    FakeBackend,
    Fault,
    FaultError,
    JobScript,
    ScheduledRun,
    ScheduleError,
    schedule_all,
)

LOST = Fault.dropped("after")
REFUSED = Fault.http(503)


def three_gets(backend: FakeBackend) -> list[str]:
    """Ask three times, and say how each went."""

    def ask() -> str:
        try:
            backend.gateway().get("ML", "x")
        except JobError:
            return "failed"
        return "absent"

    backend.gateway().list("ML")
    return [ask() for _ in range(3)]


def create_until_it_works(backend: FakeBackend) -> str:
    """What many write, and what runs twice when an answer is lost."""
    jobs = backend.jobs()
    made: list[str] = []
    while not made:
        _tolerant(lambda: made.append(jobs.create("Predictive", "trainer", {}).id))
    return made[0]


def one_execution(run: ScheduledRun) -> None:
    assert len(run.backend.executions) == 1


class TestPlaces:
    """Where faults are placed."""

    def test_one_fault_is_placed_at_every_call_in_turn(self) -> None:
        seen: list[list[str]] = []
        schedule = schedule_all("get", [REFUSED])
        report = schedule.run(three_gets, invariant=lambda run: seen.append(run.result))
        a, f = "absent", "failed"
        assert seen == [[a, a, a], [f, a, a], [a, f, a], [a, a, f], [a, a, a]]
        assert (report.runs, report.placed, report.broken) == (5, 3, ())
        report.raise_for_broken()

    def test_two_faults_are_placed_at_every_pair_of_calls(self) -> None:
        seen: list[tuple[int, ...]] = []

        def note(run: ScheduledRun) -> None:
            seen.append(tuple(placement.call for placement in run.placements))

        schedule_all(None, [REFUSED], depth=2).run(_unbothered, invariant=note)
        pairs = {places for places in seen if len(places) == 2}
        assert pairs == {(1, 2), (1, 3), (2, 3)}
        assert {places for places in seen if len(places) == 1} == {(1,), (2,), (3,)}

    def test_each_fault_is_placed_with_each_other(self) -> None:
        seen: set[tuple[str, ...]] = set()

        def note(run: ScheduledRun) -> None:
            seen.add(tuple(placement.fault.kind.value for placement in run.placements))

        schedule_all(None, [REFUSED, LOST], depth=2).run(_unbothered, invariant=note)
        assert {kinds for kinds in seen if len(kinds) == 2} == {
            ("http", "http"),
            ("http", "dropped"),
            ("dropped", "http"),
            ("dropped", "dropped"),
        }

    def test_a_second_fault_meets_what_is_done_after_the_first(self) -> None:
        report = schedule_all("create", [REFUSED], depth=2).run(create_until_it_works)
        # None; at the 1st create; at the 1st and the 2nd, which is there after a fault alone.
        assert report.placed == 2

    def test_a_fault_keeps_its_own_operation_and_its_own_calls(self) -> None:
        seen: list[str] = []

        def note(run: ScheduledRun) -> None:
            seen.extend(placement.entry.call.operation for placement in run.placements)

        faults = [
            Fault.http(503, operation="list"),
            Fault.http(500, where=lambda call: call.operation == "get"),
        ]
        schedule_all(("get", "list"), faults).run(three_gets, invariant=note)
        assert seen == ["list", "get", "get", "get"]

    def test_a_fault_may_strike_several_times_from_its_place_on(self) -> None:
        seen: list[list[str]] = []
        schedule_all("get", [Fault.http(503, times=2)]).run(
            three_gets, invariant=lambda run: seen.append(run.result)
        )
        a, f = "absent", "failed"
        assert seen == [[a, a, a], [f, f, a], [a, f, f], [a, a, f], [a, a, a]]

    def test_a_second_fault_has_its_call_even_where_the_first_still_strikes(self) -> None:
        seen: set[tuple[tuple[str, int], ...]] = set()

        def note(run: ScheduledRun) -> None:
            seen.add(tuple((p.fault.kind.value, p.call) for p in run.placements))

        schedule_all(None, [Fault.http(503, times=3), LOST], depth=2).run(
            _unbothered, invariant=note
        )
        assert {(("dropped", 2), ("http", 1)), (("dropped", 3), ("http", 1))} <= seen

    def test_each_run_has_a_backend_of_its_own_made_as_asked(self) -> None:
        made: list[FakeBackend] = []

        def make() -> FakeBackend:
            made.append(FakeBackend(seed=len(made)))
            made[-1].script(JobScript(run_s=5))
            return made[-1]

        report = schedule_all("get", [REFUSED], backend=make).run(
            lambda backend: backend.jobs().create_ready("Predictive", "t", {}).duration
        )
        assert report.runs == len(made) > 10
        assert report.broken == ()


class TestBreaking:
    """What breaks a placement, and how it is told."""

    def test_a_create_that_is_repeated_after_its_answer_was_lost(self) -> None:
        report = schedule_all("create", [REFUSED, LOST]).run(
            create_until_it_works, invariant=one_execution
        )
        [run] = report.broken
        [placement] = run.placements
        assert placement.fault == Fault.dropped("after", operation="create", nth=1)
        assert placement.call == 1
        with pytest.raises(BrokenPlacementError) as caught:
            report.raise_for_broken()
        assert isinstance(caught.value, AssertionError)
        shown = str(caught.value)
        assert "1 broken" in shown
        assert "Fault.dropped('after', operation='create', nth=1) at call 1, gateway" in shown
        assert shown.endswith(str(run.transcript))
        assert caught.value.__cause__ is run.broken

    def test_a_fault_is_told_by_the_operation_that_it_struck(self) -> None:
        report = schedule_all(("list", "get"), [REFUSED], depth=2).run(
            three_gets,
            invariant=_fails_on_any,
        )
        told = [tuple(map(repr, (p.fault for p in run.placements))) for run in report.broken]
        assert ("Fault.http(503, operation='get', nth=2)",) in told
        assert (
            "Fault.http(503, operation='get', nth=1)",
            "Fault.http(503, operation='get', nth=3)",
        ) in told

    def test_what_is_told_breaks_again_when_injected(self) -> None:
        report = schedule_all("create", [LOST]).run(create_until_it_works, invariant=one_execution)
        backend = FakeBackend()
        backend.faults.inject(report.broken[0].placements[0].fault)
        create_until_it_works(backend)
        assert str(backend.transcript) == str(report.broken[0].transcript)

    @pytest.mark.parametrize(
        "faults",
        [
            [REFUSED, LOST],
            [REFUSED, Fault.dropped("after", times=2)],
            [Fault.http(503, times=2), Fault.dropped("after", times=3)],
            [Fault.http(503, times=None), Fault.delayed(1)],
            [Fault.http(503, operation="list"), Fault.http(500, operation="create", times=2)],
            [Fault.http(503, where=lambda call: call.operation == "list", times=2), LOST],
        ],
        ids=str,
    )
    def test_every_broken_run_breaks_again_by_what_is_told(self, faults: list[Fault]) -> None:
        def make() -> FakeBackend:
            backend = FakeBackend()
            backend.jobs().create("Predictive", "before", {})
            return backend

        schedule = schedule_all(("create", "list"), faults, depth=2, backend=make)
        report = schedule.run(_three_creates, invariant=_fails_on_any)
        assert len(report.broken) > 8
        for run in report.broken:
            backend = make()
            for placement in run.placements:
                backend.faults.inject(placement.fault)
            _three_creates(backend)
            assert str(backend.transcript) == str(run.transcript)
            for placement in run.placements:
                assert placement.entry is run.transcript[placement.call - 1]

    def test_the_story_tells_the_fault_as_its_head_does(self) -> None:
        report = schedule_all(("create", "list"), [REFUSED]).run(
            _three_creates, invariant=_fails_on_any
        )
        told = "Fault.http(503, operation='create', nth=2)"
        [run] = [each for each in report.broken if told in str(each)]
        assert f"-> {told}, did not act" in str(run.transcript)

    def test_what_the_backend_was_asked_beforehand_is_neither_struck_nor_counted(self) -> None:
        def make() -> FakeBackend:
            backend = FakeBackend()
            _unbothered(backend)
            return backend

        report = schedule_all("get", [REFUSED], depth=2, backend=make).run(
            _unbothered, invariant=_fails_on_any
        )
        told = [tuple(p.fault.which.nth for p in run.placements) for run in report.broken]
        assert told == [(1,), (2,), (3,), (1, 2), (1, 3), (2, 3)]
        assert [run.set_up for run in report.broken] == [3] * 6

    def test_the_smallest_comes_first_and_none_twice(self) -> None:
        report = schedule_all(None, [REFUSED], depth=2).run(_unbothered, invariant=_fails_on_any)
        assert [run.size for run in report.broken] == [
            (1, 1),
            (1, 2),
            (1, 3),
            (2, 1, 2),
            (2, 1, 3),
            (2, 2, 3),
        ]

    def test_an_allowed_error_is_an_answer_that_the_invariant_sees(self) -> None:
        seen: list[Exception | None] = []
        report = schedule_all("create", [REFUSED]).run(
            lambda backend: backend.gateway().create("ML", "w", {}),
            invariant=lambda run: seen.append(run.error),
        )
        assert report.broken == ()
        assert [type(error) for error in seen] == [type(None), JobServerError, type(None)]

    def test_any_other_error_breaks(self) -> None:
        def careless(backend: FakeBackend) -> None:
            with pytest.raises(JobServerError):
                backend.gateway().create("ML", "w", {})
            raise KeyError("id")

        report = schedule_all("create", [REFUSED], allowed=()).run(
            lambda backend: backend.gateway().create("ML", "w", {})
        )
        assert [type(run.broken) for run in report.broken] == [JobServerError]
        # Where the scenario breaks by itself, nothing is placed: there is nothing to learn.
        report = schedule_all("create", [REFUSED]).run(careless)
        assert (report.runs, report.placed, len(report.broken)) == (1, 0, 1)
        assert "no fault" in str(report)

    def test_an_assertion_of_a_test_framework_breaks_too(self) -> None:
        report = schedule_all("get", [REFUSED]).run(
            three_gets, invariant=lambda run: pytest.fail("no") if run.placements else None
        )
        assert len(report.broken) == 3

    def test_a_scenario_that_never_ends_is_ended_and_told(self) -> None:
        report = schedule_all("create", [Fault.http(503, times=None)], max_calls=50).run(
            create_until_it_works
        )
        [run] = report.broken
        assert "never ends: it made more than 50 calls" in str(run.broken)
        assert len(run.transcript) == 50
        with pytest.raises(BrokenPlacementError, match="never ends"):
            report.raise_for_broken()

    def test_a_scenario_that_hides_that_it_was_ended_is_broken_too(self) -> None:
        def hides(backend: FakeBackend) -> None:
            with suppress(BaseException):
                create_until_it_works(backend)

        report = schedule_all("create", [Fault.http(503, times=None)], max_calls=50).run(hides)
        assert len(report.broken) == 1

    def test_a_long_story_is_cut_in_the_middle(self) -> None:
        report = schedule_all("create", [Fault.http(503, times=None)], max_calls=500).run(
            create_until_it_works
        )
        with pytest.raises(BrokenPlacementError, match="440 more calls"):
            report.raise_for_broken()

    def test_a_fault_that_found_no_call_fails(self) -> None:
        report = schedule_all(("get", "artifacts"), [REFUSED, Fault.http(500, where=_never)]).run(
            three_gets
        )
        assert report.placed == 3
        assert [fault.status for fault in report.never_fired] == [500]
        with pytest.raises(BrokenPlacementError, match="Never fired"):
            report.raise_for_broken()

    def test_the_invariant_is_not_struck_and_not_counted(self) -> None:
        def looks(run: ScheduledRun) -> None:
            for _ in range(20):
                run.backend.jobs().list()

        report = schedule_all("get", [Fault.http(503, times=None)], max_calls=10).run(
            three_gets, invariant=looks
        )
        assert report.broken == ()

    def test_a_scenario_that_does_not_repeat_itself_is_refused(self) -> None:
        runs: list[int] = []

        def forgetful(backend: FakeBackend) -> None:
            runs.append(1)
            for _ in range(2 if len(runs) < 4 else 0):
                _tolerant(lambda: backend.gateway().get("ML", "x"))

        with pytest.raises(ScheduleError, match="must do the same"):
            schedule_all("get", [REFUSED], depth=2).run(forgetful)

    def test_a_backend_that_forgets_what_it_was_asked_is_refused(self) -> None:
        with pytest.raises(ScheduleError, match=r"keeps 2 calls \(`transcript_limit`\)"):
            schedule_all("get", [REFUSED], backend=lambda: FakeBackend(transcript_limit=2)).run(
                three_gets
            )

    def test_a_fault_that_cannot_tell_of_a_call_whether_it_matches_is_refused(self) -> None:
        faults = [REFUSED, Fault.http(500, where=lambda call: call.job_id == "x")]
        with pytest.raises(ScheduleError, match=r"`where` of .* for gateway .* list.*job_id"):
            schedule_all(None, faults, depth=2).run(three_gets)

    @pytest.mark.parametrize("name", ["scenario", "invariant"])
    def test_what_is_run_must_be_a_function(self, name: str) -> None:
        given: dict[str, Any] = {"scenario": three_gets, "invariant": None, name: "x"}
        with pytest.raises(ScheduleError, match=f"`{name}` must be a function; got 'x'"):
            schedule_all("get", [REFUSED]).run(**given)

    def test_more_runs_than_are_allowed_are_refused_with_what_was_found(self) -> None:
        with pytest.raises(ScheduleError, match=r"more than 3 placements (?s:.)*2 broken"):
            schedule_all("get", [REFUSED], max_runs=3).run(three_gets, invariant=_fails_on_any)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: schedule_all("get", []), "`faults`"),
        (lambda: schedule_all("get", REFUSED), "`faults`.*Fault.http"),  # pyright: ignore[reportArgumentType]
        (lambda: schedule_all(None, None), "`faults`.*None"),  # pyright: ignore[reportArgumentType]
        (lambda: schedule_all("get", [REFUSED, "x"]), "`faults`.*'x'"),  # pyright: ignore[reportArgumentType]
        (lambda: schedule_all(7, [REFUSED]), "`operations`.*7"),  # pyright: ignore[reportArgumentType]
        (lambda: schedule_all("get", [REFUSED], backend=FakeBackend()), "`backend`"),  # pyright: ignore[reportArgumentType]
        (lambda: schedule_all("get", [REFUSED], max_calls="x"), "`max_calls`"),  # pyright: ignore[reportArgumentType]
        (lambda: schedule_all("get", [REFUSED], max_runs=None), "`max_runs`"),  # pyright: ignore[reportArgumentType]
        (lambda: schedule_all("delete", [REFUSED]), "`operations`"),
        (lambda: schedule_all("get", [Fault.http(503, nth=1)]), "`nth`"),
        (lambda: schedule_all("get", [Fault.http(503, after=1)]), "`after`"),
        (lambda: schedule_all("get", [Fault.http(503, probability=0.5)]), "`probability`"),
        (lambda: schedule_all("get", [Fault.http(503, operation="list")]), "never fire"),
        (lambda: schedule_all("get", [REFUSED], depth=3), "`depth`"),  # pyright: ignore[reportArgumentType]
        (lambda: schedule_all("get", [REFUSED], max_calls=0), "`max_calls`"),
        (lambda: schedule_all("get", [REFUSED], max_runs=0), "`max_runs`"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(FaultError, match=message):
        make()


def _tolerant(ask: Callable[[], object]) -> None:
    with suppress(JobError):
        ask()


def _unbothered(backend: FakeBackend) -> None:
    for _ in range(3):
        _tolerant(lambda: backend.gateway().get("ML", "x"))


def _three_creates(backend: FakeBackend) -> None:
    jobs = backend.jobs()
    made: list[str] = []
    for number in range(1, 4):
        _tolerant(lambda: made.append(jobs.create("Predictive", "t", {}).id))
        if len(made) < number:
            made.append("lost")
            _tolerant(lambda: jobs.list("Predictive"))


def _fails_on_any(run: ScheduledRun) -> None:
    assert not run.placements


def _never(call: object) -> bool:
    return False
