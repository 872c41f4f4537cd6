"""Old versions open as the present one; what is wrong in them has its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from rai_jobs_cassettes.errors import CassetteFormatError
from rai_jobs_cassettes.format import check, dumps, open_cassette
from rai_jobs_cassettes.format.migrations import KNOWN_VERSIONS
from rai_jobs_cassettes.interactions import FORMAT_VERSION, Header, Interaction

from .trees import KEY, exact

DRAFT = """\
# the first draft
format: 0
recorded_on: "2025-06-01T00:00:00Z"
source: an account
interactions:
  - at: 0.5
    kind: http
    request: {method: GET, url: https://h/}
    response: {status: 200, json: {rate: !decimal 1.50}}
  - at: 1
    kind: sql
    request: {call: execute, statement: select 1}
    response: {rows: [[1]]}
"""
HEADER = Header(recorded_on="2025-06-01T00:00:00Z", source="an account")


def put(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_version_up_to_the_present_is_known() -> None:
    assert tuple(range(FORMAT_VERSION + 1)) == KNOWN_VERSIONS


@pytest.mark.parametrize("end", ["", "...\n"])
def test_a_cassette_of_version_0_opens_as_the_present_one(tmp_path: Path, end: str) -> None:
    path = put(tmp_path, DRAFT + end)
    found = open_cassette(path)
    assert (found.header, found.path) == (HEADER, path)
    first, second = found.stored
    assert list(found.keys()) == [("http", ""), ("sql", "")]
    assert (first.number, first.kind, first.key, first.line) == (1, "http", "", 5)
    assert first.interaction().request == {"method": "GET", "url": "https://h/"}
    assert second.interaction() == Interaction(
        at=1.0,
        kind="sql",
        request={"call": "execute", "statement": "select 1"},
        response={"rows": [[1]]},
    )
    assert path.read_text(encoding="utf-8") == DRAFT + end


def test_what_was_migrated_is_written_as_the_present_version(tmp_path: Path) -> None:
    found = open_cassette(put(tmp_path, DRAFT))
    expected = [exact(each.interaction()) for each in found.stored]
    path = tmp_path / "new.yaml"
    path.write_bytes(dumps(found.header, [(each, KEY) for each in found.stored]))
    check(path)
    assert [exact(each.interaction()) for each in open_cassette(path).stored] == expected


def test_a_draft_without_interactions_opens(tmp_path: Path) -> None:
    assert (
        len(
            open_cassette(
                put(tmp_path, DRAFT[: DRAFT.index("  - at")].replace("ns:", "ns: []"))
            ).stored
        )
        == 0
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("    kind: http\n", "", 5, "interaction 1 must hold `at`, `kind`, `request`"),
        ("kind: sql", "kind: ftp", 5, "interaction 2: `kind` must be one of http, sql"),
        ("kind: sql", "kind: [sql]", 5, "interaction 2: `kind` must be one of http, sql"),
        ("interactions:\n", "interactions: 5\nmore:\n", 5, "`interactions` must be a list"),
        ("source:", "sorce:", 4, "nobody knows a name"),
        ("at: 0.5", "at: -0.5", 1, "`at` must be a number"),
        ("{rows: [[1]]}", "5", 1, "must each hold names and values"),
        ("{rows: [[1]]}", "{a: 1, a: 2}", 13, "a name stands twice"),
        ("interactions:", "---\ninteractions:", 1, "version 0 is one document"),
    ],
)
def test_a_draft_that_is_wrong_is_refused(
    tmp_path: Path, old: str, new: str, line: int, what: str
) -> None:
    path = put(tmp_path, DRAFT.replace(old, new))
    with pytest.raises(CassetteFormatError, match=what) as told:
        open_cassette(path)
    assert (told.value.path, told.value.line) == (path, line), str(told.value)
