"""Our own client over SQL: every operation is recorded, and replayed with nothing there."""

from __future__ import annotations

from typing import Any

import pytest

from rai_jobs import Config, connect_sync
from rai_jobs.errors import JobError
from rai_jobs_fakes import At, FakeBackend, JobScript, VirtualClock, aborted

from ...fakes.doors.wired import SWITCH
from .playing import both

ALL = dict.fromkeys(("details", "events", "artifacts", "problems", "raw"), True)
LOGIC = {"dbname": "sales", "query": "def output = 1"}
TYPES = ("Logic", "Prescriptive", "Predictive")
FULL = JobScript(
    events=[At(0, {"type": "LogMessage", "event": {"message": "hello"}})],
    artifacts={"out.arrow": {"presigned_url": "https://storage.test/out"}},
    problems=[{"type": "WARNING"}],
)


@pytest.fixture(autouse=True)
def backend() -> FakeBackend:
    made = SWITCH.turn()
    made.script(FULL, name="full")
    made.script(JobScript(run_s=600), name="slow")
    made.script(JobScript(outcome=aborted("bad")), name="bad")
    return made


def payload(kind: str) -> dict[str, Any]:
    return LOGIC if kind == "Logic" else {"a": 1}


def tried(call: Any) -> list[Any]:
    """Return what is told of an error; an app may also take what is not there for done."""
    try:
        return [call()]
    except JobError as error:
        return [type(error).__name__, str(error), type(error.__cause__).__name__]


def every_operation(jobs: Any) -> list[Any]:
    came: list[Any] = []
    for kind in TYPES:
        operation = jobs.create(kind, "full", payload(kind))
        wanted = ALL if kind == "Logic" else {"events": True, "details": True}
        came += [operation.id, jobs.get(kind, operation.id, include=wanted), operation.wait()]
        came.append(jobs.get_events(kind, operation.id))
        slow = jobs.create(kind, "slow", payload(kind))
        came += [slow.status(), jobs.list(kind, only_active=True)]
        jobs.cancel(kind, slow.id)
        came += [jobs.get(kind, slow.id).state, jobs.list(kind, name="slow", limit=5)]
        came.append(tried(lambda kind=kind: jobs.get(kind, "nobody")))
        came.append(tried(lambda kind=kind: jobs.cancel(kind, "nobody")))
    came.append(jobs.create_ready("Logic", "bad", LOGIC))
    came += [jobs.list(), jobs.get_operation("Logic", "nobody")]
    return came


def play(parameters: dict[str, Any]) -> list[Any]:
    config = Config(connection=parameters)
    with connect_sync(config=config, clock=VirtualClock()) as client:
        return every_operation(client.jobs)


def test_every_operation_comes_as_it_came() -> None:
    came = both(play)
    [logic] = [each for each in came if getattr(each, "artifacts", None)]
    assert logic.artifacts["out.arrow"]["PRESIGNED_URL"] == "https://storage.test/out"
    assert logic.problems == {"problems": [{"type": "WARNING"}]}
    assert [event["event"]["message"] for event in logic.events.events] == ["hello"]
    assert [each for each in came if each == "CANCELED"] == ["CANCELED"] * 3
    assert "'JobNotFoundError'" in repr(came)


def test_an_app_that_is_missing_is_missing_again() -> None:
    def ask(parameters: dict[str, Any]) -> Any:
        config = Config(connection=parameters, app_name="nope")
        with connect_sync(config=config, clock=VirtualClock()) as client:
            return tried(lambda: client.jobs.list("Logic"))

    assert both(ask)[0] == "AppMissingError"
