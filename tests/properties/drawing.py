"""What histories are drawn from: scripts, creates, reasoners, filters, settings of a backend.

Few values, so that much falls into one instant; some odd ones, so that nothing may be rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from rai_jobs.models import JobIncludeDict
from rai_jobs_fakes import At, JobScript, Outcome, aborted, completed, failed

TYPES = ("Logic", "Prescriptive", "Predictive")
USERS = ("ann", "bob", "root")
NAMES = ("free", "Free", "one", "two", "odd ä/\u2028\"'%")
STATES = ("CREATED", "queued", "Pending", "RUNNING", "CANCELING", "COMPLETED", "canceled")
MADE_UP_TOKENS = ("0", "1.0123456789abcdef", "ä?&%2F#", "&x", "#", "%30", "+", "=", "a/b", " ")
STATUSES = ("READY", "READY", "READY", "SUSPENDED", "PENDING", "UPGRADING")

SECONDS = st.one_of(
    st.sampled_from([0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 2.0, 5.0, 20.0, 60.0]),
    st.floats(0, 100, allow_subnormal=False),
)
# Mostly none, so that much gets to run; and mostly long, so that much is seen to run.
WAITS = st.one_of(st.just(0.0), st.just(0.0), SECONDS)
RUNS = st.one_of(st.sampled_from([1.0, 5.0, 20.0, 60.0, float("inf")]), SECONDS)
TEXTS = st.text(max_size=5)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        TEXTS,
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(TEXTS, inner, max_size=2)),
    max_leaves=4,
)
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=2)
REASONS = st.sampled_from(["bad", "ä \U0001f600\n", "client disconnected", "transaction timeout"])

# Rows of SQL have columns: names without case, and nothing is the same as null (docs/choices.md).
PROBLEMS = st.fixed_dictionaries(
    {"type": st.just("Problem")}, optional={"message": TEXTS, "report": TEXTS}
)
_COLUMNS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"presigned_url": TEXTS}, optional={"size": TEXTS}
)
ARTIFACTS = st.dictionaries(st.sampled_from(["out.arrow", "ä b", "x/y"]), _COLUMNS, max_size=2)

# What passes before something is asked, so that no history stands still.
PAUSES = st.sampled_from([0.0, 0.0, 0.5, 1.0, 5.0, 20.0])
ANY_USER = st.sampled_from(USERS)
# Whoever asks for an execution; `None` for its owner, who is the one that has an answer.
ASKING = st.sampled_from([None, None, None, *USERS])

SETTINGS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "retention_s": st.sampled_from([0.5, 20.0, 90.0]),
        "get_lag_s": st.sampled_from([0.5, 3.0]),
        "list_lag_s": st.sampled_from([0.5, 1.0, 30.0]),
        "clock_skew_s": st.sampled_from([-3600.5, -1.0, 0.000001, 2.0]),
        "strict_reasoners": st.booleans(),
    },
)
"""How a backend differs from the default one, by `FakeBackend`'s own arguments."""

REASONERS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "max_running": st.sampled_from([1, 1, 2, None]),
        "status": st.sampled_from(STATUSES),
    },
    optional={
        "ready_after_s": st.sampled_from([0.0, 1.0, 30.0]),
        "resume_s": st.sampled_from([0.0, 2.0, 20.0]),
        "auto_suspend_mins": st.sampled_from([0.1, 1.0]),
    },
).filter(lambda said: not (said["status"] == "READY" and "ready_after_s" in said))
"""What `add_reasoner` is told."""

FILTERS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
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


def outcomes(logic: bool) -> st.SearchStrategy[Outcome]:
    """Any end that an execution of this type can have."""
    if logic:
        problems = st.lists(PROBLEMS, max_size=2)
        return st.one_of(st.builds(completed), st.builds(aborted, REASONS, problems))
    return st.one_of(st.builds(completed), st.builds(failed, REASONS))


@st.composite
def scripts(draw: st.DrawFn, logic: bool) -> JobScript:
    """Any script that an execution of this type can live by."""
    run_s = draw(RUNS)
    streams = ("progress", "profiler") if logic else ("progress",)
    instants = SECONDS.map(lambda seconds: min(seconds, run_s))
    events = st.builds(At, instants, OBJECTS, st.sampled_from(streams))
    of_transactions: dict[str, Any] = {}
    if logic:
        of_transactions = {
            "artifacts": draw(ARTIFACTS),
            "problems": draw(st.lists(PROBLEMS, max_size=2)),
            "guard_rail_after_s": draw(st.one_of(st.none(), instants)),
        }
    return JobScript(
        created_s=draw(WAITS),
        queue_s=draw(WAITS),
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
    script: JobScript | None = None
    timeout_mins: int | None = None
    guard_rails: bool = False


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
