"""Which calls a fault strikes: the options that every fault takes, checked, and what they mean.

Pure: the same calls in the same order are struck alike. What happens to them is in `fault`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from hashlib import blake2b
from typing import Any, TypedDict, cast

from ..kinds import is_number, is_span, is_whole
from ..machine.calls import Call

__all__ = [
    "FACES",
    "OPERATIONS",
    "FaultError",
    "FaultOptions",
    "Which",
    "named",
    "operations_of",
    "require_count",
    "require_seconds",
    "tuple_of",
    "which_of",
]

OPERATIONS = ("get", "create", "list", "events", "cancel", "artifacts", "problems")
FACES = ("gateway", "http", "sql")


class FaultError(ValueError):
    """A fault contradicts itself, or can never fire; names the argument."""


class UnusedFaultWarning(UserWarning):
    """A fault was injected and struck no call: was nothing asked that it is for?"""


class FaultOptions(TypedDict, total=False):
    """What every fault takes beside its own arguments: which calls it strikes, and how late.

    Without `nth`, `times` or `probability` it strikes once: one fault is one thing that happens,
    and what strikes for ever would keep a client that retries from ever ending. With a
    `probability` it strikes for ever, for that speaks of every call. [choice]
    """

    operation: str | Sequence[str] | None
    """One of get, create, list, events, cancel, artifacts, problems, or several; any if `None`."""
    nth: int
    """That one matching call alone, counted from 1."""
    after: int
    """How many matching calls are let pass first."""
    times: int | None
    """How many calls it strikes; `None` for all."""
    probability: float
    """How likely it strikes a matching call: more than 0, at most 1."""
    seed: int
    """What `probability` is drawn from: same seed, same calls, same strikes."""
    where: Callable[[Any], bool]
    """Whether a call (a copy) matches: a function of it, whose fields the transcript shows. Where
    it fails, the call is refused."""
    user: str | None
    """Only calls of this user."""
    face: str | None
    """Only calls through this face: gateway, http or sql."""
    delay_s: float
    """How late the answer, or its failure, comes: in seconds on the backend's clock."""


@dataclass(frozen=True)
class Which:
    """Which calls a fault strikes; see `FaultOptions`."""

    operations: tuple[str, ...] = ()
    """Empty for all."""
    nth: int | None = None
    after: int = 0
    times: int | None = 1
    probability: float | None = None
    seed: int = 0
    where: Callable[[Any], bool] | None = None
    user: str | None = None
    face: str | None = None

    def told(self) -> list[str]:
        """Return the arguments that say so, without those that say nothing."""
        several = self.operations[0] if len(self.operations) == 1 else self.operations or None
        said = named(
            {
                "operation": several,
                "nth": self.nth,
                "after": self.after or None,
                "times": None if self.times == 1 else self.times,
                "probability": self.probability,
                "seed": self.seed or None,
                "where": self.where,
                "user": self.user,
                "face": self.face,
            }
        )
        endless = self.times is None and self.probability is None
        return [*said, "times=None"] if endless else said

    def matches(self, call: Call[Any], user: str, face: str) -> bool:
        """Tell whether the call is one of those that count."""
        return (
            (not self.operations or call.operation in self.operations)
            and self.user in {None, user}
            and self.face in {None, face}
            # User code gets a copy, so that it cannot change what was asked.
            and (self.where is None or bool(self.where(_copy_of(call))))
        )

    def is_due(self, number: int, seen: int, fired: int) -> bool:
        """Tell whether a matching call is struck.

        Args:
            number: the fault's own number in its plan.
            seen: which matching call it is, from 1.
            fired: how many were struck before.
        """
        if self.nth is not None:
            return seen == self.nth
        if seen <= self.after or self.is_over(seen - 1, fired):
            return False
        return self.probability is None or _chance(self.seed, number, seen) < self.probability

    def is_over(self, seen: int, fired: int) -> bool:
        """Tell whether it can strike no more, after so many matching calls and strikes."""
        if self.nth is not None:
            return seen >= self.nth
        return self.times is not None and fired >= self.times


def which_of(options: FaultOptions) -> Which:
    """Return which calls the options name.

    Raises:
        FaultError: they contradict one another, or name nothing that can be.
    """
    unknown = options.keys() - FaultOptions.__annotations__.keys()
    if unknown:
        raise FaultError(
            f"`{min(unknown)}` is no argument of a fault; there are:"
            f" {', '.join(FaultOptions.__annotations__)}."
        )
    nth, probability = options.get("nth"), options.get("probability")
    require_count("nth", nth, least=1)
    require_count("after", options.get("after"), least=0)
    require_count("times", options.get("times"), least=1)
    for other in ("after", "times", "probability"):
        if nth is not None and other in options:
            raise FaultError(f"`nth` is one call alone: it cannot be beside `{other}`.")
    if probability is not None and not (is_number(probability) and 0 < probability <= 1):
        raise FaultError(
            f"`probability` must be a number above 0 and at most 1; got {probability!r}."
        )
    if "seed" in options and probability is None:
        raise FaultError("`seed` means nothing without a `probability`.")
    where = options.get("where")
    if where is not None and not callable(where):
        raise FaultError(f"`where` must be a function of a call; got {where!r}.")
    face = options.get("face")
    if face is not None and face not in FACES:
        raise FaultError(f"`face` must be one of {', '.join(FACES)}; got {face!r}.")
    return Which(
        operations=operations_of(options.get("operation")),
        nth=nth,
        after=options.get("after", 0),
        times=options.get("times", 1 if probability is None else None),
        probability=probability,
        seed=options.get("seed", 0),
        where=where,
        user=options.get("user"),
        face=face,
    )


def operations_of(
    given: str | Sequence[str] | None, argument: str = "operation"
) -> tuple[str, ...]:
    """Return operations as a tuple, empty for all of them.

    Args:
        given: one, several, or `None` for all.
        argument: what the caller calls them.

    Raises:
        FaultError: one is unknown, or there are none.
    """
    if given is None:
        return ()
    asked = (given,) if isinstance(given, str) else tuple_of(given)
    names = tuple(name for name in asked if isinstance(name, str) and name in OPERATIONS)
    if not names or len(names) < len(asked):
        raise FaultError(
            f"`{argument}` must be one or more of {', '.join(OPERATIONS)}; got {given!r:.200}."
        )
    return names


def tuple_of(given: object) -> tuple[object, ...]:
    """Return what a sequence holds; nothing where it is none."""
    return tuple(cast("Iterable[object]", given)) if isinstance(given, Iterable) else ()


def require_count(argument: str, value: object, *, least: int, most: int | None = None) -> None:
    """Check that an argument, where it is given, is a whole number within bounds.

    Raises:
        FaultError: it is not.
    """
    if value is None:
        return
    if not is_whole(value) or value < least or (most is not None and value > most):
        bounds = f"{least} or more" if most is None else f"{least} to {most}"
        raise FaultError(f"`{argument}` must be a whole number, {bounds}; got {value!r}.")


def require_seconds(argument: str, value: object, *, above: bool = False) -> None:
    """Check that an argument is a finite number of seconds, 0 or more; above 0 where that is said.

    Raises:
        FaultError: it is not.
    """
    least = "above 0" if above else "0 or more"
    if not is_span(value) or (above and value == 0):
        raise FaultError(f"`{argument}` must be a finite number, {least}; got {value!r}.")


def named(arguments: Mapping[str, object]) -> list[str]:
    """Return arguments as they are written in a call, without those that are `None`."""
    return [f"{name}={_shown(value)}" for name, value in arguments.items() if value is not None]


def _shown(value: object) -> str:
    # A function's own repr bears an address, which is another one in every run.
    return str(getattr(value, "__name__", "a function")) if callable(value) else repr(value)


def _copy_of(call: Call[Any]) -> Call[Any]:
    """Return a call as nobody else holds it; all that can be changed of one is its payload."""
    if not is_dataclass(call):
        return call
    held: dict[str, Any] = {each.name: getattr(call, each.name) for each in fields(call)}
    names = [name for name, part in held.items() if isinstance(part, dict)]
    try:
        own: dict[str, Any] = {name: copy.deepcopy(held[name]) for name in names}
    except Exception:  # noqa: BLE001 - what cannot be copied is no JSON, and is refused as that
        return call
    return replace(call, **own) if own else call


def _chance(seed: int, number: int, seen: int) -> float:
    digest = blake2b(f"{number}:{seen}".encode(), digest_size=8, key=str(seed).encode()[:64])
    return int.from_bytes(digest.digest(), "big") / 2**64
