"""A value of a wrong kind is refused where it is handed in, by a typed error that names it."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, IntEnum
from fractions import Fraction
from typing import Any, cast

import pytest

from rai_jobs import JobConfigurationError, JobInvalidRequestError, JobsClientSync, connect_sync
from rai_jobs_fakes import (
    At,
    FakeBackend,
    JobScript,
    Outcome,
    PacedClock,
    ScriptError,
    VirtualClock,
    WireSettings,
    aborted,
    completed,
    expect,
    failed,
    query_run,
)


class Status(str, Enum):
    """A text, whose `str()` is another one."""

    PENDING = "pending"


class Number(IntEnum):
    SEVEN = 7


WRONG: Any = object()
TEXT: Any = "60"
MADE: dict[str, tuple[Callable[[], object], type[Exception]]] = {
    "JobScript.run_s": (lambda: JobScript(run_s=TEXT), ScriptError),
    "JobScript.queue_s": (lambda: JobScript(queue_s=cast("Any", None)), ScriptError),
    "JobScript.created_s": (lambda: JobScript(created_s=True), ScriptError),
    "JobScript.guard_rail_after_s": (lambda: JobScript(guard_rail_after_s=TEXT), ScriptError),
    "JobScript.events": (lambda: JobScript(run_s=1, events=WRONG), ScriptError),
    "JobScript.outcome": (lambda: JobScript(outcome=cast("Any", completed)), ScriptError),
    "JobScript.artifacts": (lambda: JobScript(artifacts=cast("Any", ["a"])), ScriptError),
    "JobScript.problems": (lambda: JobScript(problems=TEXT), ScriptError),
    "JobScript.ignores_cancel": (lambda: JobScript(ignores_cancel=TEXT), ScriptError),
    "At.after_s": (lambda: At(TEXT, {}), ScriptError),
    "At.event": (lambda: At(1, TEXT), ScriptError),
    "failed(reason)": (lambda: failed(WRONG), ScriptError),
    "aborted(problems)": (lambda: aborted("why", cast("Any", {"n": 1})), ScriptError),
    "query_run(run_s)": (lambda: query_run(run_s=TEXT), ScriptError),
    "clock": (lambda: FakeBackend(clock=WRONG), ValueError),
    "seed": (lambda: FakeBackend(seed=TEXT), ValueError),
    "app": (lambda: FakeBackend(app=WRONG), ValueError),
    "schema": (lambda: FakeBackend(schema=""), ValueError),
    "detach_grace_s": (lambda: FakeBackend(detach_grace_s=TEXT), ValueError),
    "get_lag_s": (lambda: FakeBackend(get_lag_s=TEXT), ValueError),
    "clock_skew_s": (lambda: FakeBackend(clock_skew_s=TEXT), ValueError),
    "max_body_bytes": (lambda: FakeBackend(max_body_bytes=TEXT), ValueError),
    "session_token_s": (lambda: WireSettings(session_token_s=TEXT), ValueError),
    "start": (lambda: VirtualClock(TEXT), ValueError),
    "An outcome is made": (lambda: Outcome(TEXT), ScriptError),
    "wire": (lambda: FakeBackend(wire=WRONG), ValueError),
    "factor": (lambda: PacedClock(TEXT), ValueError),
    "stuck_after_s": (lambda: VirtualClock().event_loop(stuck_after_s=TEXT), ValueError),
}
SAID: dict[str, Callable[[FakeBackend], object]] = {
    "name` must be the name of a user": lambda backend: backend.add_user(WRONG),
    "password of 'ann' must be text": lambda backend: backend.add_user("ann", password=WRONG),
    "token of 'ann' must be text": lambda backend: backend.add_user("ann", token=WRONG),
    "name` must be the name of a reasoner": lambda backend: backend.add_reasoner(WRONG, "Logic"),
    "resume_s` must be finite": lambda backend: backend.add_reasoner("r", "Logic", resume_s=TEXT),
    "auto_suspend_mins` must be finite": lambda backend: backend.add_reasoner(
        "r", "Logic", auto_suspend_mins=TEXT
    ),
    "status` must be one of": lambda backend: backend.add_reasoner("r", "Logic", status=WRONG),
    "name` must be the name of a reasoner, or": lambda b: b.script(JobScript(), name=WRONG),
    "no user 3": lambda backend: backend.gateway(cast("Any", 3)),
    "no user []": lambda backend: backend.gateway(cast("Any", [])),
    "key given for 'ann' cannot": lambda backend: backend.add_user("ann", public_key=WRONG),
    "control_token` must be text": lambda backend: backend.serve(control_token=WRONG),
    "time` must be True": lambda b: b.install(pytest.MonkeyPatch(), time=WRONG),
    "operation` must be a word": lambda b: b.transcript.only(operation=WRONG),
    "start` must be a datetime": lambda b: b.transcript.between(start=WRONG),
    "port` must be": lambda backend: backend.serve(port=TEXT),
    "host` must be": lambda backend: backend.serve(host=WRONG),
    "monkeypatch` must be": lambda backend: backend.install(WRONG),
    "`expect` reads what a FakeBackend": lambda backend: expect(cast("Any", backend.jobs())),
    "times` must be a whole number": lambda backend: expect(backend).created(times=TEXT),
    "at_least` must be a whole number": lambda b: expect(b).polled("x", at_least=-1),
    "No number is at least 3 and at most 1": lambda b: expect(b).polled("x", at_least=3, at_most=1),
    "`times` is how often exactly": lambda b: expect(b).followed("x", times=1, at_most=2),
}


@pytest.mark.parametrize("argument", MADE)
def test_what_is_made_names_the_argument(argument: str) -> None:
    make, error = MADE[argument]
    with pytest.raises(error) as caught:
        make()
    assert (f"`{argument}" if " " not in argument else argument) in str(caught.value)


@pytest.mark.parametrize("told", SAID)
def test_what_a_backend_is_told_names_the_argument(told: str) -> None:
    backend = FakeBackend()
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is looked at
        SAID[told](backend)
    assert told in str(caught.value)


def test_nothing_of_a_user_that_is_refused_is_kept() -> None:
    backend = FakeBackend()
    with pytest.raises(ValueError, match="must be text") as caught:
        backend.add_user("ann", password=cast("Any", b"sesame"))
    assert "sesame" not in str(caught.value)
    with pytest.raises(ValueError, match="no user 'ann'"):
        backend.gateway("ann")


@pytest.mark.parametrize("kind", [VirtualClock, PacedClock])
def test_a_clock_is_moved_by_numbers_and_refuses_what_is_none_as_the_real_one_does(
    kind: type[VirtualClock | PacedClock],
) -> None:
    clock = kind()
    for move in (clock.advance, clock.sleep):
        with pytest.raises(TypeError, match="by a number of seconds; got '60'"):
            move(TEXT)
    assert clock.monotonic() < 60


def test_numbers_of_other_libraries_and_members_of_enums_are_what_they_are() -> None:
    backend = FakeBackend(get_lag_s=Fraction(1, 2), seed=Number.SEVEN)  # pyright: ignore[reportArgumentType]
    backend.add_reasoner("r", "Logic", status=Status.PENDING, auto_suspend_mins=1 / 3)
    (reasoner,) = backend.snapshot().reasoners
    assert reasoner.status == "PENDING"
    assert JobScript(run_s=Fraction(1, 3)).run_s == Fraction(1, 3)  # pyright: ignore[reportArgumentType]
    assert backend.seed == 7


def test_a_third_of_a_minute_is_twenty_seconds() -> None:
    backend = FakeBackend()
    backend.add_reasoner("r", "Logic", auto_suspend_mins=1 / 3)
    backend.clock.sleep(19.999999)
    assert backend.snapshot().reasoners[0].status == "READY"
    backend.clock.sleep(0.000001)
    assert backend.snapshot().reasoners[0].status == "SUSPENDED"


def test_events_and_problems_may_be_any_iterable_and_are_kept() -> None:
    said = JobScript(run_s=1, events=(At(n, {}) for n in range(2)))  # pyright: ignore[reportArgumentType]
    assert said.events == (At(0, {}), At(1, {}))
    made = JobScript(problems=({"n": n} for n in range(2)))  # pyright: ignore[reportArgumentType]
    assert made.problems == [{"n": 0}, {"n": 1}]
    assert aborted("why", {1: {"n": 2}}.values()).problems == ({"n": 2},)  # pyright: ignore[reportArgumentType]


def test_a_client_takes_no_clock_that_is_none() -> None:
    with pytest.raises(JobInvalidRequestError, match="`clock` must have `now`"):
        JobsClientSync(FakeBackend().gateway(), clock=WRONG)
    with pytest.raises(JobInvalidRequestError, match="`clock` must have `now`"):
        JobsClientSync(FakeBackend().gateway(), clock=cast("Any", VirtualClock))
    with pytest.raises(JobConfigurationError, match="`clock` must have `now`"):
        connect_sync(token="t", clock=WRONG)
