"""Any bytes, and any change of a good file, open or are refused as a cassette is; nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rai_jobs_cassettes.errors import CassetteError, CassetteFormatError
from rai_jobs_cassettes.format import check, dumps, open_cassette

from .test_migrations import DRAFT
from .trees import HEADER, KEY, http, interactions, sql

GOOD = dumps(HEADER, [(http(1, text="a\nb\n"), KEY), (sql(2), KEY), (http(3), "0" * 16)])
_PIECES = (
    b"---", b"\n---\n", b"\n...\n", b"...", b"--- # 1 http 3f9a8e5c0d1b2a47\n",
    b"# ", b": ", b"\n", b"\r\n", b"\r",
    b"\0", b"\xff", b"\xef\xbb\xbf", b"&a ", b"*a", b"<<: ",
    b"!!python/object:x ", b"!decimal ", b"!", b"%YAML 1.1\n",
    b"|", b">", b'"', b"'", b"[", b"{", b"]", b"}", b",", b"- ", b"? ", b"  ",
    b"\t", b"format: 0\n", b"format: 1\n",
    b"interactions:\n", b"at: 1\n", b"http:\n", b"sql:\n", b"\xe2\x80\xa8",
    b"\xc2\x85", b"9" * 5_000, b"[" * 3_000,
    b"{a: " * 3_000, b"- " * 3_000, b"0x", b".inf", b"\\ud800",
)  # fmt: skip
_pieces = st.sampled_from(_PIECES) | st.binary(max_size=3)
_any_bytes = st.one_of(st.binary(max_size=60), st.lists(_pieces, max_size=12).map(b"".join))


@st.composite
def changed(draw: st.DrawFn, content: bytes) -> bytes:
    """Draw a good file that something happened to: cut, doubled, moved, overwritten."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        to = min(len(content), at + draw(st.sampled_from([0, 1, 2, 10, 100])))
        match draw(st.sampled_from(["put", "drop", "double", "cut", "move"])):
            case "put":
                content = content[:at] + draw(_pieces) + content[to:]
            case "drop":
                content = content[:at] + content[to:]
            case "double":
                content = content[:to] + content[at:]
            case "cut":
                content = content[:at] if draw(st.booleans()) else content[at:]
            case _:
                where = draw(st.integers(0, len(content)))
                rest = content[:at] + content[to:]
                content = rest[:where] + content[at:to] + rest[where:]
    return content


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "x.yaml"


def require_opened_or_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    lines = content.count(b"\n") + 1
    refused: list[CassetteError] = []
    try:
        found = open_cassette(path)
    except CassetteFormatError as error:
        refused.append(error)
    else:
        for (_, key), stored in zip(found.keys(), found.stored, strict=True):
            assert stored.key == key
            assert re.fullmatch("[0-9a-f]{16}|", key)
            assert stored.raw.endswith(stored.body)
            try:
                assert stored.interaction().kind == stored.kind
            except CassetteFormatError as error:
                refused.append(error)
        try:
            check(path)
        except CassetteFormatError as error:
            refused.append(error)
        else:
            assert refused == []
    for error in refused:
        assert isinstance(error, CassetteFormatError)
        assert error.path == path
        assert error.line is not None
        assert 1 <= error.line <= lines
        assert re.search("ecord|pgrade|convert|write|give it", error.what), error


_quick = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize(
    "content",
    [
        b"# c\r\n" * 5_000 + b"x\n---\n",
        GOOD + b"# c\r\n" * 5_000 + b"x",
        GOOD.replace(b"RUNNING", b"x" * 5_000 + b"\t"),
        GOOD.replace(b"RUNNING", b"x" * 5_000 + b": "),
        GOOD.replace(b"RUNNING", b"x:y " * 5_000 + b"#"),
        GOOD.replace(b"RUNNING", b'"' + b"\\n" * 5_000),
        GOOD.replace(b"RUNNING", b"|\n" + b" " * 50_000),
    ],
    ids=range(7),
)
def test_what_takes_many_steps_back_elsewhere_takes_none(path: Path, content: bytes) -> None:
    require_opened_or_refused(path, content)


@_quick
@given(content=_any_bytes)
@example(content=b"format: 1\n...\n")
@example(content=b"format: 0\n")
def test_any_bytes_open_or_are_refused(path: Path, content: bytes) -> None:
    require_opened_or_refused(path, content)
    require_opened_or_refused(path, b"format: 1\nrecorded_on: x\n" + content + b"\n...\n")


@_quick
@given(content=changed(GOOD))
def test_a_good_file_changed_anywhere_opens_or_is_refused(path: Path, content: bytes) -> None:
    require_opened_or_refused(path, content)


@_quick
@given(content=changed(DRAFT.encode()))
def test_an_old_file_changed_anywhere_opens_or_is_refused(path: Path, content: bytes) -> None:
    require_opened_or_refused(path, content)


@settings(_quick, max_examples=25)
@given(content=st.lists(st.tuples(interactions, st.just(KEY)), max_size=2), data=st.data())
def test_any_recording_changed_anywhere_opens_or_is_refused(
    path: Path, content: list[tuple[object, str]], data: st.DataObject
) -> None:
    ordered = sorted(content, key=lambda each: each[0].at)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownLambdaType]
    require_opened_or_refused(path, data.draw(changed(dumps(HEADER, ordered))))  # pyright: ignore[reportArgumentType]
