"""Hypothesis strategies for searches of your own: payloads, scripts, faults, histories.

Values that are wrong for the type they are made for never come: a script of a job has no artifacts,
a payload of a transaction has its database and query. Few distinct times, so that much falls into
one instant, which is where races are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

from hypothesis import strategies as st

from rai_jobs.reasoners import REASONER_TYPES, ReasonerType

from ..backend import FakeBackend
from ..faults.fault import Fault
from ..faults.which import FACES, OPERATIONS, FaultError, operations_of
from ..script import At, JobScript, Outcome, aborted, completed, failed
from .history import Advance, Break, Cancel, Create, History, SetStatus, Step

__all__ = [
    "backends",
    "fault_plans",
    "faults",
    "histories",
    "job_scripts",
    "payloads",
    "reasoner_types",
    "seconds",
]

_NAMES = ("worker-1", "worker-2")
_STATUSES = ("READY", "READY", "PENDING", "SUSPENDED", "UPGRADING")
_KEYS = st.sampled_from(["model", "gap", "limit", "options", "n", "_x"])
_PLAIN: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(-1e9, 1e9),
    # Not `st.text`, for which hypothesis makes tables of all of Unicode: half a second.
    st.lists(st.sampled_from("aZ9 ä\u2028\"'\\%"), max_size=6).map("".join),
)
_JSON: st.SearchStrategy[Any] = st.one_of(
    _PLAIN, st.lists(_PLAIN, max_size=3), st.dictionaries(_KEYS, _PLAIN, max_size=3)
)


def backends(**settings: Any) -> st.SearchStrategy[FakeBackend]:
    """Return fake backends: a new one for each example, on a virtual clock of its own.

    Args:
        **settings: of `FakeBackend`, but its clock.
    """
    return st.builds(lambda: FakeBackend(**settings))


def reasoner_types() -> st.SearchStrategy[str]:
    """Return the labels of the reasoner types."""
    return st.sampled_from([kind.label for kind in REASONER_TYPES])


def seconds(most: float = 900.0) -> st.SearchStrategy[float]:
    """Return durations in seconds from 0 to `most`, round ones more often than not."""
    round_ones = [each for each in (0.0, 1.0, 2.0, 5.0, 30.0, 60.0, 900.0) if each <= most]
    return st.sampled_from(round_ones) | st.floats(0, most)


def payloads(reasoner_type: str | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Return payloads that a reasoner of the type accepts; of any type when not given.

    Raises:
        JobInvalidRequestError: `reasoner_type` names no type.
    """
    kind = None if reasoner_type is None else ReasonerType.parse(reasoner_type)
    extra = st.dictionaries(_KEYS, _JSON, max_size=4)
    if kind is not None and not kind.is_logic:
        return extra
    wanted: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
        {
            "dbname": st.sampled_from(["sales", "plan"]),
            "query": st.sampled_from(["def output = 1", "def output(x) = facts(x)"]),
        },
        optional={"readonly": st.booleans(), "language": st.just("rel")},
    )
    if kind is not None:
        return wanted
    return st.tuples(extra, wanted).map(lambda both: {**both[0], **both[1]})


@st.composite
def job_scripts(
    draw: st.DrawFn, reasoner_type: str | None = None, *, endless: bool = False
) -> JobScript:
    """Return scripts that executions of the type can live by; of every type when not given.

    Args:
        draw: hypothesis gives it.
        reasoner_type: the type.
        endless: whether work may never end by itself.

    Raises:
        JobInvalidRequestError: `reasoner_type` names no type.
    """
    kind = None if reasoner_type is None else ReasonerType.parse(reasoner_type)
    run_s = draw(seconds() | st.just(math.inf) if endless else seconds())
    logic = kind is not None and kind.is_logic
    streams = ("progress", "profiler") if logic else ("progress",)
    instants = draw(st.lists(seconds(min(run_s, 900.0)), max_size=6))
    bad: list[Outcome] = []
    if kind is not None:
        bad = [aborted("it broke", [{"type": "BROKEN"}]) if logic else failed("it broke")]
    return JobScript(
        created_s=draw(st.sampled_from([0.0, 0.0, 1.0, 5.0])),
        queue_s=draw(st.sampled_from([0.0, 0.0, 2.0, 5.0])),
        run_s=run_s,
        events=[
            At(
                after_s,
                {"type": "LogMessage", "event": {"message": f"line {number}"}},
                draw(st.sampled_from(streams)),
            )
            for number, after_s in enumerate(instants)
        ],
        outcome=draw(st.sampled_from([completed(), completed(), *bad])),
        artifacts=draw(st.sampled_from([{}, {"out": {"size": 1}}])) if logic else {},
        ignores_cancel=draw(st.booleans()),
        cancel_latency_s=draw(st.sampled_from([0.0, 0.0, 1.0, 10.0])),
        guard_rail_after_s=draw(st.sampled_from([None, None, min(3.0, run_s)])) if logic else None,
    )


def faults(
    operations: Sequence[str] = OPERATIONS,
    *,
    face: Literal["gateway", "http", "sql"] | None = None,
) -> st.SearchStrategy[Fault]:
    """Return faults that strike one early call of an operation.

    Args:
        operations: which operations may be struck.
        face: the face that the code under test talks to: faults that it cannot have do not come.

    Raises:
        FaultError: an operation, or the face, does not exist; or no operation is given.
    """
    names = operations_of(operations, "operations") or OPERATIONS
    if face is not None and face not in FACES:
        raise FaultError(f"`face` must be one of {', '.join(FACES)}; got {face!r}.")
    makers = [*_OVER_HTTP, *(_OVER_SQL if face == "sql" else [])]
    options = st.fixed_dictionaries(
        {"operation": st.sampled_from(names), "nth": st.integers(1, 5)},
        optional={"delay_s": st.sampled_from([1.0, 30.0])},
    )
    return st.builds(_made, st.sampled_from(makers), options)


def _made(make: Callable[..., Fault], options: dict[str, Any]) -> Fault:
    return make(**options)


_OVER_HTTP: list[Callable[..., Fault]] = [
    *(partial(Fault.http, status) for status in (400, 403, 404, 429, 500, 502, 503)),
    *(partial(Fault.http, status, acted=True) for status in (500, 503)),
    *(partial(Fault.dropped, at) for at in ("before", "after", "mid-body")),
    Fault.unreachable,
    Fault.truncated,
    Fault.malformed,
    Fault.stale_endpoint,
    Fault.expired_token,
    Fault.not_ready,
]
_OVER_SQL: list[Callable[..., Fault]] = [
    partial(Fault.sql, 604, "Query execution was canceled."),
    partial(Fault.sql, 250001, "Connection was closed."),
    partial(Fault.sql, 250001, "Connection was closed.", acted=True),
]


def fault_plans(
    operations: Sequence[str] = OPERATIONS, *, most: int = 3
) -> st.SearchStrategy[tuple[Fault, ...]]:
    """Return several faults, to be injected together.

    Args:
        operations: which operations may be struck.
        most: how many at most.

    Raises:
        FaultError: an operation does not exist, or none is given.
    """
    return st.lists(faults(operations), max_size=most).map(tuple)


def histories(
    *,
    most: int = 8,
    operations: Sequence[str] = (),
    users: Sequence[str | None] = (None,),
    names: Sequence[str] = _NAMES,
) -> st.SearchStrategy[History]:
    """Return what happens to a backend around the code under test.

    Args:
        most: how many steps at most.
        operations: which operations may be struck by faults; none when empty.
        users: who creates and cancels; they must exist.
        names: on which reasoners.

    Raises:
        FaultError: an operation does not exist.
    """
    kinds = reasoner_types()
    named, asking = st.sampled_from(list(names)), st.sampled_from(list(users))
    creates = kinds.flatmap(
        lambda kind: st.builds(
            Create,
            st.just(kind),
            named,
            payloads(kind),
            job_scripts(kind),
            st.sampled_from([None, None, 1, 5]),
            asking,
        )
    )
    statuses = st.sampled_from(_STATUSES).flatmap(
        lambda status: st.builds(
            SetStatus,
            kinds,
            named,
            st.just(status),
            st.sampled_from([None, 1, 2]),
            st.none() if status == "READY" else st.sampled_from([None, 10.0]),
            st.sampled_from([None, 20.0]),
        )
    )
    steps: list[st.SearchStrategy[Step]] = [
        creates,
        st.builds(Advance, seconds()),
        st.builds(Cancel, st.integers(0, most), asking),
        statuses,
    ]
    if operations:
        steps.append(st.builds(Break, faults(operations)))
    return st.lists(st.one_of(steps), max_size=most).map(lambda found: History(tuple(found)))
