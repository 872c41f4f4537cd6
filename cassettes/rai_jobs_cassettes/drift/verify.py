"""`verify`: is the fake right? A recording's requests, put to a fake, and the answers compared."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike

from rai_jobs.clock import Clock, SystemClock

from ..errors import CassetteError
from ..interactions import Interaction
from ..lives.readings import Reading, interactions_in, readings_of
from ..lives.tellings import created_in
from ..replay.nearest import named
from .asking import Asker, Backend
from .callers import roles_of
from .comparing import Comparison
from .report import Drift, Report, Skipped
from .volatile import DEFAULT_VOLATILE, Volatile

__all__ = ["verify"]


def verify(
    cassette: str | PathLike[str] | Iterable[Interaction],
    backend: Backend,
    *,
    ignore: Iterable[Volatile] = DEFAULT_VOLATILE,
    tolerance_s: float = 1.0,
) -> Report:
    """Put a recording's requests to a fake, and return where the answers differ.

    They are asked in recorded order, each when it was answered in the recording, on the fake's
    clock. What the work does is not in the fake: script it before, or have `scripts_from` do so.
    Ids, tokens and users of the recording stand for the fake's own. Of lists, the executions count
    that the recording itself created. [choice]

    Args:
        cassette: the path of a file, or interactions.
        backend: the fake, e.g. a `FakeBackend`; its clock must be one that can be led. Users that
            asked in the recording and are not there are added.
        ignore: what differs by nature.
        tolerance_s: by how much times may differ, in seconds.

    Raises:
        CassetteError: the file cannot be read, or the fake's clock is the system's.
    """
    clock = getattr(backend, "clock", None)
    if clock is None or not callable(getattr(backend, "http_transport", None)):
        raise CassetteError(
            f"`backend` must be a fake, such as a FakeBackend; got {backend!r:.200}."
        )
    if isinstance(clock, SystemClock):
        raise CassetteError(
            "verify leads the fake's clock through the recorded time, and this one's is the"
            " system's: make the fake with a VirtualClock."
        )
    readings = readings_of(interactions_in(cassette))
    created = {made for each in readings if (made := created_in(each)) is not None}
    asker = Asker(backend, roles_of(readings))
    comparison = Comparison(ignore, tolerance_s=tolerance_s)
    began = clock.monotonic()
    found: list[Drift] = []
    skipped: list[Skipped] = []
    compared = 0
    for each in readings:
        told = named(each.interaction.kind, each.interaction.request)
        why = asker.refusal(each) or _unknowable(each, created)
        if why is not None:
            skipped.append(Skipped(each.number, told, why))
            continue
        _lead(clock, began + each.at)
        answer = asker.ask(each, comparison.ties.asked(each.interaction.request))
        if answer is None:
            continue
        compared += 1
        is_own = created.__contains__ if each.asked.operation == "list" else None
        differences = comparison.differences(each.interaction.response, answer, is_own=is_own)
        found += [Drift(each.number, told, difference) for difference in differences]
    return Report(tuple(found), compared, tuple(skipped))


def _unknowable(reading: Reading, created: set[str]) -> str | None:
    """Return why no fake can know the answer; `None` where one can."""
    asked = reading.asked
    if asked.id is None or asked.id in created or not reading.succeeded:
        return None
    if reading.interaction.kind == "sql" and asked.operation in ("get", "list"):
        rows = reading.interaction.response.get("rows")
        if not rows:  # no rows say what 404 says
            return None
    return "the execution is older than the recording"


def _lead(clock: Clock, until: float) -> None:
    left = until - clock.monotonic()
    if left > 0:
        clock.sleep(left)
