"""`expect(backend)`: what must have been asked of it, and what to look at when it was not.

An expectation reads what the backend keeps; it changes nothing, and each call of it stands alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from rai_jobs.reasoners import ReasonerType

from ..backend import FakeBackend
from ..kinds import is_whole
from ..machine.calls import Create, ExecutionView
from ..reports.transcript import Entry, Transcript
from .containing import Containing, missing_from

__all__ = ["Expectation", "expect"]

_AROUND = 3
"""How many calls are shown before and after the nearest."""
_MOST_NEAREST = 3


def expect(backend: FakeBackend) -> Expectation:
    """Return what asserts over all that was asked of `backend` so far.

    Each method returns the expectation itself, so that they chain: after `created`, the others are
    of that execution.

    Args:
        backend: the backend.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(cast("object", backend), FakeBackend):
        raise ValueError(
            "`expect` reads what a FakeBackend was asked: give it that, the fixture `fake_backend`"
            f" for one; got {backend!r:.200}."
        )
    return Expectation(backend)


class Expectation:
    """Assertions over what was asked of a backend; made by `expect`."""

    def __init__(self, backend: FakeBackend) -> None:
        self._backend = backend
        self._transcript = backend.transcript
        self._accounted: set[int] = set()
        self._execution: ExecutionView | None = None
        self._ordered = False
        self._after = -1

    @property
    def execution(self) -> ExecutionView:
        """The execution that the last `created` found, as it is now.

        Raises:
            ValueError: nothing was expected to be created yet.
        """
        if self._execution is None:
            raise ValueError("No execution yet: expect one to be `created` first.")
        wanted = self._execution.id
        return next(each for each in self._backend.executions if each.id == wanted)

    def in_order(self) -> Expectation:
        """Let what is expected from here on have been asked after what was expected before it."""
        self._ordered = True
        return self

    def created(
        self,
        *,
        reasoner_type: str | None = None,
        name: str | None = None,
        payload: Any = None,
        by: str | None = None,
        times: int | None = None,
    ) -> Expectation:
        """Assert that an execution was created that is all that is given.

        Args:
            reasoner_type: `Logic`, `Prescriptive` or `Predictive`, in any accepted spelling.
            name: its reasoner.
            payload: what its payload is, or `containing(…)` of it.
            by: the user who created it.
            times: how many there are; one or more when not given.

        Raises:
            AssertionError: there is none, or another number; shows the nearest.
            JobInvalidRequestError: `reasoner_type` names no type.
            ValueError: `times` is no number of times.
        """
        __tracebackhide__ = True
        _require_times(times=times)
        kind = None if reasoner_type is None else ReasonerType.parse(reasoner_type)

        def lacks(call: Create, user: str) -> Iterator[str]:
            if kind is not None and call.reasoner_type is not kind:
                yield f"reasoner_type: expected {kind.label}, was {call.reasoner_type.label}"
            if name is not None:
                yield from missing_from(name, call.reasoner_name, "name")
            if by is not None:
                yield from missing_from(by, user, "by")
            if payload is not None:
                yield from _payload_lacks(payload, call.payload)

        creates = [
            (number, entry, list(lacks(entry.call, entry.user)))
            for number, entry in self._entries()
            if isinstance(entry.call, Create)
        ]
        found = [(number, entry) for number, entry, lacking in creates if not lacking]
        wanted = {"reasoner_type": kind and kind.label, "name": name, "payload": payload, "by": by}
        told = ", ".join(f"{key}={value!r}" for key, value in wanted.items() if value is not None)
        if len(found) != times if times is not None else not found:
            head = f"Expected {_times(times)} created{f' with {told}' if told else ''}"
            raise AssertionError(
                self._failure(
                    f"{head}; {_count(len(found))} of {_count(len(creates), 'create')} fit.",
                    [each for each in creates if each[2]],
                )
            )
        self._account(found)
        if found:
            made = found[0][1].answer
            there = (each for each in self._backend.executions if each.id == made)
            self._execution = next(there, None)
        return self

    def cancelled(self, execution: str | None = None) -> Expectation:
        """Assert that a cancel was asked for, whether it was carried out or not.

        Args:
            execution: whose; that of the last `created` when not given.

        Raises:
            AssertionError: nobody asked.
        """
        __tracebackhide__ = True
        return self._asked("cancel", "cancelled", execution, (1, None))

    def polled(
        self,
        execution: str | None = None,
        *,
        times: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
    ) -> Expectation:
        """Assert how often an execution was looked at by `get`; once or more when not said.

        Args:
            execution: which; that of the last `created` when not given.
            times: how often exactly.
            at_least, at_most: within which bounds, where it is not `times`.

        Raises:
            AssertionError: it was less often, or more.
            ValueError: a bound is no number of times, or they leave nothing between them.
        """
        __tracebackhide__ = True
        return self._asked("get", "polled", execution, _bounds(times, at_least, at_most))

    def followed(
        self,
        execution: str | None = None,
        *,
        times: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
    ) -> Expectation:
        """Assert how often pages of an execution's events were read; as `polled`."""
        __tracebackhide__ = True
        return self._asked("events", "followed", execution, _bounds(times, at_least, at_most))

    def no_more_requests(self) -> Expectation:
        """Assert that nothing was asked beside what this expectation has named so far.

        Raises:
            AssertionError: something was; shows it.
        """
        __tracebackhide__ = True
        rest = [(n, each) for n, each in enumerate(self._transcript) if n not in self._accounted]
        if rest:
            shown = "\n".join(f"  {each}" for _, each in rest[:10])
            more = f"\n  and {len(rest) - 10} more" if len(rest) > 10 else ""
            raise AssertionError(
                f"Expected no more requests; {_count(len(rest), 'request')} came that nothing"
                f" expected:\n{shown}{more}"
            )
        return self

    def _asked(
        self,
        operation: str,
        verb: str,
        execution: str | None,
        bounds: tuple[int, int | None],
    ) -> Expectation:
        __tracebackhide__ = True
        at_least, at_most = bounds
        wanted = self.execution.id if execution is None else execution
        asked = [
            (number, entry)
            for number, entry in self._entries()
            if entry.call.operation == operation
        ]
        found = [
            (number, entry)
            for number, entry in asked
            if getattr(entry.call, "job_id", "") == wanted
        ]
        count = len(found)
        if count < at_least or (at_most is not None and count > at_most):
            bound = f"at least {at_least}" if at_most is None else f"{at_least} to {at_most}"
            bound = str(at_least) if at_least == at_most else bound
            others = [(number, entry, ["of another execution"]) for number, entry in asked]
            about = [(number, entry, [""]) for number, entry in found]
            raise AssertionError(
                self._failure(
                    f"Expected {wanted} {verb} {bound} times; it was {_count(count, 'time')}.",
                    about or others or self._of(wanted),
                )
            )
        self._account(found)
        return self

    def _of(self, execution: str) -> list[tuple[int, Entry, list[str]]]:
        return [
            (number, entry, [""])
            for number, entry in enumerate(self._transcript)
            if execution in entry.executions
        ][-1:]

    def _entries(self) -> Iterator[tuple[int, Entry]]:
        first = self._after + 1 if self._ordered else 0
        for number in range(first, len(self._transcript)):
            yield number, self._transcript[number]

    def _account(self, found: Sequence[tuple[int, Entry]]) -> None:
        self._accounted.update(number for number, _ in found)
        if found:
            self._after = found[0][0]

    def _failure(self, told: str, near: Sequence[tuple[int, Entry, list[str]]]) -> str:
        lines = [told]
        if self._ordered and self._after >= 0:
            lines.append(f"In order: looked after call {self._after + 1}.")
        nearest = sorted(near, key=_lacking)[:_MOST_NEAREST]
        for number, entry, lacking in nearest:
            lines.append(f"Nearest: call {number + 1}, {entry.asked}")
            lines += [f"    {each}" for each in lacking if each]
        if nearest:
            first = max(0, nearest[0][0] - _AROUND)
            shown = self._transcript[first : nearest[0][0] + _AROUND + 1]
            lines += ["The transcript around it:", _indented(shown)]
        elif len(self._transcript):
            lines += ["The end of the transcript:", _indented(self._transcript[-2 * _AROUND :])]
        else:
            lines.append("Nothing was asked of the backend at all.")
        return "\n".join(lines)


def _lacking(near: tuple[int, Entry, list[str]]) -> int:
    return len(near[2])


def _payload_lacks(wanted: Any, payload: Any) -> Iterator[str]:
    found = list(missing_from(wanted, payload, "payload"))
    if not found and not isinstance(wanted, Containing) and wanted != payload:
        found = [f"payload: has more than {wanted!r}; `containing` allows it"]
    yield from found


def _indented(transcript: Transcript) -> str:
    return "\n".join(f"  {line}" for line in str(transcript).splitlines())


def _count(number: int, what: str = "") -> str:
    word = f"{'no' if number == 0 else number} {what}{'' if number == 1 else 's'}"
    return word.strip() if what else ("none" if number == 0 else str(number))


def _bounds(times: int | None, at_least: int | None, at_most: int | None) -> tuple[int, int | None]:
    _require_times(times=times, at_least=at_least, at_most=at_most)
    if times is not None and not at_least is at_most is None:
        raise ValueError("`times` is how often exactly: it cannot be beside other bounds.")
    if times is not None:
        return times, times
    least = at_least if at_least is not None else 1 if at_most is None else min(1, at_most)
    if at_most is not None and at_most < least:
        raise ValueError(f"No number is at least {least} and at most {at_most}.")
    return least, at_most


def _require_times(**bounds: object) -> None:
    for argument, given in bounds.items():
        if given is not None and not (is_whole(given) and given >= 0):
            raise ValueError(f"`{argument}` must be a whole number, 0 or more; got {given!r}.")


def _times(times: int | None) -> str:
    return "an execution" if times is None else _count(times, "execution")
