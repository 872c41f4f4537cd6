"""Files of scripts: what a served backend is made and filled with, in YAML (or JSON).

The models are those of the control API, and `scripts.schema.json` is made from them. An error names
the file, the line, and what may stand there. Nothing but plain values is ever made of a file.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError

from .control.setup import ScriptsFile
from .control.strict import problems_of

__all__ = ["ScriptsFileError", "load_scripts", "schema", "scripts_of"]

_MOST_BYTES = 4_000_000
_MOST_VALUES = 200_000
_DEEPEST = 100
_MOST_TOLD = 10


class ScriptsFileError(ValueError):
    """A file of scripts cannot be read; names the file, the line and what may stand there."""


class _Loader(yaml.SafeLoader):
    """Plain values alone; an instant stays text, as JSON has it."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - that of the class above, without one kind
        first: [(tag, pattern) for tag, pattern in kinds if not tag.endswith(":timestamp")]
        for first, kinds in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def load_scripts(path: str | Path) -> ScriptsFile:
    """Return what a file says.

    Raises:
        ScriptsFileError: it cannot be read, or says what nobody knows.
    """
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        raise ScriptsFileError(f"{path}: {error.strerror or error}.") from error
    return scripts_of(text, name=str(path))


def scripts_of(text: str | bytes, *, name: str = "the scripts") -> ScriptsFile:
    """Return what a text says.

    Args:
        text: YAML, or JSON; bytes in UTF-8.
        name: what errors call it.

    Raises:
        ScriptsFileError: it is too large or no YAML, or says what nobody knows.
    """
    if len(text) > _MOST_BYTES:
        raise ScriptsFileError(f"{name}: it is larger than {_MOST_BYTES} bytes.")
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is None:
            return ScriptsFile()
        _require_modest(root, name)
        data: object = cast("Any", loader).construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark is not None else ""
        raise ScriptsFileError(f"{name}{line}: {error.problem or error.context}.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, ScriptsFileError):
            raise
        raise ScriptsFileError(f"{name}: it is no YAML: {_first_line(error)}.") from error
    try:
        return ScriptsFile.model_validate(data)
    except ValidationError as error:
        problems = problems_of(error, data)
        told = [f"{name}:{_line_of(root, each.where)}: {each}" for each in problems[:_MOST_TOLD]]
        if len(problems) > _MOST_TOLD:
            told.append(f"… and {len(problems) - _MOST_TOLD} more")
        raise ScriptsFileError("\n".join(told)) from error


def schema() -> dict[str, Any]:
    """Return the JSON schema of a file of scripts, the same whatever pydantic writes it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scripts of a rai-jobs fake",
        **_tidied(ScriptsFile.model_json_schema()),
    }


def _tidied(node: Any) -> Any:
    """Return a schema without what says nothing: titles, and what is so anyway."""
    if isinstance(node, list):
        return [_tidied(each) for each in cast("list[object]", node)]
    if not isinstance(node, dict):
        return node
    tidied: dict[str, Any] = {}
    for name, each in cast("dict[str, Any]", node).items():
        if name in {"properties", "$defs"}:
            tidied[name] = {key: _tidied(of) for key, of in each.items()}
        elif name in {"default", "examples", "const", "enum", "required", "discriminator"}:
            tidied[name] = each
        elif name == "allOf" and len(each) == 1:
            tidied.update(_tidied(each[0]))
        elif name != "title" and not (name == "additionalProperties" and each is True):
            tidied[name] = _tidied(each)
    if "const" in tidied:
        tidied.pop("enum", None)
        tidied["type"] = "string"
    return tidied


def _require_modest(root: yaml.Node, name: str) -> None:
    """Check that no alias makes more of a file than can be read, and that no name stands twice.

    Raises:
        ScriptsFileError: it does, or one does.
    """
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: yaml.Node, depth: int) -> int:
        known = sizes.get(id(node))
        if known is not None:
            return known
        if depth > _DEEPEST or id(node) in open_nodes:
            raise _at(name, node, f"it is nested deeper than {_DEEPEST} levels, or in itself")
        open_nodes.add(id(node))
        _require_distinct(node, name)
        total = 1 + sum(size(child, depth + 1) for child in _children(node))
        open_nodes.discard(id(node))
        if total > _MOST_VALUES:
            raise _at(name, node, f"it holds more than {_MOST_VALUES} values, aliases counted")
        sizes[id(node)] = total
        return total

    size(root, 0)


def _require_distinct(node: yaml.Node, name: str) -> None:
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[Hashable] = set()
    for key, _ in cast("list[tuple[yaml.Node, yaml.Node]]", node.value):
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                raise _at(name, key, f"{key.value!r:.80} stands here twice")
            seen.add(key.value)


def _children(node: yaml.Node) -> Iterable[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        pairs = cast("list[tuple[yaml.Node, yaml.Node]]", node.value)
        return [each for pair in pairs for each in pair]
    return cast("list[yaml.Node]", node.value) if isinstance(node, yaml.SequenceNode) else ()


def _line_of(node: yaml.Node, way: tuple[str | int, ...]) -> int:
    """Return the line of what a way leads to, or of the last that is there."""
    line = node.start_mark.line
    for step in way:
        if isinstance(node, yaml.MappingNode):
            pairs = cast("list[tuple[yaml.Node, yaml.Node]]", node.value)
            found = [pair for pair in pairs if pair[0].value == step]
            if not found:
                break
            line, node = found[0][0].start_mark.line, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = cast("list[yaml.Node]", node.value)[step]
            line = node.start_mark.line
        else:
            break
    return line + 1


def _at(name: str, node: yaml.Node, wrong: str) -> ScriptsFileError:
    return ScriptsFileError(f"{name}:{node.start_mark.line + 1}: {wrong}.")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".") or type(error).__name__
