"""What was found, while it is being replaced: a mark where it stood, and what it was.

While rules run, a mark of private characters stands where something was found, so that no rule
finds it twice and none finds a stand-in. At the end each mark becomes its stand-in, numbered in the
order of the recording, which does not depend on which rule found what first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import CassetteError
from ..placeholders import STAND_IN, kind_of, stand_in

__all__ = ["Marks", "checked_kind", "is_marked", "unmarked"]

_OPEN, _CLOSE = "\ue0a7", "\ue0a8"
_FIRST, _BASE = 0xE100, 4096
_MARK = re.compile(rf"{_OPEN}([\ue100-\uf0ff])([\ue100-\uf0ff]){_CLOSE}")
_NUMBER = re.compile(r"\d+")
_KIND = re.compile(r"[a-z]+(?:-[a-z]+)*")


def checked_kind(kind: str) -> str:
    """Return the kind of a stand-in.

    Raises:
        CassetteError: it is not lower-case words joined by hyphens.
    """
    if not _KIND.fullmatch(kind):
        raise CassetteError(
            f"{kind!r} is no kind of stand-in: lower-case words joined by hyphens, like `token`."
        )
    return kind


def is_marked(text: str) -> bool:
    """Tell whether a text is marks alone, or empty: there is nothing left to find in it."""
    return not _MARK.sub("", text).strip()


def unmarked(text: str) -> str:
    """Return what of a text is not yet replaced."""
    return _MARK.sub("", text)


@dataclass
class Marks:
    """What was found in one recording.

    Args:
        bound: stand-ins that are given already, by the value that they stand for.
    """

    bound: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    kinds: dict[str, str] = field(default_factory=dict[str, str], init=False, repr=False)
    """The kind of each value that is to be replaced wherever it stands."""
    kept: dict[object, dict[str, str]] = field(
        default_factory=dict[object, dict[str, str]], init=False, repr=False
    )
    """What became of a text, by what looked at it."""
    packed: dict[str, str | None] = field(
        default_factory=dict[str, "str | None"], init=False, repr=False
    )
    """What a text holds that is base64."""
    _of_value: dict[str, str] = field(default_factory=dict[str, str], init=False, repr=False)
    _kind_of_mark: dict[str, str] = field(default_factory=dict[str, str], init=False, repr=False)
    _stand_ins: dict[str, str] = field(default_factory=dict[str, str], init=False, repr=False)
    _mark_of: dict[str, str] = field(default_factory=dict[str, str], init=False, repr=False)
    _counts: dict[str, int] = field(default_factory=dict[str, int], init=False, repr=False)

    def __post_init__(self) -> None:
        for value, given in self.bound.items():
            mark = self._mark_of_given(given)
            self._of_value[value] = mark
            self.kinds[value] = kind_of(given)

    def learn(self, value: str, kind: str) -> None:
        """Have a value replaced wherever it stands in the recording; the first kind said stays."""
        if value and not _MARK.search(value):
            self.kinds.setdefault(value, checked_kind(kind))

    def mark(self, spelled: str, kind: str, *, value: str | None = None) -> str:
        """Return the mark for what is replaced.

        Args:
            spelled: it, as it stands; equal spellings have equal marks.
            kind: what it is.
            value: what it means, without escapes, to be replaced wherever else it stands.
        """
        if value is not None:
            self.learn(value, kind)
        if spelled not in self._of_value:
            self._of_value[spelled] = self._new(self.kinds.get(spelled, checked_kind(kind)))
        return self._of_value[spelled]

    def given(self, text: str) -> str:
        """Return a text with marks for the stand-ins that it holds already."""
        if "<" not in text and "recorded.invalid" not in text:
            return text
        return STAND_IN.sub(lambda found: self._mark_of_given(found[0]), text)

    def resolved(self, text: str) -> str:
        """Return a text with stand-ins for its marks; a new one has the next number of its kind."""
        return _MARK.sub(self._resolved, text) if _OPEN in text else text

    def _new(self, kind: str) -> str:
        high, low = divmod(len(self._kind_of_mark), _BASE)
        mark = f"{_OPEN}{chr(_FIRST + high)}{chr(_FIRST + low)}{_CLOSE}"
        self._kind_of_mark[mark] = kind
        return mark

    def _mark_of_given(self, given: str) -> str:
        if given not in self._mark_of:
            mark = self._mark_of[given] = self._new(kind_of(given))
            self._stand_ins[mark] = given
            self._count(kind_of(given), int(_NUMBER.findall(given)[-1]))
        return self._mark_of[given]

    def _count(self, kind: str, number: int) -> None:
        self._counts[kind] = max(number, self._counts.get(kind, 0))

    def _resolved(self, found: re.Match[str]) -> str:
        mark = found[0]
        kind = self._kind_of_mark.get(mark)
        if kind is None:
            return mark
        if mark not in self._stand_ins:
            self._count(kind, self._counts.get(kind, 0) + 1)
            self._stand_ins[mark] = stand_in(kind, self._counts[kind])
        return self._stand_ins[mark]
