"""What a script refuses when it is made, and for whom it is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import datetime, timezone
from typing import Any

import pytest

from rai_jobs_fakes import At, End, JobScript, Outcome, ScriptError, aborted, completed, failed

NAN, INF = math.nan, math.inf
NOT_JSON: list[dict[Any, Any]] = [
    {"at": datetime(2026, 1, 1, tzinfo=timezone.utc)},
    {"x": NAN},
    {"x": -INF},
    {"x": {1}},
    {"x": b"bytes"},
    {("a",): 1},
]
Maker = Callable[[dict[Any, Any]], object]
SHOWN: list[tuple[str, Maker]] = [
    ("At.event", lambda value: At(0, value)),
    ("JobScript.artifacts['a.txt']", lambda value: JobScript(artifacts={"a.txt": value})),
    ("JobScript.problems", lambda value: JobScript(problems=[{}, value])),
    ("aborted(problems)", lambda value: JobScript(outcome=aborted("x", [value]))),
]
OF_TRANSACTIONS: list[dict[str, Any]] = [
    {"artifacts": {"a": {}}},
    {"problems": [{}]},
    {"guard_rail_after_s": 0.0},
    {"run_s": 1, "events": [At(1, {}, "profiler")]},
]


@pytest.mark.parametrize("argument", ["created_s", "queue_s", "cancel_latency_s"])
@pytest.mark.parametrize("value", [-1, -0.001, -INF, INF, NAN])
def test_a_wait_is_a_finite_number_of_seconds(argument: str, value: float) -> None:
    given: dict[str, Any] = {argument: value}
    with pytest.raises(ScriptError, match=f"`JobScript.{argument}` must be a finite number"):
        JobScript(**given)


@pytest.mark.parametrize("value", [-1, -INF, NAN])
def test_work_lasts_zero_seconds_or_more_or_for_ever(value: float) -> None:
    with pytest.raises(ScriptError, match=r"`JobScript.run_s` must be a number of seconds, 0"):
        JobScript(run_s=value)
    assert JobScript(run_s=INF).run_s == INF


@pytest.mark.parametrize("value", [-1, INF, NAN])
def test_a_guard_rail_is_violated_at_a_finite_time_or_never(value: float) -> None:
    with pytest.raises(ScriptError, match=r"JobScript.guard_rail_after_s"):
        JobScript(guard_rail_after_s=value)
    assert JobScript(guard_rail_after_s=None) == JobScript()


@pytest.mark.parametrize("value", [-0.5, INF, NAN])
def test_an_event_comes_at_a_finite_time(value: float) -> None:
    with pytest.raises(ScriptError, match=r"`At.after_s` must be a finite number"):
        At(value, {})


@pytest.mark.parametrize("stream", ["", "Progress", "profiler ", "log"])
def test_an_event_is_on_a_stream_that_is_there(stream: str) -> None:
    with pytest.raises(ScriptError, match=r"`At.stream` must be one of progress, profiler"):
        At(0, {}, stream)


@pytest.mark.parametrize("value", NOT_JSON, ids=str)
@pytest.mark.parametrize(("place", "make"), SHOWN)
def test_what_is_shown_to_clients_is_json(place: str, make: Maker, value: dict[Any, Any]) -> None:
    with pytest.raises(ScriptError, match="must be a JSON object") as caught:
        make(value)
    assert f"`{place}`" in str(caught.value)


@pytest.mark.parametrize(
    ("after_s", "run_s", "fits"),
    [
        (0, 0, True),
        (5, 5, True),
        (5.000001, 5, False),
        (0.001, 0, False),
        (1e9, INF, True),
        (0.1 + 0.2, 0.3, False),
    ],
)
def test_an_event_comes_while_the_work_runs(after_s: float, run_s: float, fits: bool) -> None:
    if fits:
        assert JobScript(run_s=run_s, events=[At(after_s, {})]).events
    else:
        with pytest.raises(ScriptError, match=r"(?s)`JobScript.events`.*never be seen"):
            JobScript(run_s=run_s, events=[At(0, {}), At(after_s, {})])


@pytest.mark.parametrize(
    "of_transactions", OF_TRANSACTIONS, ids=lambda given: next(reversed(given))
)
def test_only_a_transaction_has_what_is_of_transactions(of_transactions: dict[str, Any]) -> None:
    script = JobScript(**of_transactions)
    assert (script.fits(logic=True), script.fits(logic=False)) == (True, False)
    with pytest.raises(ScriptError, match=r"`JobScript.outcome` is failed\(\)"):
        JobScript(**of_transactions, outcome=failed("bad"))


@pytest.mark.parametrize(
    ("outcome", "logic", "job"),
    [(completed(), True, True), (failed("x"), False, True), (aborted("x"), True, False)],
)
def test_jobs_fail_and_transactions_are_aborted(outcome: Outcome, logic: bool, job: bool) -> None:
    script = JobScript(outcome=outcome)
    assert (script.fits(logic=True), script.fits(logic=False)) == (logic, job)


@pytest.mark.parametrize("reason", ["", "  ", "\n\t"])
@pytest.mark.parametrize("make", [failed, aborted])
def test_a_bad_end_says_why(make: Callable[[str], Outcome], reason: str) -> None:
    with pytest.raises(ScriptError, match=r"\(reason\)` must say why"):
        make(reason)


def test_an_outcome_is_what_it_was_made_as() -> None:
    assert completed() == Outcome(End.COMPLETED, None, ())
    assert failed("why") == Outcome(End.FAILED, "why", ())
    assert aborted("why", [{"n": 1}]) == Outcome(End.ABORTED, "why", ({"n": 1},))


def test_a_script_that_says_nothing_completes_at_once() -> None:
    script = JobScript()
    assert (script.created_s, script.queue_s, script.run_s, script.cancel_latency_s) == (0,) * 4
    assert (script.outcome, script.ignores_cancel) == (completed(), False)
    assert not script.events
    assert not script.artifacts
    assert not script.problems


@pytest.mark.parametrize(
    ("value", "name"), [(JobScript(), "run_s"), (At(0, {}), "after_s"), (completed(), "end")]
)
def test_a_script_and_its_parts_are_frozen(value: object, name: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, name, 1)


def test_scripts_of_the_same_words_are_equal() -> None:
    def make() -> JobScript:
        return JobScript(run_s=2, events=[At(1, {"n": 1})], outcome=aborted("x"))

    assert make() == make()
    assert make() != JobScript(run_s=2)


def test_a_script_error_is_a_value_error() -> None:
    assert issubclass(ScriptError, ValueError)
