"""The whole of a file held to the rules: the schema, and what no schema can say.

Slower than reading it, and asks for a library that reading does not: for a check before a file is
committed, and for those that are shipped.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..errors import CassetteFormatError
from ..interactions import FORMAT_VERSION, Tree
from .opened import Stored, open_cassette
from .words import tagged

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

__all__ = ["check", "schema"]

_SCHEMA = Path(__file__).with_name("cassette.schema.json")


def check(path: Path) -> None:
    """Hold a file to the schema and to every rule.

    Beside the schema: each marker bears its number, its kind and a key, and times never go back.
    Whether a key is that of its request is for whoever makes keys to say.

    Args:
        path: of the file.

    Raises:
        CassetteFormatError: it breaks one; names the first, its line and the remedy.
        CassetteFileError: there is no such file, or it cannot be read.
    """
    opened = open_cassette(path)
    header = opened.header
    _require_valid(
        "header",
        {
            "format": FORMAT_VERSION,
            "recorded_on": header.recorded_on,
            "recorded_with": dict(header.recorded_with),
            "source": header.source,
            "sanitizers": list(header.sanitizers),
        },
        path,
        1,
    )
    before = 0.0
    for stored, (kind, key) in zip(opened.stored, opened.keys(), strict=True):
        if kind is None or not key:
            raise CassetteFormatError(
                path,
                stored.line,
                "the marker bears no number, kind and key. Open the file by `use_cassette` in a"
                " mode that records, which writes it anew.",
            )
        before = _checked(stored, before, path)


def schema() -> dict[str, Any]:
    """Return the JSON schema of a cassette as one value: its header's names, and `interactions`."""
    return cast("dict[str, Any]", json.loads(_SCHEMA.read_text(encoding="utf-8")))


def _checked(stored: Stored, before: float, path: Path) -> float:
    interaction = stored.interaction()
    if interaction.at < before:
        raise CassetteFormatError(
            path,
            stored.line,
            f"its time is {interaction.at:g} s, and the one before was at {before:g} s: time does"
            " not go back. Mend `at:`, or record the cassette again.",
        )
    exchange: dict[str, Tree] = {
        "request": interaction.request,
        "response": interaction.response,
    }
    instance = {"at": interaction.at, interaction.kind: _shown(exchange)}
    _require_valid("interaction", instance, path, stored.line)
    return interaction.at


def _require_valid(name: str, instance: object, path: Path, line: int) -> None:
    errors = list(cast("Any", _validator(name)).iter_errors(instance))
    # The one that is nearest to a value says most, and `repr` of a value may be a secret.
    if not errors:
        return
    worst = max(errors, key=lambda each: (len(each.absolute_path), str(each.validator)))
    way = ".".join(map(str, worst.absolute_path)) or name
    raise CassetteFormatError(
        path,
        line,
        f"`{way}` breaks `{worst.validator}` of the schema ({worst.json_path.count('.')} levels"
        f" down): it must be {json.dumps(worst.validator_value)[:200]}. Mend it, or record the"
        " cassette again.",
    )


@cache
def _validator(name: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    whole = schema()
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": whole["$defs"]})


def _shown(tree: Tree) -> object:
    """Return a tree as the file shows it, tags taken off: what a schema can speak of."""
    if isinstance(tree, dict):
        return {name: _shown(each) for name, each in tree.items()}
    if isinstance(tree, list):
        return [_shown(each) for each in tree]
    spelled = tagged(tree)
    return tree if spelled is None else spelled[1]
