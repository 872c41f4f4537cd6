"""Values that are known to be secret: said by the user, or by the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from ..arguments import text_of
from ..interactions import Interaction
from .keys import SECRET_KEYS, folded
from .marks import Marks
from .rules import Rule

__all__ = ["KnownRule", "secrets_around", "secrets_under"]

_PREFIXES = ("RAI_JOBS_", "SNOWFLAKE_")
_TELLING = ("TOKEN", "PASSWORD", "PASSWD", "PWD", "SECRET", "KEY", "PASSPHRASE", "PASSCODE")
_NO_VALUES = ("_PATH", "_FILE", "_DIR", "_NAME", "_TYPE")
_PEM = "-----"


@dataclass(frozen=True)
class KnownRule(Rule):
    """These very values, wherever they stand.

    Args:
        name: of the rule.
        values: them.
        kind: what they are.
    """

    name: str
    values: tuple[str, ...] = field(repr=False)
    kind: str

    def apply(self, interaction: Interaction, marks: Marks) -> Interaction:
        """Return the interaction as it is: the values are replaced with all that was learned."""
        self.learn(marks)
        return interaction

    def learn(self, marks: Marks) -> None:
        """Have the values replaced wherever they stand."""
        for value in self.values:
            for spelled in _spellings(value):
                marks.learn(spelled, self.kind)


def _spellings(value: str) -> Iterator[str]:
    """Yield a value as it may be sent: as it is, trimmed, and a key of PEM form on one line."""
    yield value
    yield value.strip()
    if _PEM in value:
        lines = [line.strip() for line in value.strip().splitlines()]
        yield "\n".join(lines)
        yield "".join(line for line in lines if not line.startswith(_PEM))


def secrets_around(environment: Mapping[str, str] | None = None) -> set[str]:
    """Return the secrets that the environment holds for our client and for Snowflake's.

    Those are the values of `RAI_JOBS_*` and `SNOWFLAKE_*` variables whose names say token,
    password, secret, key or passphrase, and what stands under such a key in a value that is JSON.
    Paths of files are none.

    Args:
        environment: the variables; those of the process when not given.
    """
    found: set[str] = set()
    for name, value in (os.environ if environment is None else environment).items():
        if not name.upper().startswith(_PREFIXES) or not value.strip():
            continue
        if _tells_of_secret(name):
            found.add(value)
        elif value.lstrip().startswith("{"):
            try:
                found.update(_under_keys(json.loads(value)))
            except (ValueError, RecursionError):
                continue
    return found


def secrets_under(settings: Mapping[str, Any]) -> set[str]:
    """Return what stands under names of secrets, however deep: texts, and bytes as such.

    Args:
        settings: names and values, such as the arguments of a connection.
    """
    told = {
        text_of(value)
        for name, value in settings.items()
        if isinstance(value, (str, bytes)) and value.strip() and _tells_of_secret(name)
    }
    return told | set(_under_keys(dict(settings)))


def _tells_of_secret(name: str) -> bool:
    upper = name.upper()
    return any(word in upper for word in _TELLING) and not upper.endswith(_NO_VALUES)


def _under_keys(body: object) -> Iterator[str]:
    if isinstance(body, dict):
        for key, value in cast("dict[str, Any]", body).items():
            if isinstance(value, (str, bytes)) and value and folded(key) in _KEYS:
                yield text_of(value)
            yield from _under_keys(value)
    elif isinstance(body, list):
        for each in cast("list[Any]", body):
            yield from _under_keys(each)


_KEYS = frozenset(map(folded, SECRET_KEYS))
