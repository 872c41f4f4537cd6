"""Reading a plain vcrpy cassette: YAML or JSON, of every version that vcrpy wrote.

Nothing but plain values is made of a file: the few tags that vcrpy wrote stand for text, bytes and
lists here. Version 0 is a list; its requests say host and path, its answers raw header lines.
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from ..errors import CassetteFileError, CassetteFormatError
from ..interactions import Interaction, Tree
from .codec import response_of, vcr_answer, vcr_request

__all__ = ["looks_like_vcr", "read_vcr"]

_DEEPEST = 100
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_REMEDY = "is it a cassette of vcrpy's? Record it again if it was cut or edited."
_LARGER_AT_MOST = 100
_ALWAYS_ALLOWED = 10_000_000


def looks_like_vcr(head: str) -> bool:
    """Tell whether a file that begins so may be a plain vcrpy cassette.

    Args:
        head: its beginning; some thousand characters are enough.
    """
    text = head.lstrip("\ufeff \t\r\n")
    if text.startswith(("{", "[")):
        return '"interactions"' in head or '"request"' in head
    return text.startswith(("interactions:", "- request:", "version: 1", "metadata:"))


def read_vcr(path: str | Path) -> list[Interaction]:
    """Return what a plain vcrpy cassette holds, in its order; when it was answered is not known.

    Args:
        path: the file, YAML or JSON.

    Raises:
        CassetteFileError: it cannot be read.
        CassetteFormatError: it is no such cassette.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CassetteFileError(f"{path} cannot be read: {error.strerror or error}.") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CassetteFormatError(path, line, f"it is no UTF-8; {_REMEDY}") from error
    loaded = _loaded(path, text)
    items = _items(path, loaded)
    budget = _Budget(_ALWAYS_ALLOWED + _LARGER_AT_MOST * len(data))
    interactions: list[Interaction] = []
    try:
        for item in items:
            interactions.append(_interaction(item, budget))  # noqa: PERF401 - it counts them
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        number = len(interactions)
        told = f"lacks {error}" if isinstance(error, KeyError) else f"is none: {error}"
        raise CassetteFormatError(
            path, _line_of(text, number), f"interaction {number + 1} {told}; {_REMEDY}"
        ) from error
    return interactions


@dataclass
class _Budget:
    """How much may still be made of a file: a short one can say by aliases what is endless."""

    left: int

    def spend(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise ValueError("the file says far more than it holds, by aliases")


class _PlainLoader(_Loader):
    """Plain values alone."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Refuse merges, which vcrpy never wrote, and which can be made endless."""
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(
                    None, None, "merge keys are not read", key.start_mark
                )

    def construct_mapping(
        self, node: yaml.MappingNode, *, deep: bool = False
    ) -> dict[Hashable, Any]:
        """Refuse a key that is there twice."""
        made: dict[Hashable, Any] = _Loader.construct_mapping(self, node, deep=deep)
        if len(made) != len(node.value):
            raise yaml.constructor.ConstructorError(
                None, None, "a key is there twice", node.start_mark
            )
        return made


def _text(loader: Any, node: yaml.Node) -> Any:
    return loader.construct_scalar(node)


def _list(loader: Any, node: yaml.Node) -> Any:
    return loader.construct_sequence(node, deep=True)


def _mapping(loader: Any, node: yaml.Node) -> Any:
    return loader.construct_mapping(node, deep=True)


def _first_state(loader: Any, node: yaml.Node) -> Any:
    return _first(loader.construct_mapping(node, deep=True).get("state"))


def _first_argument(loader: Any, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        arguments = loader.construct_mapping(node, deep=True).get("args")
    else:
        arguments = loader.construct_sequence(node, deep=True)
    return _first(arguments)


def _first(several: Any) -> Any:
    return cast("list[Any]", several)[0] if isinstance(several, list) and several else None


for _tag, _making in {
    "str": _text,
    "unicode": _text,
    "tuple": _list,
    "object:vcr.request.Request": _mapping,
    "object/new:_io.BytesIO": _first_state,
    "object/apply:builtins.iter": _first_argument,
    "object/apply:builtins.frozenset": _first_argument,
    "object/apply:__builtin__.frozenset": _first_argument,
}.items():
    _PlainLoader.add_constructor(f"tag:yaml.org,2002:python/{_tag}", _making)


def _loaded(path: Path, text: str) -> object:
    try:
        if text.lstrip()[:1] in ("{", "["):
            return json.loads(text, object_pairs_hook=_object)
        _require_shallow(text)
        return yaml.load(text, Loader=_PlainLoader)  # noqa: S506 - it makes plain values alone
    except json.JSONDecodeError as error:
        raise CassetteFormatError(path, error.lineno, f"{error.msg}; {_REMEDY}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = None if mark is None else mark.line + 1
        raise CassetteFormatError(path, line, f"{error.problem}; {_REMEDY}") from error
    except yaml.YAMLError as error:
        raise CassetteFormatError(path, None, f"it is no YAML; {_REMEDY}") from error
    except RecursionError as error:
        raise CassetteFormatError(path, None, f"it is nested too deeply; {_REMEDY}") from error
    except ValueError as error:
        raise CassetteFormatError(path, None, f"{error}; {_REMEDY}") from error


def _require_shallow(text: str) -> None:
    # What libyaml composes, it composes by recursion, in C: deep nesting ends the process.
    depth = 0
    for event in cast("Iterator[Any]", cast("Any", yaml.parse)(text, Loader=_Loader)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise RecursionError


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key is there twice")
    return made


def _items(path: Path, loaded: object) -> list[Any]:
    items: object = loaded
    if isinstance(loaded, dict):
        whole = cast("dict[str, object]", loaded)
        version = whole.get("version", 1)
        if version != 1:
            raise CassetteFormatError(
                path, None, f"vcrpy's format {version!r} is not known, only 1; {_REMEDY}"
            )
        items = whole.get("interactions")
    if not isinstance(items, list):
        raise CassetteFormatError(path, 1, f"it has no list of interactions; {_REMEDY}")
    return cast("list[Any]", items)


def _interaction(item: Any, budget: _Budget) -> Interaction:
    request = _request(item["request"], budget)
    response = _response(item["response"], str(request["method"]), budget)
    return Interaction(0.0, "http", request, response)


@dataclass(frozen=True)
class _Request:
    method: str
    uri: str
    headers: Mapping[str, object]
    body: object


def _request(told: Any, budget: _Budget) -> dict[str, Tree]:
    headers: Any = told.get("headers") or {}
    if "uri" in told:
        url = told["uri"]
    else:
        place = f"{told['protocol']}://{told['host']}:{told['port']}"
        url = f"{place}{told.get('path') or told.get('url') or '/'}"
    if not isinstance(url, str) or not isinstance(told["method"], str):
        raise TypeError("its method and address are no text")
    if not isinstance(headers, dict):
        headers = dict(cast("Iterable[tuple[str, str]]", headers))
    body = _body(told.get("body"))
    budget.spend(len(body) + len(url))
    # The tree wants what is sent alone, so the client's own request class is not made.
    return vcr_request(cast("Any", _Request(told["method"], url, _checked(headers, budget), body)))


def _response(told: Any, method: str, budget: _Budget) -> dict[str, Tree]:
    if "status_code" in told:  # of an httpx client, up to vcrpy 5
        body = _body(told.get("content"))
        budget.spend(len(body))
        lines = [
            (name, each)
            for name, values in _checked(told.get("headers") or {}, budget).items()
            for each in values
        ]
        return response_of(int(told["status_code"]), "", lines, body, method=method)
    headers: Any = told.get("headers") or {}
    if isinstance(headers, list):
        headers = _of_lines(cast("list[str]", headers))
    body = _body(told.get("body"))
    budget.spend(len(body))
    status: Any = told["status"]
    made: dict[str, Any] = {
        "status": status if isinstance(status, dict) else {"code": status},
        "headers": _checked(headers, budget),
        "body": {"string": body},
    }
    return vcr_answer(made, method=method)


def _body(told: Any) -> bytes:
    if isinstance(told, dict):
        kept = cast("dict[str, Any]", told)
        if "base64_string" in kept:
            try:
                return b64decode(kept["base64_string"])
            except binascii.Error as error:
                raise ValueError("a body is no base64") from error
        told = kept.get("string")
    if told is None:
        return b""
    if isinstance(told, str):
        return told.encode("utf-8")
    if isinstance(told, bytes):
        return told
    if isinstance(told, list):
        return b"".join(_body(each) for each in cast("list[Any]", told))
    raise TypeError(f"a body is {type(told).__name__}")


def _checked(headers: Any, budget: _Budget) -> dict[str, list[str]]:
    made: dict[str, list[str]] = {}
    for name, told in headers.items():
        values = cast("list[Any]", told) if isinstance(told, (list, tuple)) else [told]
        for each in values:
            if not isinstance(name, str) or not isinstance(each, (str, bytes, int, float)):
                raise TypeError(f"a header is {type(each).__name__}")
            text = each.decode("latin-1") if isinstance(each, bytes) else str(each)
            budget.spend(len(name) + len(text) + 1)
            made.setdefault(name, []).append(text)
    return made


def _of_lines(lines: list[str]) -> dict[str, list[str]]:
    made: dict[str, list[str]] = {}
    for line in lines:
        name, _, value = line.partition(":")
        made.setdefault(name.strip(), []).append(value.strip())
    return made


def _line_of(text: str, number: int) -> int | None:
    """Return where an interaction stands; looked for only when there is something to say of it."""
    root = cast("yaml.Node | None", cast("Any", yaml).compose(text, Loader=_PlainLoader))
    if isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            if key.value == "interactions":
                root = value
    if not isinstance(root, yaml.SequenceNode):
        return None
    return root.value[number].start_mark.line + 1
