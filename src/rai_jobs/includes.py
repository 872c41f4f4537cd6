"""`include=`: what may be asked for, for which type, and how it is fetched (spec §7).

Nothing is fetched that was not asked for. Fetching is best effort: what fails is left empty, with
a `JobExpansionWarning` that names the failure, and the rest of the job is whole.
"""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, cast

from .errors import JobExpansionWarning, JobInvalidRequestError
from .gateways.protocol import JobsGatewaySync
from .models import Job, JobEvents, JobExpanded, JobRecord
from .reasoners import ReasonerType
from .validation import shown

__all__ = ["Includes", "drained_page", "job_of"]

_NAMES = ("details", "events", "artifacts", "problems", "raw")
_LOGIC_ONLY = ("artifacts", "problems")
_PACKAGE = f"{Path(__file__).parent}{os.sep}"
_T = TypeVar("_T")


@dataclass(frozen=True)
class Includes:
    """Which expansions are wanted."""

    details: bool = False
    events: bool = False
    artifacts: bool = False
    problems: bool = False
    raw: bool = False

    @staticmethod
    def parse(include: object, kind: ReasonerType | None) -> Includes:
        """Return the expansions that `include` asks for.

        Args:
            include: a mapping of names to booleans, or `None`.
            kind: the type that they are asked of; `None` for all types.

        Raises:
            JobInvalidRequestError: no mapping, an unknown name, a value that is no `bool`, or a
                Logic-only expansion of another type.
        """
        if include is None:
            return _NOTHING
        if not isinstance(include, Mapping):
            raise JobInvalidRequestError(
                f"`include` must be a mapping such as {{'details': True}}; got {shown(include)}."
            )
        given = cast("Mapping[object, object]", include)
        for name, value in given.items():
            if name not in _NAMES:
                raise JobInvalidRequestError(
                    f"Unknown `include` name {shown(name)}: use any of {', '.join(_NAMES)}."
                )
            if not isinstance(value, bool):
                raise JobInvalidRequestError(
                    f"`include[{name!r}]` must be True or False; got {shown(value)}."
                )
        wanted = [name for name in _NAMES if given.get(name)]
        misplaced = [name for name in wanted if name in _LOGIC_ONLY]
        if misplaced and not (kind and kind.is_logic):
            place = f"a {kind.label} job" if kind else "all types together"
            raise JobInvalidRequestError(
                f"`include` of {' and '.join(misplaced)} is only for Logic transactions, not for"
                f' {place}: leave it out, or ask for `reasoner_type="Logic"`.'
            )
        return Includes(**dict.fromkeys(wanted, True))


_NOTHING = Includes()


def job_of(
    record: JobRecord, includes: Includes, gateway: JobsGatewaySync, kind: ReasonerType
) -> Job:
    """Return `record` as a `Job`, expanded by what `includes` wants, fetched from `gateway`."""
    named = ReasonerType.find(record.reasoner_type)
    common = (
        record.id,
        named.label if named else record.reasoner_type,
        record.state,
        record.reasoner_name,
        record.database_name,
        record.created_by,
        record.created_on,
        record.finished_at,
        record.duration,
        record.abort_reason,
    )
    if includes is _NOTHING or includes == _NOTHING:
        return Job(*common)
    expanded: dict[str, Any] = {}
    where = (kind.discriminator, record.id)
    if includes.details:
        expanded["details"] = {
            "model": record.database_name,
            "read_only": record.read_only,
            "payload": record.payload,
            "timeout_ms": record.timeout_ms,
        }
    if includes.events:
        page = _attempt("events", record.id, JobEvents(), lambda: gateway.events(*where))
        expanded["events"] = drained_page(page)
    if includes.artifacts:
        expanded["artifacts"] = _attempt(
            "artifacts", record.id, {}, lambda: gateway.artifacts(*where)
        )
    if includes.problems:
        expanded["problems"] = _attempt(
            "problems", record.id, {}, lambda: gateway.problems(*where) or {}
        )
    if includes.raw:
        expanded["raw"] = {each.name: getattr(record, each.name) for each in fields(record)}
    return JobExpanded(*common, **expanded)


def drained_page(page: JobEvents) -> JobEvents:
    """Return a gateway's page as users see it: a drained stream has no token (spec §4)."""
    return JobEvents(page.events, page.continuation_token or None)


def _attempt(name: str, job_id: str, empty: _T, fetch: Callable[[], _T]) -> _T:
    try:
        return fetch()
    # Best effort is the contract, and a gateway of somebody else's raises what it likes.
    except Exception as error:  # noqa: BLE001
        warnings.warn(
            f"include={name!r} of {job_id} could not be fetched and is left empty:"
            f" {type(error).__name__}: {error}",
            JobExpansionWarning,
            stacklevel=_user_stacklevel(),
        )
        return empty


def _user_stacklevel() -> int:
    """Return the stack level, for `warnings.warn` one frame up, of the first frame outside us."""
    frames = inspect.stack(context=0)[1:]
    outside = (not frame.filename.startswith(_PACKAGE) for frame in frames)
    return next((level for level, found in enumerate(outside, 1) if found), 1)
