"""One history, two faces: whatever is asked, both answer the same.

A search drives one random history through a backend seen by its gateway face, and the same history
through a second backend of the same seed seen by `HttpJobsGateway` and its HTTP face. Ids and
tokens are made from the seed, so answers are compared as they are.

What is left out, and why:

- `cancel(all_users=True)` of a transaction: Direct Access cannot (spec §3), the gateway can;
- payloads that are not as JSON gives them back (tuples, numbers as keys) or whose `timeout_mins` is
  no integer: the gateway face takes them, HTTP cannot or refuses (reported);
- timeouts of 1.5e11 minutes and more, which a client's double does not hold to the millisecond.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from rai_jobs import (
    HttpJobsGateway,
    JobError,
    JobEvents,
    JobsClientSync,
    JobsGatewaySync,
    StaticTokenAuth,
)
from rai_jobs.models import JobIncludeDict
from rai_jobs_fakes import At, FakeBackend, JobScript, Outcome, aborted, completed, failed

TYPES = ("Logic", "Prescriptive", "Predictive")
DISCRIMINATORS = {"Logic": "LOGIC", "Prescriptive": "SOLVER", "Predictive": "ML"}
USERS = ("ann", "bob", "root")
NAMES = ("free", "Free", "one", "two", "odd ä/\u2028\"'%")
STATES = ("CREATED", "queued", "Pending", "RUNNING", "CANCELING", "COMPLETED", "canceled")

MADE_UP = ("0", "1.0123456789abcdef", "ä?&%2F#", "&x", "#", "%30", "+", "=", "a/b", " ")

Ask = Callable[[JobsClientSync], object]


@dataclass(frozen=True)
class Ref:
    """An execution, and who created it."""

    kind: str
    id: str
    owner: str

    def user(self, other: str | None) -> str:
        """Who asks for it: its owner unless it is somebody else."""
        return self.owner if other is None else other


@dataclass
class Side:
    """One backend, and a client through its face for every user, with and without guard rails."""

    backend: FakeBackend
    connect: Callable[[FakeBackend, str, bool], JobsGatewaySync]
    clients: dict[tuple[str, bool], JobsClientSync] = field(
        default_factory=dict[tuple[str, bool], JobsClientSync]
    )

    def jobs(self, user: str, guard_rails: bool = False) -> JobsClientSync:
        key = (user, guard_rails)
        if key not in self.clients:
            gateway = self.connect(self.backend, *key)
            self.clients[key] = JobsClientSync(gateway, clock=self.backend.clock)
        return self.clients[key]


def make_backend() -> FakeBackend:
    backend = FakeBackend(seed=11, event_page_size=2, detach_grace_s=20)
    for user in USERS:
        backend.add_user(user, admin=user == "root")
    return backend


def by_gateway(backend: FakeBackend, user: str, guard_rails: bool) -> JobsGatewaySync:
    return backend.gateway(user, guard_rails=guard_rails)


def by_http(backend: FakeBackend, user: str, guard_rails: bool) -> JobsGatewaySync:
    return HttpJobsGateway(
        "https://backend.test",
        auth=StaticTokenAuth(backend.token(user)),
        transport=backend.http_transport(),
        guard_rails=guard_rails,
    )


def answered(ask: Ask, jobs: JobsClientSync) -> object:
    """What is answered, or the type of what is raised."""
    try:
        with warnings.catch_warnings():
            # An expansion that fails is left empty and warned of, on both sides.
            warnings.simplefilter("ignore")
            return ask(jobs)
    except JobError as error:
        return type(error)


def tokens_of(page: object) -> list[str]:
    """The token of a page, if it has one."""
    found = page.continuation_token if isinstance(page, JobEvents) else None
    return [found] if found else []


# Few values, so that things fall into one instant; some odd ones, so that nothing may be rounded.
SECONDS = st.one_of(
    st.sampled_from([0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 2.0, 5.0, 20.0, 60.0]),
    st.floats(0, 100, allow_subnormal=False),
)
TEXTS = st.text(max_size=5)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXTS).filter(
        lambda value: value not in (float("inf"), float("-inf"))
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(TEXTS, inner, max_size=2)),
    max_leaves=4,
)
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=2)
REASONS = st.sampled_from(["bad", "ä \U0001f600\n", "client disconnected", "transaction timeout"])


def outcomes(logic: bool) -> st.SearchStrategy[Outcome]:
    if logic:
        problems = st.lists(OBJECTS, max_size=2)
        return st.one_of(st.builds(completed), st.builds(aborted, REASONS, problems))
    return st.one_of(st.builds(completed), st.builds(failed, REASONS))


@st.composite
def scripts(draw: st.DrawFn, logic: bool) -> JobScript:
    """Any script that an execution of this type can live by."""
    run_s = draw(st.one_of(SECONDS, SECONDS, st.just(float("inf"))))
    streams = ("progress", "profiler") if logic else ("progress",)
    instants = SECONDS.map(lambda seconds: min(seconds, run_s))
    events = st.builds(At, instants, OBJECTS, st.sampled_from(streams))
    of_transactions: dict[str, Any] = {}
    if logic:
        of_transactions = {
            "artifacts": draw(st.dictionaries(TEXTS, OBJECTS, max_size=2)),
            "problems": draw(st.lists(OBJECTS, max_size=2)),
            "guard_rail_after_s": draw(st.one_of(st.none(), SECONDS)),
        }
    return JobScript(
        created_s=draw(SECONDS),
        queue_s=draw(SECONDS),
        run_s=run_s,
        events=draw(st.lists(events, max_size=5)),
        outcome=draw(outcomes(logic)),
        ignores_cancel=draw(st.booleans()),
        cancel_latency_s=draw(SECONDS),
        **of_transactions,
    )


@dataclass(frozen=True)
class Creation:
    """What is created, and how it will live."""

    reasoner_type: str
    name: str
    payload: dict[str, Any]
    script: JobScript | None
    timeout_mins: int | None
    guard_rails: bool


@st.composite
def creations(draw: st.DrawFn) -> Creation:
    """A create of any type, most of them valid."""
    reasoner_type = draw(st.sampled_from(TYPES))
    logic = reasoner_type == "Logic"
    payload: dict[str, Any] = draw(OBJECTS)
    if logic:
        payload.update(
            draw(
                st.fixed_dictionaries(
                    {"dbname": st.sampled_from(["sales", "sales", "ä", ""]), "query": st.just("q")},
                    optional={
                        "readonly": st.booleans(),
                        "abort_detached": st.just(True),
                        "timeout_mins": st.integers(-1, 3),
                        "v1_inputs": OBJECTS,
                    },
                )
            )
        )
    return Creation(
        reasoner_type,
        draw(st.sampled_from(NAMES)),
        payload,
        draw(st.one_of(st.none(), *[scripts(logic)] * 4)),
        draw(st.sampled_from([None, None, 1, 2, 100])),
        draw(st.booleans()),
    )


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(STATES),
        "name": st.sampled_from([*NAMES, "FREE", "none"]),
        "created_by": st.sampled_from([*USERS, "ANN", "nobody"]),
        "only_active": st.booleans(),
        "all_users": st.booleans(),
        "limit": st.integers(-1, 4),
        "offset": st.integers(-1, 3),
    },
)
INCLUDES: st.SearchStrategy[JobIncludeDict | None] = st.one_of(
    st.none(),
    st.builds(
        JobIncludeDict,
        details=st.booleans(),
        events=st.booleans(),
        artifacts=st.booleans(),
        problems=st.booleans(),
        raw=st.booleans(),
    ),
    st.builds(JobIncludeDict, details=st.just(True), events=st.just(True), raw=st.just(True)),
)
# What passes before something is asked, so that no history stands still.
PAUSES = st.sampled_from([0.0, 0.0, 0.5, 1.0, 5.0, 20.0])
ANY_USER = st.sampled_from(USERS)
# Whoever asks for an execution; `None` for its owner, who is the one that has an answer.
ASKING = st.sampled_from([None, None, None, *USERS])


class TwoFaces(RuleBasedStateMachine):
    """The same random history on both sides, compared after every step."""

    executions: Bundle[Ref] = Bundle("executions")
    tokens: Bundle[str] = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.sides = (Side(make_backend(), by_gateway), Side(make_backend(), by_http))

    def teardown(self) -> None:
        one, other = (side.backend for side in self.sides)
        assert one.executions == other.executions
        assert one.timeline() == other.timeline()
        for side in self.sides:
            for client in side.clients.values():
                client.close()

    def outcome(self, ask: Ask, user: str, guard_rails: bool = False) -> object:
        """Ask both sides; return what both answered, or the type of what both raised."""
        one, other = (answered(ask, side.jobs(user, guard_rails)) for side in self.sides)
        assert one == other
        return one

    @initialize(target=executions, several=st.lists(creations(), min_size=3, max_size=6))
    def begin(self, several: list[Creation]) -> MultipleResults[Ref]:
        """There is something to look at in every history, and an id that is nobody's."""
        made = [ref for each in several for ref in self.made("ann", each)]
        return multiple(Ref("Logic", "nobody", "ann"), *made)

    @initialize(target=tokens)
    def the_first_token(self) -> MultipleResults[str]:
        """Where every stream begins."""
        return multiple("")

    @rule(
        reasoner_type=st.sampled_from(TYPES),
        name=st.sampled_from(["one", "two"]),
        max_running=st.sampled_from([1, 2, None]),
        status=st.sampled_from(["READY", "READY", "READY", "SUSPENDED"]),
    )
    def bound(self, reasoner_type: str, name: str, max_running: int | None, status: str) -> None:
        """A reasoner gets other bounds."""
        for side in self.sides:
            side.backend.add_reasoner(name, reasoner_type, max_running=max_running, status=status)

    @rule(target=executions, user=ANY_USER, creation=creations())
    def create(self, user: str, creation: Creation) -> MultipleResults[Ref]:
        """Somebody creates an execution."""
        return multiple(*self.made(user, creation))

    def made(self, user: str, creation: Creation) -> list[Ref]:
        """Create it by the gateway, which takes `abort_detached`; return it unless refused."""
        if creation.script is not None:
            for side in self.sides:
                side.backend.script(creation.script, reasoner_type=creation.reasoner_type, times=1)

        def ask(jobs: JobsClientSync) -> str:
            return jobs.gateway.create(
                DISCRIMINATORS[creation.reasoner_type],
                creation.name,
                creation.payload,
                timeout_mins=creation.timeout_mins,
            )

        made = self.outcome(ask, user, creation.guard_rails)
        return [Ref(creation.reasoner_type, made, user)] if isinstance(made, str) else []

    @rule(user=ANY_USER, reasoner_type=st.sampled_from(TYPES))
    def create_ready(self, user: str, reasoner_type: str) -> None:
        """Somebody creates an execution and waits for it."""
        payload = {"dbname": "d", "query": "q"}
        self.outcome(
            lambda jobs: jobs.create_ready(
                reasoner_type, "two", payload, timeout_s=30, poll_interval_s=7
            ),
            user,
        )

    @rule(
        pause=PAUSES,
        user=ASKING,
        ref=executions,
        as_type=st.sampled_from([None, None, *TYPES]),
        include=INCLUDES,
    )
    def get(
        self,
        pause: float,
        user: str | None,
        ref: Ref,
        as_type: str | None,
        include: JobIncludeDict | None,
    ) -> None:
        """Somebody looks at an execution, sometimes under a type that is not its own."""
        self.advance(pause)
        kind = as_type or ref.kind
        self.outcome(lambda jobs: jobs.get(kind, ref.id, include=include), ref.user(user))

    @rule(user=ASKING, ref=executions)
    def get_operation(self, user: str | None, ref: Ref) -> None:
        """Somebody looks at an execution as an operation."""
        self.outcome(lambda jobs: jobs.get_operation(ref.kind, ref.id), ref.user(user))

    @rule(
        user=ANY_USER,
        reasoner_type=st.sampled_from([None, *TYPES]),
        filters=FILTERS,
        only=st.one_of(st.none(), st.none(), executions),
        expanded=st.booleans(),
    )
    def list_jobs(
        self,
        user: str,
        reasoner_type: str | None,
        filters: dict[str, Any],
        only: Ref | None,
        expanded: bool,
    ) -> None:
        """Somebody lists executions."""
        include = JobIncludeDict(details=True, raw=True) if expanded else None
        job_id = None if only is None else only.id
        self.outcome(
            lambda jobs: jobs.list(reasoner_type, job_id=job_id, include=include, **filters), user
        )

    @rule(
        target=tokens,
        pause=PAUSES,
        user=ASKING,
        ref=executions,
        token=tokens,
        stream=st.sampled_from([*["progress"] * 4, "profiler", "log", "a?b"]),
    )
    def get_events(
        self, pause: float, user: str | None, ref: Ref, token: str, stream: str
    ) -> MultipleResults[str]:
        """Somebody reads a page, from whichever token they remember."""
        self.advance(pause)
        page = self.outcome(
            lambda jobs: jobs.get_events(ref.kind, ref.id, token, stream_name=stream),
            ref.user(user),
        )
        return multiple(*tokens_of(page))

    @rule(ref=executions, token=st.sampled_from(MADE_UP))
    def get_events_by_a_made_up_token(self, ref: Ref, token: str) -> None:
        """The owner tries a token that nobody gave."""
        self.outcome(lambda jobs: jobs.get_events(ref.kind, ref.id, token), ref.owner)

    @rule(target=tokens, ref=executions)
    def read_everything(self, ref: Ref) -> MultipleResults[str]:
        """The owner reads all pages that there are, each from the token before."""
        found: list[str] = []
        token = ""
        for _ in range(8):
            page = self.outcome(
                lambda jobs, at=token: jobs.get_events(ref.kind, ref.id, at), ref.owner
            )
            found.extend(tokens_of(page))
            if not tokens_of(page) or token == found[-1]:
                break
            token = found[-1]
        return multiple(*found[-1:])

    @rule(pause=PAUSES, user=ASKING, ref=executions, all_users=st.booleans())
    def cancel(self, pause: float, user: str | None, ref: Ref, all_users: bool) -> None:
        """Somebody cancels an execution."""
        self.advance(pause)
        everybodys = all_users and ref.kind != "Logic"
        self.outcome(
            lambda jobs: jobs.cancel(ref.kind, ref.id, all_users=everybodys), ref.user(user)
        )

    @rule(user=ASKING, ref=consumes(executions), seconds=st.sampled_from([1, 5, 30]))
    def wait(self, user: str | None, ref: Ref, seconds: float) -> None:
        """Somebody waits for an execution for the last time."""
        self.outcome(
            lambda jobs: jobs.wait(ref.kind, ref.id, timeout_s=seconds, poll_interval_s=2),
            ref.user(user),
        )

    @rule(seconds=SECONDS)
    def advance(self, seconds: float) -> None:
        """Time passes."""
        for side in self.sides:
            side.backend.clock.sleep(seconds)

    @invariant()
    def it_is_the_same_instant(self) -> None:
        """Waiting took the same time on both sides."""
        one, other = (side.backend.clock.now() for side in self.sides)
        assert one == other


TestTwoFaces: Any = cast("Any", TwoFaces).TestCase
TestTwoFaces.settings = settings(
    max_examples=150,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
