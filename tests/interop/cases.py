"""What is asked of both clients: every operation, every include, every failure, as data.

A case is played once by our client and once by the published one, each on a backend of its own in
the same state; what it returns is compared. It compares no more than its name says: that two
clients spell a type differently is one case, not all of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rai_jobs_fakes import At, Fault, JobScript, aborted, failed

from .stage import TYPES, Stage

__all__ = ["CASES", "Case"]

APP_MISSING = "SQL compilation error:\nDatabase 'RELATIONALAI' does not exist or not authorized."
SUSPENDED = "Service has not been started."
VALIDATION = {"message": "validation error", "details": "the objective is missing"}
FULL = JobScript(
    events=[At(0, {"type": "LogMessage", "event": {"message": "hello"}})],
    artifacts={"out.arrow": {"presigned_url": "https://storage.test/out"}},
    problems=[{"type": "WARNING"}],
)
LINES = JobScript(
    run_s=5,
    events=[At(n, {"type": "LogMessage", "event": {"message": f"line {n}"}}) for n in range(5)],
)


@dataclass(frozen=True)
class Case:
    """One thing that is asked.

    Args:
        operation: the operation that it is about, or `failure`.
        name: what is asked, in words.
        play: asks it, and returns what is compared.
        user: who asks; `root` is an admin.
        needs: `sql` or `http`, where no other transport can have it.
    """

    operation: str
    name: str
    play: Callable[[Stage], Any]
    user: str = "ann"
    needs: str = ""

    @property
    def id(self) -> str:
        return f"{self.operation}: {self.name}"


CASES: list[Case] = []


def case(
    operation: str, name: str, **options: Any
) -> Callable[[Callable[[Stage], Any]], Callable[[Stage], Any]]:
    """Make a case of a function."""

    def made(play: Callable[[Stage], Any]) -> Callable[[Stage], Any]:
        CASES.append(Case(operation, name, play, **options))
        return play

    return made


def of_each_type(operation: str, name: str) -> Callable[[Callable[[Stage, str], Any]], None]:
    """Make a case of a function for each type of reasoner."""

    def made(play: Callable[[Stage, str], Any]) -> None:
        CASES.extend(
            Case(operation, f"{name}, {kind}", lambda stage, kind=kind: play(stage, kind))
            for kind in TYPES
        )

    return made


def refused(operation: str, name: str, call: Callable[[Stage], Any]) -> None:
    """Make a case of a call that is an error, or should be; told is what was asked before it."""
    CASES.append(
        Case(operation, name, lambda stage: [stage.tried(lambda: call(stage)), stage.calls()])
    )


def struck(name: str, fault: Fault, call: str, **options: Any) -> None:
    """Make a case of a call that a fault strikes; told is what came, and what was asked."""

    def play(stage: Stage) -> Any:
        job = stage.created_by("ann", "Predictive", JobScript(run_s=60))
        stage.inject(fault)
        answer = stage.tried(lambda: _CALLS[call](stage, job))
        if call == "wait":  # how often it polls hangs on the jitter of what it repeats
            return answer
        created = len(stage.backend.executions) - 1
        return [answer, stage.calls(), *([f"created {created}"] if call == "create" else [])]

    CASES.append(Case("failure", f"{name} on {call}", play, **options))


_CALLS: dict[str, Callable[[Stage, str], Any]] = {
    "get": lambda stage, job: stage.jobs.get("Predictive", job).state,
    "list": lambda stage, job: len(stage.jobs.list("Predictive")),
    "create": lambda stage, job: bool(stage.jobs.create("Predictive", "w", {}).id),
    "events": lambda stage, job: len(stage.jobs.get_events("Predictive", job).events),
    "cancel": lambda stage, job: stage.jobs.cancel("Predictive", job),
    "wait": lambda stage, job: stage.jobs.wait("Predictive", job).state,
}


# get ------------------------------------------------------------------------------------------


@of_each_type("get", "one's own")
def _(stage: Stage, kind: str) -> Any:
    return stage.jobs.get(kind, stage.create(kind, JobScript(run_s=5)).id)


@case("get", "the fields of a job")
def _(stage: Stage) -> Any:
    job: Any = stage.jobs.get("Predictive", stage.create("Predictive").id)
    return sorted(field.name for field in dataclasses.fields(job))


@case("get", "how a type is spelled")
def _(stage: Stage) -> Any:
    kinds = {"logic": "Logic", "SOLVER": "Prescriptive", " ml ": "Predictive"}
    return [
        stage.jobs.get(asked, stage.create(kind).id).reasoner_type for asked, kind in kinds.items()
    ]


@case("get", "an unknown id")
def _(stage: Stage) -> Any:
    return [stage.jobs.get(kind, "nobody") for kind in ("Logic", "Predictive")]


@case("get", "somebody else's")
def _(stage: Stage) -> Any:
    stage.backend.add_user("eve")
    return [stage.jobs.get(kind, stage.created_by("eve", kind)) for kind in ("Logic", "Predictive")]


refused("get", "an unknown type", lambda stage: stage.jobs.get("Magic", "i"))
refused("get", "an empty id", lambda stage: stage.jobs.get("Logic", " "))
refused("get", "an id with a slash", lambda stage: stage.jobs.get("Logic", "../jobs"))


# include --------------------------------------------------------------------------------------


def _included(kind: str, name: str) -> Callable[[Stage], Any]:
    def play(stage: Stage) -> Any:
        job_id = stage.create(kind, FULL if kind == "Logic" else LINES).id
        found = getattr(stage.jobs.get(kind, job_id, include={name: True}), name)
        # What a record is called may differ by version, and has a case of its own.
        return sorted(map(str, found.values())) if name in {"details", "raw"} else found

    return play


CASES.extend(
    Case("include", f"{name}, {kind}", _included(kind, name))
    for kind, names in (
        ("Logic", ("details", "events", "artifacts", "problems")),
        ("Predictive", ("details", "events")),
    )
    for name in names
)


@case("include", "the names in details")
def _(stage: Stage) -> Any:
    return sorted(
        stage.jobs.get("Logic", stage.create("Logic").id, include={"details": True}).details
    )


@case("include", "the names in raw")
def _(stage: Stage) -> Any:
    return sorted(stage.jobs.get("Logic", stage.create("Logic").id, include={"raw": True}).raw)


@case("include", "in list, one type")
def _(stage: Stage) -> Any:
    stage.create("Logic", FULL)
    [job] = stage.jobs.list("Logic", include={"events": True, "details": True})
    return [job.events, job.artifacts]


@case("include", "in wait")
def _(stage: Stage) -> Any:
    job_id = stage.create("Predictive", LINES).id
    return stage.jobs.wait("Predictive", job_id, include={"events": True}).events


@case("include", "one that fails")
def _(stage: Stage) -> Any:
    job_id = stage.create("Logic", FULL).id
    stage.inject(Fault.http(500, operation="events", times=None))
    return stage.jobs.get("Logic", job_id, include={"events": True}).events


def _asks(kind: str, include: dict[str, Any]) -> Callable[[Stage], Any]:
    return lambda stage: stage.jobs.get(kind, "i", include=include)


refused("include", "an unknown name", _asks("Logic", {"colour": True}))
refused("include", "a value that is no bool", _asks("Logic", {"events": 1}))
refused("include", "artifacts of a job", _asks("Predictive", {"artifacts": True}))
refused("include", "problems of a job", _asks("Predictive", {"problems": True}))
refused(
    "include", "artifacts across types", lambda stage: stage.jobs.list(include={"artifacts": True})
)


# create ---------------------------------------------------------------------------------------


@of_each_type("create", "a handle")
def _(stage: Stage, kind: str) -> Any:
    operation = stage.create(kind)
    return [operation.id, operation.metadata, len(stage.backend.executions)]


@case("create", "abort_detached in the payload is dropped")
def _(stage: Stage) -> Any:
    stage.backend.script(JobScript(run_s=600))
    stage.jobs.create("Logic", "w", {**stage.payload("Logic"), "abort_detached": True})
    stage.clock.sleep(120)
    return stage.backend.executions[0].state.value


@of_each_type("create", "timeout_mins ends it")
def _(stage: Stage, kind: str) -> Any:
    stage.backend.script(JobScript(run_s=600))
    job_id = stage.jobs.create(kind, "w", stage.payload(kind), timeout_mins=5).id
    stage.clock.sleep(301)
    return stage.jobs.get(kind, job_id)


refused("create", "a payload that is no dict", lambda stage: stage.jobs.create("ML", "w", [1]))
refused(
    "create",
    "a payload that is no JSON",
    lambda stage: bool(stage.jobs.create("ML", "w", {"a": {1}}).id),
)
refused("create", "Logic without a database", lambda stage: stage.jobs.create("LOGIC", "w", {}))
refused("create", "an empty reasoner's name", lambda stage: stage.jobs.create("ML", "", {}))
refused(
    "create",
    "timeout_mins=-1",
    lambda stage: bool(stage.jobs.create("ML", "w", {}, timeout_mins=-1).id),
)


@case("create", "the handle: status, is_done, wait, result")
def _(stage: Stage) -> Any:
    operation = stage.create("Predictive", JobScript(run_s=5))
    before = [operation.status(), operation.is_done(), stage.tried(operation.result)]
    return [*before, operation.wait(), operation.is_done(), operation.result(), operation.status()]


@case("create", "how a handle is shown")
def _(stage: Stage) -> Any:
    return repr(stage.create("Predictive")).replace("JobOperationSync", "JobOperation")


# create_ready, wait ---------------------------------------------------------------------------


@of_each_type("create_ready", "completes")
def _(stage: Stage, kind: str) -> Any:
    stage.backend.script(JobScript(run_s=5))
    return stage.jobs.create_ready(kind, "w", stage.payload(kind))


@of_each_type("create_ready", "fails")
def _(stage: Stage, kind: str) -> Any:
    outcome = aborted("bad") if kind == "Logic" else failed("bad")
    stage.backend.script(JobScript(run_s=5, outcome=outcome))
    return stage.jobs.create_ready(kind, "w", stage.payload(kind))


@case("create_ready", "waits for 14 minutes")
def _(stage: Stage) -> Any:
    stage.backend.script(JobScript(run_s=840))
    return stage.jobs.create_ready("Predictive", "w", {}, poll_interval_s=5)


@case("create_ready", "gives up after timeout_s")
def _(stage: Stage) -> Any:
    stage.backend.script(JobScript(run_s=3600))
    answer = stage.tried(lambda: stage.jobs.create_ready("Predictive", "w", {}, timeout_s=60))
    return [answer, round(stage.clock.monotonic())]


@case("create_ready", "a queued one is waited for")
def _(stage: Stage) -> Any:
    stage.backend.add_reasoner("w", "Predictive", max_running=1)
    stage.backend.script(JobScript(run_s=30))
    stage.jobs.create("Predictive", "w", {})
    return stage.jobs.create_ready("Predictive", "w", {}, poll_interval_s=5)


@case("wait", "client disconnected")
def _(stage: Stage) -> Any:
    stage.backend.script(JobScript(run_s=600))
    payload = {**stage.payload("Logic"), "abort_detached": True}
    job_id = stage.backend.gateway("ann").create("LOGIC", "w", payload)
    stage.clock.sleep(60)
    return stage.tried(lambda: stage.jobs.wait("Logic", job_id))


@case("wait", "the work ends in the last interval before the deadline")
def _(stage: Stage) -> Any:
    job_id = stage.create("Predictive", JobScript(run_s=9.9)).id
    return stage.tried(
        lambda: stage.jobs.wait("Predictive", job_id, timeout_s=10, poll_interval_s=4).state
    )


@case("wait", "an id that is not there yet")
def _(stage: Stage) -> Any:
    return stage.tried(lambda: stage.jobs.wait("Predictive", "nobody", timeout_s=5))


refused("wait", "timeout_s=0", lambda stage: stage.jobs.wait("ML", "i", timeout_s=0))
refused("wait", "poll_interval_s=20", lambda stage: stage.jobs.wait("ML", "i", poll_interval_s=20))


# list -----------------------------------------------------------------------------------------


def _some(stage: Stage) -> Any:
    """Create one of each type, a second apart; the second runs on."""
    for kind, run_s in (("Logic", 0), ("Prescriptive", 600), ("Predictive", 0)):
        stage.create(kind, JobScript(run_s=run_s), name=f"{kind}-1")
        stage.clock.sleep(1)
    return stage.jobs


def _listed(what: str, /, *, kind: str | None = None, **filters: Any) -> None:

    def play(stage: Stage) -> Any:
        jobs = _some(stage)
        return [each.id for each in jobs.list(kind, **filters)]

    CASES.append(Case("list", what, play))


_listed("every type, newest first")
_listed("one type", kind="Logic")
_listed("limit", limit=2)
_listed("limit=0", limit=0)
_listed("limit and offset", limit=1, offset=1)
_listed("offset", offset=2)
_listed("state", state="RUNNING")
_listed("state in lower case", state="running")
_listed("name, in any case", name="LOGIC-1")
_listed("created_by, in any case", created_by="ANN")
_listed("created_by, nobody", created_by="nobody")
_listed("only_active", only_active=True)
_listed("only_active beside state", only_active=True, state="COMPLETED")
_listed("all_users beside created_by", all_users=True, created_by="nobody")


@case("list", "job_id")
def _(stage: Stage) -> Any:
    job_id = _some(stage).list("Logic")[0].id
    return [each.id for each in stage.jobs.list(job_id=job_id)]


@case("list", "only_active shows what is queued and what is being cancelled")
def _(stage: Stage) -> Any:
    stage.backend.add_reasoner("w", "Logic", max_running=1)
    stage.backend.script(JobScript(run_s=600, cancel_latency_s=60))
    for _ in range(2):
        stage.jobs.create("Logic", "w", stage.payload("Logic"))
    stage.jobs.cancel("Logic", stage.backend.executions[0].id)
    return [each.state for each in stage.jobs.list("Logic", only_active=True)]


@case("list", "an admin sees everybody's", user="root")
def _(stage: Stage) -> Any:
    for user in ("ann", "root"):
        stage.created_by(user, "Predictive")
        stage.clock.sleep(1)
    return [
        [each.created_by for each in stage.jobs.list(all_users=every)] for every in (True, False)
    ]


refused("list", "offset=-1", lambda stage: stage.jobs.list(offset=-1))
refused("list", "an empty filter", lambda stage: stage.jobs.list(name=""))
refused("list", "an unknown type", lambda stage: stage.jobs.list("Magic"))


# events ---------------------------------------------------------------------------------------


@of_each_type("events", "page by page")
def _(stage: Stage, kind: str) -> Any:
    job_id = stage.create(kind, LINES).id
    stage.clock.sleep(5)
    seen: list[Any] = []
    token: str | None = ""
    while token is not None:
        page = stage.jobs.get_events(kind, job_id, token)
        seen.append([each["event"]["message"] for each in page.events])
        token = page.continuation_token or None
    return seen


@case("events", "of what runs on, and again with the token")
def _(stage: Stage) -> Any:
    job_id = stage.create("Predictive", JobScript(run_s=60, events=LINES.events)).id
    first = stage.jobs.get_events("Predictive", job_id)
    return [first, stage.jobs.get_events("Predictive", job_id, first.continuation_token)]


@case("events", "the token when drained")
def _(stage: Stage) -> Any:
    return repr(
        stage.jobs.get_events("Predictive", stage.create("Predictive").id).continuation_token
    )


@case("events", "the profiler's stream")
def _(stage: Stage) -> Any:
    script = JobScript(events=[At(0, {"type": "Span"}, stream="profiler")])
    job_id = stage.create("Logic", script).id
    return stage.tried(
        lambda: stage.jobs.get_events("Logic", job_id, stream_name="profiler").events
    )


@case("events", "a stream that is none")
def _(stage: Stage) -> Any:
    job_id = stage.create("Predictive").id
    return stage.tried(
        lambda: stage.jobs.get_events("Predictive", job_id, stream_name="gossip").events
    )


@case("events", "a token that is none")
def _(stage: Stage) -> Any:
    job_id = stage.create("Predictive").id
    return stage.tried(lambda: stage.jobs.get_events("Predictive", job_id, "bogus").events)


refused("events", "an unknown id", lambda stage: stage.jobs.get_events("Predictive", "nobody"))
refused("events", "an unknown id, Logic", lambda stage: stage.jobs.get_events("Logic", "nobody"))
refused("events", "a token that is no text", lambda stage: stage.jobs.get_events("ML", "i", 1))


# cancel ---------------------------------------------------------------------------------------


@of_each_type("cancel", "one's own, twice")
def _(stage: Stage, kind: str) -> Any:
    job_id = stage.create(kind, JobScript(run_s=60)).id
    answers = [stage.jobs.cancel(kind, job_id) for _ in range(2)]
    return [answers, stage.jobs.get(kind, job_id)]


@case("cancel", "what has ended")
def _(stage: Stage) -> Any:
    job_id = stage.create("Predictive").id
    return [stage.jobs.cancel("Predictive", job_id), stage.jobs.get("Predictive", job_id).state]


@case("cancel", "all users, by an admin", user="root")
def _(stage: Stage) -> Any:
    job_id = stage.created_by("ann", "Logic", JobScript(run_s=60))
    answer = stage.tried(lambda: stage.jobs.cancel("Logic", job_id, all_users=True))
    return [answer, stage.backend.executions[0].state.value]


@case("cancel", "all users, without the right")
def _(stage: Stage) -> Any:
    job_id = stage.created_by("root", "Logic", JobScript(run_s=60))
    answer = stage.tried(lambda: stage.jobs.cancel("Logic", job_id, all_users=True))
    return [answer, stage.backend.executions[0].state.value]


@case("cancel", "somebody else's")
def _(stage: Stage) -> Any:
    job_id = stage.created_by("root", "Predictive", JobScript(run_s=60))
    answer = stage.tried(lambda: stage.jobs.cancel("Predictive", job_id))
    return [answer, stage.backend.executions[0].state.value]


refused("cancel", "an unknown id", lambda stage: stage.jobs.cancel("Predictive", "nobody"))
refused("cancel", "an unknown id, Logic", lambda stage: stage.jobs.cancel("Logic", "nobody"))
refused("cancel", "all users, of a job", lambda stage: stage.jobs.cancel("ML", "i", all_users=True))


# get_operation --------------------------------------------------------------------------------


@case("get_operation", "an unknown id")
def _(stage: Stage) -> Any:
    return stage.jobs.get_operation("Predictive", "nobody")


@of_each_type("get_operation", "running, then failed")
def _(stage: Stage, kind: str) -> Any:
    outcome = aborted("bad") if kind == "Logic" else failed("bad")
    job_id = stage.create(kind, JobScript(run_s=5, outcome=outcome)).id
    before = stage.jobs.get_operation(kind, job_id)
    stage.clock.sleep(5)
    return [before, stage.jobs.get_operation(kind, job_id)]


@case("get_operation", "cancelled")
def _(stage: Stage) -> Any:
    job_id = stage.create("Predictive", JobScript(run_s=60)).id
    stage.jobs.cancel("Predictive", job_id)
    return stage.jobs.get_operation("Predictive", job_id)


# failures -------------------------------------------------------------------------------------

_ALWAYS: dict[str, Any] = {"times": None}

for _call in ("get", "list", "create", "events", "cancel"):
    struck("503 once", Fault.http(503, operation=_call), _call)
    struck("503 for ever", Fault.http(503, operation=_call, **_ALWAYS), _call)
struck("429 once", Fault.http(429, operation="get"), "get")
struck("500 once, carried out,", Fault.http(500, operation="create", acted=True), "create")
struck("503 once, carried out,", Fault.http(503, operation="create", acted=True), "create")
struck("503 in passing", Fault.http(503, operation="get", after=2, times=2), "wait")
struck("400", Fault.http(400, operation="get"), "get")
struck("a validation error", Fault.http(400, body=VALIDATION, operation="create"), "create")
struck("not ready", Fault.not_ready(operation="create"), "create")
struck("not ready", Fault.not_ready(operation="get"), "get")
struck("an expired token, once,", Fault.expired_token(operation="get"), "get")
struck("an expired token, for ever,", Fault.expired_token(operation="get", **_ALWAYS), "get")
struck("a connection dropped before", Fault.dropped("before", operation="get"), "get")
struck("a connection dropped after", Fault.dropped("after", operation="create"), "create")
struck("half an answer", Fault.truncated(operation="get"), "get")
struck("a sign-in page", Fault.malformed(operation="list"), "list")
struck("a stale endpoint, once,", Fault.stale_endpoint(operation="get"), "get", needs="http")
struck(
    "a stale endpoint, for ever,",
    Fault.stale_endpoint(operation="get", **_ALWAYS),
    "get",
    needs="http",
)
struck(
    "no app", Fault.sql(2003, APP_MISSING, "02000", operation="get", **_ALWAYS), "get", needs="sql"
)
struck(
    "an app that is not activated",
    Fault.sql(391403, SUSPENDED, operation="create", **_ALWAYS),
    "create",
    needs="sql",
)
struck(
    "an unknown error of SQL",
    Fault.sql(604, "SQL execution internal error.", operation="list", **_ALWAYS),
    "list",
    needs="sql",
)
