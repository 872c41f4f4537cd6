"""`FakeBackend`: what it is made from, who uses it, and that threads may."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any

import pytest

from rai_jobs import JobInvalidRequestError, JobNotReadyError
from rai_jobs.gateways.protocol import JobsGatewaySync
from rai_jobs_fakes import (
    DEFAULT_USER,
    At,
    ExecutionView,
    FakeBackend,
    JobScript,
    ScriptError,
    VirtualClock,
    aborted,
    completed,
    failed,
)

from .making import payload_of

TYPES = ("Logic", "Prescriptive", "Predictive")
WAYS_IN: dict[str, Callable[[FakeBackend, str], object]] = {
    "jobs": lambda backend, user: backend.jobs(user),
    "jobs over http": lambda backend, user: backend.jobs(user, over="http"),
    "gateway": lambda backend, user: backend.gateway(user),
    "http_transport": lambda backend, user: backend.http_transport(user),
    "token": lambda backend, user: backend.token(user),
}
EACH_TYPE = pytest.mark.parametrize("reasoner_type", TYPES)


def states(backend: FakeBackend) -> list[str]:
    return [view.state.value for view in backend.executions]


def create(backend: FakeBackend, reasoner_type: str = "Prescriptive", name: str = "w") -> str:
    return backend.jobs().create(reasoner_type, name, payload_of(reasoner_type)).id


class TestMaking:
    """The constructor."""

    @pytest.mark.parametrize(
        "given",
        [
            {"event_page_size": 0},
            {"event_page_size": -1},
            {"default_timeout_mins": 0},
            {"detach_grace_s": 0},
            {"detach_grace_s": -1.0},
            {"detach_grace_s": math.nan},
            {"transcript_limit": -1},
        ],
        ids=str,
    )
    def test_a_bound_that_bounds_nothing_is_refused(self, given: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="must be") as caught:
            FakeBackend(**given)
        [(name, value)] = given.items()
        assert f"`{name}`" in str(caught.value)
        assert repr(value) in str(caught.value)

    def test_the_smallest_bounds_are_accepted(self) -> None:
        backend = FakeBackend(event_page_size=1, default_timeout_mins=1, detach_grace_s=0.001)
        backend.script(JobScript(run_s=math.inf))
        create(backend)
        backend.clock.sleep(60)
        assert states(backend) == ["FAILED"]

    def test_a_backend_has_a_virtual_clock_of_its_own_unless_it_is_given_one(self) -> None:
        assert FakeBackend().clock is not FakeBackend().clock
        assert isinstance(FakeBackend().clock, VirtualClock)
        clock = VirtualClock()
        assert FakeBackend(clock=clock).clock is clock

    def test_two_backends_know_nothing_of_each_other(self) -> None:
        one, two = FakeBackend(), FakeBackend()
        execution_id = create(one)
        assert two.jobs().get("Prescriptive", execution_id) is None
        assert two.executions == ()

    def test_two_backends_on_one_clock_share_its_time(self) -> None:
        clock = VirtualClock()
        backends = [FakeBackend(clock=clock) for _ in range(2)]
        for backend in backends:
            backend.script(JobScript(run_s=5))
            create(backend)
        backends[0].jobs().wait("Prescriptive", backends[0].executions[0].id)
        assert [states(backend) for backend in backends] == [["COMPLETED"], ["COMPLETED"]]

    def test_a_backend_shows_its_instant_calls_and_executions(self) -> None:
        backend = FakeBackend()
        create(backend)
        create(backend)
        backend.jobs().list("Prescriptive")
        backend.clock.sleep(1)
        assert repr(backend) == (
            "<FakeBackend at 2026-01-01T00:00:01+00:00: 3 calls, 2 executions>"
        )


class TestUsers:
    """Who asks, and by which token."""

    @pytest.mark.parametrize("way", WAYS_IN)
    def test_an_unknown_user_is_refused_and_the_known_ones_are_named(self, way: str) -> None:
        backend = FakeBackend()
        backend.add_user("ann")
        with pytest.raises(ValueError, match="There are: fake_user, ann") as caught:
            WAYS_IN[way](backend, "nobody")
        assert "add_user('nobody')" in str(caught.value)

    def test_who_does_not_say_is_the_default_user(self) -> None:
        backend = FakeBackend()
        create(backend)
        assert [view.created_by for view in backend.executions] == [DEFAULT_USER]

    def test_a_user_has_the_token_that_was_given(self) -> None:
        backend = FakeBackend()
        backend.add_user("ann", token="open sesame")
        assert backend.token("ann") == "open sesame"
        user = backend.user_of_token("open sesame")
        assert user is not None
        assert user.name == "ann"

    def test_a_token_is_made_from_the_seed_and_the_name(self) -> None:
        def tokens(seed: int) -> list[str]:
            backend = FakeBackend(seed=seed)
            for name in ("ann", "bob"):
                backend.add_user(name)
            return [backend.token(name) for name in (None, "ann", "bob")]

        assert tokens(1) == tokens(1)
        assert len({*tokens(1), *tokens(2)}) == 6

    def test_a_token_belongs_to_one_user(self) -> None:
        backend = FakeBackend()
        backend.add_user("ann", token="t")
        with pytest.raises(ValueError, match="token given for 'bob' is another user's"):
            backend.add_user("bob", token="t")
        with pytest.raises(ValueError, match="no user 'bob'"):
            backend.token("bob")
        backend.add_user("ann", token="t", admin=True)
        user = backend.user_of_token("t")
        assert user is not None
        assert user.admin

    def test_a_refusal_never_shows_the_token(self) -> None:
        backend = FakeBackend()
        backend.add_user("ann", token="hush-hush")
        with pytest.raises(ValueError, match="another user") as caught:
            backend.add_user("bob", token="hush-hush")
        assert "hush" not in str(caught.value)

    def test_a_new_token_takes_the_place_of_the_old_one(self) -> None:
        backend = FakeBackend()
        backend.add_user("ann", token="old")
        backend.add_user("ann", token="new")
        assert backend.user_of_token("old") is None
        assert backend.token("ann") == "new"
        backend.add_user("bob", token="old")
        assert backend.token("bob") == "old"

    def test_nobody_has_an_unknown_token(self) -> None:
        assert FakeBackend().user_of_token("") is None

    def test_there_are_so_many_ways_to_a_client(self) -> None:
        over: Any = "carrier pigeon"
        with pytest.raises(ValueError, match=r"`over` must be 'gateway'.*; got 'carrier"):
            FakeBackend().jobs(over=over)

    @pytest.mark.parametrize("over", ["gateway", "http"])
    def test_a_client_lives_by_the_backends_clock(self, over: Any) -> None:
        backend = FakeBackend()
        backend.script(JobScript(run_s=600))
        with_it = backend.jobs(over=over)
        job = with_it.create_ready("Predictive", "w", {})
        with_it.close()
        assert job.duration == 600_000
        assert backend.clock.monotonic() == 600


class TestScripting:
    """`script`: which executions live by it."""

    @pytest.mark.parametrize("times", [0, -1])
    def test_a_script_is_for_at_least_one_execution(self, times: int) -> None:
        with pytest.raises(ScriptError, match=f"`times` must be 1 or more.*got {times}"):
            FakeBackend().script(JobScript(), times=times)

    def test_a_type_that_is_not_there_is_refused(self) -> None:
        with pytest.raises(JobInvalidRequestError, match="Logic, Prescriptive, Predictive"):
            FakeBackend().script(JobScript(), reasoner_type="Logik")

    @pytest.mark.parametrize(
        ("reasoner_type", "script"),
        [
            ("LOGIC", JobScript(outcome=failed("x"))),
            ("solver", JobScript(outcome=aborted("x"))),
            ("Predictive", JobScript(problems=[{}])),
            ("ml", JobScript(artifacts={"a": {}})),
            ("Prescriptive", JobScript(run_s=2, guard_rail_after_s=1)),
            ("Prescriptive", JobScript(run_s=1, events=[At(1, {}, "profiler")])),
        ],
    )
    def test_a_script_is_for_a_type_that_can_live_by_it(
        self, reasoner_type: str, script: JobScript
    ) -> None:
        backend = FakeBackend()
        with pytest.raises(ScriptError, match=r"cannot be for (Logic|Prescriptive|Predictive):"):
            backend.script(script, reasoner_type=reasoner_type)
        for each in TYPES:
            create(backend, each)
        assert states(backend) == ["COMPLETED"] * 3

    def test_a_script_for_any_type_is_for_those_that_can_live_by_it(self) -> None:
        backend = FakeBackend()
        backend.script(JobScript(outcome=failed("job")))
        backend.script(JobScript(outcome=aborted("transaction")))
        for each in TYPES:
            create(backend, each)
        assert states(backend) == ["ABORTED", "FAILED", "FAILED"]

    def test_the_first_script_that_matches_is_the_one_until_its_times_are_used_up(self) -> None:
        backend = FakeBackend()
        backend.script(JobScript(run_s=1), reasoner_type="solver", name="a", times=2)
        backend.script(JobScript(run_s=2), name="a", times=1)
        backend.script(JobScript(run_s=3), reasoner_type="Prescriptive")
        for reasoner_type, name in (
            ("Prescriptive", "A"),
            ("Prescriptive", "a"),
            ("Predictive", "a"),
            ("Prescriptive", "a"),
            ("Prescriptive", "a"),
            ("Predictive", "a"),
        ):
            create(backend, reasoner_type, name)
        backend.clock.sleep(100)
        assert [view.duration_ms for view in backend.executions] == [
            3000,
            1000,
            2000,
            1000,
            3000,
            0,
        ]

    def test_scripts_for_one_execution_each_are_used_up_in_turn(self) -> None:
        backend = FakeBackend(strict_scripts=True)
        for run_s in (1, 2, 3):
            backend.script(JobScript(run_s=run_s), times=1)
            create(backend)
        with pytest.raises(JobInvalidRequestError, match=r"0 left.*0 left.*0 left"):
            create(backend)
        backend.clock.sleep(100)
        assert [view.duration_ms for view in backend.executions] == [1000, 2000, 3000]
        backend.script(JobScript(run_s=4), times=1)
        with pytest.raises(ScriptError, match="No execution lived by"):
            backend.close()
        backend.script(JobScript(run_s=5), times=1)
        create(backend)
        backend.clock.sleep(100)
        assert backend.executions[-1].duration_ms == 5000

    @EACH_TYPE
    def test_what_no_script_matches_completes_at_once(self, reasoner_type: str) -> None:
        backend = FakeBackend()
        create(backend, reasoner_type)
        [view] = backend.executions
        assert (view.state.value, view.duration_ms, view.abort_reason) == ("COMPLETED", 0, None)

    def test_a_script_is_for_what_is_created_after_it(self) -> None:
        backend = FakeBackend()
        backend.script(JobScript(run_s=5))
        create(backend)
        backend.script(JobScript(run_s=9, outcome=completed()))
        backend.clock.sleep(5)
        assert states(backend) == ["COMPLETED"]


class TestReasoners:
    """`add_reasoner`."""

    @pytest.mark.parametrize("capacity", [0, -1])
    def test_a_reasoner_runs_at_least_one(self, capacity: int) -> None:
        with pytest.raises(
            ValueError, match=f"`max_running` must be an integer, 1 or more.*got {capacity}"
        ):
            FakeBackend().add_reasoner("w", "Logic", max_running=capacity)

    def test_a_reasoner_is_of_a_type_that_is_there(self) -> None:
        with pytest.raises(JobInvalidRequestError, match="Logic, Prescriptive, Predictive"):
            FakeBackend().add_reasoner("w", "Logik")

    def test_adding_it_again_changes_how_many_run(self) -> None:
        backend = FakeBackend()
        backend.add_reasoner("w", "solver", max_running=1)
        backend.script(JobScript(run_s=10))
        for _ in range(3):
            create(backend)
        assert states(backend) == ["RUNNING", "PENDING", "PENDING"]
        backend.clock.sleep(4)
        backend.add_reasoner("w", "Prescriptive", max_running=2)
        assert states(backend) == ["RUNNING", "RUNNING", "PENDING"]
        backend.clock.sleep(6)
        assert states(backend) == ["COMPLETED", "RUNNING", "RUNNING"]
        assert [view.history[-1].at - view.created_at for view in backend.executions[1:]] == [
            4_000_000,
            10_000_000,
        ]

    @pytest.mark.parametrize("status", ["suspended", "PENDING"])
    def test_its_status_may_be_in_any_case_and_only_ready_accepts(self, status: str) -> None:
        backend = FakeBackend()
        backend.add_reasoner("w", "solver", status=status)
        with pytest.raises(JobNotReadyError, match=f"it is {status.upper()}"):
            create(backend)
        backend.add_reasoner("w", "solver", status="ready")
        create(backend)
        assert states(backend) == ["COMPLETED"]

    def test_any_name_is_a_reasoner_unless_that_is_strict(self) -> None:
        create(FakeBackend(), name="whoever")
        backend = FakeBackend(strict_reasoners=True)
        backend.add_reasoner("solver-1", "solver")
        with pytest.raises(JobInvalidRequestError, match=r"there are: 'solver-1' \(Prescriptive"):
            create(backend, name="solver-2")
        create(backend, name="solver-1")
        assert len(backend.executions) == 1


class TestExecutions:
    """`executions`: everybody's, in order."""

    def test_they_are_everybodys_in_order_of_creation_as_they_are_now(self) -> None:
        backend = FakeBackend()
        backend.add_user("ann")
        backend.script(JobScript(run_s=5))
        ids = [
            backend.jobs(user).create(kind, "w", payload_of(kind)).id
            for user, kind in (("ann", "Predictive"), (DEFAULT_USER, "Logic"), ("ann", "Logic"))
        ]
        before = backend.executions
        backend.clock.sleep(5)
        assert [view.id for view in before] == ids
        assert {view.state.value for view in before} == {"RUNNING"}
        assert states(backend) == ["COMPLETED"] * 3

    def test_looking_at_them_is_no_call_and_no_touch(self) -> None:
        backend = FakeBackend(detach_grace_s=60)
        backend.script(JobScript(run_s=999))
        backend.gateway().create("LOGIC", "w", {**payload_of("Logic"), "abort_detached": True})
        for _ in range(4):
            backend.clock.sleep(20)
            assert isinstance(backend.executions[0], ExecutionView)
        assert states(backend) == ["ABORTED"]
        assert len(backend.transcript) == 1


class TestThreads:
    """Many at once."""

    @pytest.mark.parametrize("over", ["gateway", "http"])
    def test_no_create_of_any_thread_is_lost(self, over: Any) -> None:
        backend = FakeBackend()
        backend.add_reasoner("w", "Prescriptive", max_running=3)
        backend.script(JobScript(run_s=0.001))
        ready = threading.Barrier(8)
        made: list[list[str]] = [[] for _ in range(8)]

        def work(mine: list[str]) -> None:
            jobs = backend.jobs(over=over)
            ready.wait()
            for _ in range(50):
                mine.append(jobs.create("Prescriptive", "w", {}).id)
                jobs.wait("Prescriptive", mine[-1], poll_interval_s=0.01)
            jobs.close()

        threads = [threading.Thread(target=work, args=(mine,)) for mine in made]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ids = [each for mine in made for each in mine]
        assert len(set(ids)) == len(ids) == 400
        assert {view.id for view in backend.executions} == set(ids)
        assert set(states(backend)) == {"COMPLETED"}
        creates = [entry for entry in backend.transcript if entry.call.operation == "create"]
        assert [entry.answer for entry in creates] == [view.id for view in backend.executions]
        facts = [fact for entry in backend.transcript for fact in entry.facts]
        assert [fact.at for fact in facts] == sorted(fact.at for fact in facts)

    def test_looking_while_others_work_shows_whole_executions(self) -> None:
        backend = FakeBackend()
        gateway: JobsGatewaySync = backend.gateway()
        done = threading.Event()

        def work() -> None:
            for _ in range(300):
                gateway.create("SOLVER", "w", {})
            done.set()

        thread = threading.Thread(target=work)
        thread.start()
        seen = 0
        while not done.is_set():
            views = backend.executions
            assert len(views) >= seen
            seen = len(views)
            assert all(view.state.value == "COMPLETED" for view in views)
            assert backend.timeline()
            assert len(repr(backend)) > 0
        thread.join()
        assert len(backend.executions) == 300
