"""The careful reader: any YAML that says no more than plain values, however it is written.

For what somebody wrote or changed by hand. It walks the parser's events and builds no objects but
ours: other tags, anchors and aliases are refused, so that nothing grows; depth is bounded; no name
stands twice. An error names the line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from ..errors import CassetteFormatError
from ..interactions import Tree
from .words import DEEPEST, MEANING, number_of

__all__ = ["load"]

_YAML = "tag:yaml.org,2002:"
_MOST_TAGS_SHOWN = 60


def load(text: str, path: Path, first_line: int) -> dict[str, Tree]:
    """Return the mapping that a document is.

    Args:
        text: of one document.
        path: of its file, for errors.
        first_line: where in the file the text begins, from 1.

    Raises:
        CassetteFormatError: it is no YAML, or more than plain values, or no mapping.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    # Of a marker with nothing behind it, the line is its own.
    builder = _Builder(path, first_line if text else max(1, first_line - 1))
    try:
        for event in cast("Iterator[Any]", cast("Any", yaml.parse)(text, Loader=loader)):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "")
        # What ends too early is found behind the last line.
        line = first_line + (0 if mark is None else min(mark.line, text.count("\n")))
        raise CassetteFormatError(
            path,
            line,
            f"this is no YAML: {problem or 'it cannot be parsed'}. Mend the line, or record the"
            " cassette again.",
        ) from error
    return builder.root()


class _Builder:
    """Makes a tree of events, without recursion."""

    def __init__(self, path: Path, first_line: int) -> None:
        self._path = path
        self._first_line = first_line
        self._documents = 0
        self._roots: list[Tree] = []
        self._open: list[dict[str, Tree] | list[Tree]] = []
        # The name whose value comes next, for each open mapping; `None` where a name comes next.
        self._names: list[str | None] = []

    def root(self) -> dict[str, Tree]:
        if len(self._roots) != 1 or not isinstance(self._roots[0], dict):
            raise CassetteFormatError(
                self._path,
                self._first_line,
                "here stands no mapping of names to values. Mend it, or record the cassette again.",
            )
        return self._roots[0]

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        if kind == "ScalarEvent":
            self._scalar(event)
        elif kind in {"MappingStartEvent", "SequenceStartEvent"}:
            self._start(event, mapping=kind == "MappingStartEvent")
        elif kind in {"MappingEndEvent", "SequenceEndEvent"}:
            self._open.pop()
            self._names.pop()
        elif kind == "AliasEvent":
            raise self._wrong(event, "an alias stands here, and none are read: write out the value")
        elif kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                raise self._wrong(event, "a second document stands in one")

    def _start(self, event: Any, *, mapping: bool) -> None:
        self._require_no_anchor(event)
        plain = {None, "!", f"{_YAML}{'map' if mapping else 'seq'}"}
        if event.tag not in plain:
            raise self._unknown_tag(event)
        if len(self._open) >= DEEPEST:
            raise self._wrong(event, f"it is nested deeper than {DEEPEST} levels")
        tree: dict[str, Tree] | list[Tree] = {} if mapping else []
        self._put(tree, event)
        self._open.append(tree)
        self._names.append(None)

    def _scalar(self, event: Any) -> None:
        self._require_no_anchor(event)
        if self._open and isinstance(self._open[-1], dict) and self._names[-1] is None:
            self._name(event)
        else:
            self._put(self._meaning(event), event)

    def _name(self, event: Any) -> None:
        # What is no text elsewhere is text as a name: `200: …` is what everybody means by it.
        name = event.value if event.tag in {None, "!"} else self._meaning(event)
        if not isinstance(name, str):
            raise self._wrong(event, "a name that is no text stands here: take off its tag")
        if name in cast("dict[str, Tree]", self._open[-1]):
            raise self._wrong(event, "a name stands twice in one mapping: remove one of the two")
        self._names[-1] = name

    def _put(self, value: Tree, event: Any) -> None:
        if not self._open:
            self._roots.append(value)
            return
        holder = self._open[-1]
        if isinstance(holder, list):
            holder.append(value)
            return
        name = self._names[-1]
        if name is None:
            raise self._wrong(event, "a list or mapping stands where a name must")
        holder[name] = value
        self._names[-1] = None

    def _meaning(self, event: Any) -> Tree:
        tag, word = event.tag, cast("str", event.value)
        short = str(tag).replace(_YAML, "!!", 1)
        try:
            if tag is None or tag == "!":
                return number_of(word) if event.implicit[0] else word
            if short == "!!str":
                return word
            meaning: Callable[[str], Any] | None = MEANING.get(short)
            if meaning is None:
                raise self._unknown_tag(event)
            return cast("Tree", meaning(word))
        except (ValueError, OverflowError) as error:
            # What Python says of it quotes the value, which may be a secret.
            what = str(error) if tag is None else f"it is not what {short} means"
            raise self._wrong(event, f"a value cannot be read: {what}") from None

    def _require_no_anchor(self, event: Any) -> None:
        if event.anchor is not None:
            raise self._wrong(event, "an anchor stands here, and none are read: take it off")

    def _unknown_tag(self, event: Any) -> CassetteFormatError:
        known = ", ".join(sorted(MEANING))
        shown = str(event.tag)[:_MOST_TAGS_SHOWN]
        return self._wrong(
            event, f"the tag {shown!r} is none that is read; take it off, or use one of {known}"
        )

    def _wrong(self, event: Any, what: str) -> CassetteFormatError:
        line = self._first_line + event.start_mark.line
        return CassetteFormatError(
            self._path, line, f"{what}. Mend the line, or record the cassette again."
        )
