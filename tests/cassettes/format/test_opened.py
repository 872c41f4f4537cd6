"""A file is scanned when it is opened and parsed when it is asked; what is wrong has its line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rai_jobs_cassettes.errors import CassetteError, CassetteFileError, CassetteFormatError
from rai_jobs_cassettes.format import dumps, open_cassette, opened
from rai_jobs_cassettes.interactions import FORMAT_VERSION, Header

from .trees import HEADER, KEY, exact, http, sql

OTHER_KEY = "0123456789abcdef"
TEXT = dumps(HEADER, [(http(1), KEY), (sql(2), OTHER_KEY), (http(3), KEY)]).decode()
HEADER_TEXT = TEXT[: TEXT.index("---")]


def put(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "x.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def wrong(tmp_path: Path, text: str | bytes, line: int | None, what: str) -> CassetteFormatError:
    path = put(tmp_path, text)

    def read_all() -> None:
        for stored in open_cassette(path).stored:
            stored.interaction()

    with pytest.raises(CassetteFormatError, match=what) as told:
        read_all()
    assert told.value.path == path
    assert told.value.line == line, str(told.value)
    return told.value


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_what_was_written_is_there_with_its_number_kind_key_text_and_line(tmp_path: Path) -> None:
    found = open_cassette(put(tmp_path, TEXT))
    assert (found.header, found.path) == (HEADER, tmp_path / "x.yaml")
    first, second, third = found.stored
    assert [each.number for each in found.stored] == [1, 2, 3]
    assert [each.kind for each in found.stored] == ["http", "sql", "http"]
    assert [each.key for each in found.stored] == [KEY, OTHER_KEY, KEY]
    assert list(found.keys()) == [("http", KEY), ("sql", OTHER_KEY), ("http", KEY)]
    assert HEADER_TEXT.encode() + first.raw + second.raw + third.raw + b"...\n" == TEXT.encode()
    assert second.raw == f"--- # 2 sql {OTHER_KEY}\n".encode() + second.body
    assert [each.line for each in found.stored] == [
        line_of(TEXT, f"--- # {number} ") for number in (1, 2, 3)
    ]
    assert exact(second.interaction()) == exact(sql(2))
    assert exact(found.stored[-1].interaction()) == exact(http(3))
    assert [each.number for each in found.stored[1:]] == [2, 3]
    with pytest.raises(IndexError):
        found.stored[3]
    with pytest.raises(IndexError):
        found.stored[-4]


def test_a_cassette_without_interactions_opens(tmp_path: Path) -> None:
    assert list(open_cassette(put(tmp_path, dumps(HEADER, []))).stored) == []


def test_opening_parses_no_interaction_and_asking_parses_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, parsed = opened.read, list[str]()
    monkeypatch.setattr(opened, "read", lambda text: parsed.append(text) or read(text))  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType]
    found = open_cassette(put(tmp_path, TEXT))
    assert len(parsed) == 1  # the header
    found.stored[1].interaction()
    assert len(parsed) == 2


def test_a_text_that_looks_like_a_marker_is_none(tmp_path: Path) -> None:
    tricky = f"\n--- # 2 http {KEY}\nat: 0.5\n...\n"
    interaction = http(1, text=tricky, more=[tricky, {tricky: tricky.replace("\n", " \n")}])
    found = open_cassette(put(tmp_path, dumps(HEADER, [(interaction, KEY), (sql(2), KEY)])))
    assert [each.kind for each in found.stored] == ["http", "sql"]
    assert exact(found.stored[0].interaction()) == exact(interaction)


def test_what_is_stored_is_copied_as_it_stands_and_numbered_anew(tmp_path: Path) -> None:
    by_hand = TEXT.replace("      - 1\n", "      - 0x1 # said by hand\n")
    _, second, _ = open_cassette(put(tmp_path, by_hand)).stored
    copied = dumps(HEADER, [(second, KEY), (http(3), OTHER_KEY)]).decode()
    assert f"--- # 1 sql {KEY}\nat: 1.0\n" in copied
    assert "      - 0x1 # said by hand\n" in copied
    found = open_cassette(put(tmp_path, copied))
    assert [exact(each.interaction()) for each in found.stored] == [exact(sql(2)), exact(http(3))]


# Changed by hand


def test_windows_line_ends_comments_and_reordered_names_are_read(tmp_path: Path) -> None:
    text = (
        "# mine\nsanitizers: []\nformat: 1 # yes\nrecorded_on: 2026-01-01T00:00:00Z\n\n"
        f"# the first\n--- # 1 http {KEY}\n\nhttp:\n    response: {{status: 200}}\n    request:\n"
        "        url: 'https://h/'\n        method: GET # it is\nat: 1\n...\n# the end\n\n"
    )
    for each in (text, text.replace("\n", "\r\n"), "\ufeff" + text):
        found = open_cassette(put(tmp_path, each))
        assert found.header == Header(recorded_on="2026-01-01T00:00:00Z")
        (stored,) = found.stored
        assert (stored.key, stored.line) == (KEY, 7)
        interaction = stored.interaction()
        assert (interaction.at, type(interaction.at)) == (1.0, float)
        assert interaction.request == {"url": "https://h/", "method": "GET"}
        assert interaction.response == {"status": 200}


@pytest.mark.parametrize(
    "marker", ["---", "---  ", "--- # mine", "--- # 2", "--- # 2 ftp x", "---\r"]
)
def test_a_marker_that_says_less_is_numbered_by_its_place(tmp_path: Path, marker: str) -> None:
    text = TEXT.replace(f"--- # 2 sql {OTHER_KEY}", marker)
    found = open_cassette(put(tmp_path, text))
    stored = found.stored[1]
    assert (stored.number, stored.kind, stored.key) == (2, "sql", "")
    assert list(found.keys())[1:] == [(None, ""), ("http", KEY)]
    assert exact(stored.interaction()) == exact(sql(2))


def test_a_marker_with_kind_alone_says_the_kind(tmp_path: Path) -> None:
    found = open_cassette(put(tmp_path, TEXT.replace(f"2 sql {OTHER_KEY}", "2 sql")))
    assert (found.stored[1].kind, found.stored[1].key) == ("sql", "")
    assert list(found.keys())[1] == ("sql", "")


def test_a_header_may_begin_with_a_marker(tmp_path: Path) -> None:
    for before in ("---\n", "# mine\n\n---\n"):
        found = open_cassette(put(tmp_path, before + TEXT))
        assert found.header == HEADER
        assert [each.number for each in found.stored] == [1, 2, 3]


# Wrong


def test_a_file_cut_anywhere_in_its_last_document_is_refused(tmp_path: Path) -> None:
    last = TEXT.index("--- # 3")
    for end in range(last, len(TEXT) - 1):
        told = wrong(
            tmp_path, TEXT[:end], TEXT[:end].rstrip().count("\n") + 1, "the file is cut off"
        )
        assert "record it again" in told.what
    assert len(open_cassette(put(tmp_path, TEXT[:-1])).stored) == 3  # the last line is whole


def test_a_file_cut_anywhere_else_is_refused(tmp_path: Path) -> None:
    for end in range(0, TEXT.index("--- # 3"), 7):
        path = put(tmp_path, TEXT[:end])
        with pytest.raises(CassetteFormatError):
            open_cassette(path)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "the file is empty"),
        ("\n \n", 1, "the file is empty"),
        ("# a comment\n", 1, "its header has no `format:`"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", 3, "the file is no text"),
        (TEXT.encode() + b"\0" * 100, TEXT.count("\n") + 1, "the file is no text"),
        (TEXT.encode().replace(b"rate", b"r\xffte"), line_of(TEXT, "rate"), "the text is no UTF-8"),
        (TEXT.encode().replace(b"source", b"s\xffurce"), 6, "the text is no UTF-8"),
        (TEXT[TEXT.index("---") :], 1, "its header has no `format:`"),
        ("interactions:\n- request: {}\nversion: 1\n", 1, r"convert\(source, target\)"),
        (TEXT.replace("format: 1", "format: 7"), 2, "its format is '7', .* knows 0, 1.*upgrade"),
        (TEXT.replace("format: 1", "format: one"), 2, "its format is 'one'"),
        (TEXT.replace("format: 1", "format:"), 2, "its format is ''"),
        (TEXT.replace("source:", "sorce:"), 6, "nobody knows a name.* known: format, recorded_on"),
        (TEXT.replace("recorded_on:", "source:"), 6, "a name stands twice"),
        (TEXT.replace('"2026-01-01T00:00:00Z"', "5"), 3, "`recorded_on` must be a text"),
        (TEXT.replace('"0.1"', "0.1"), 4, "`recorded_with` must hold a version, as text"),
        (TEXT.replace("source: the fake of rai-jobs", "source: []"), 6, "`source` must be a text"),
        (TEXT.replace("  - headers", "  - 1"), 7, "`sanitizers` must be a list of texts"),
        (TEXT.replace("sanitizers:", "sanitizers: ["), 8, "no YAML"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_cassette_is_refused(
    tmp_path: Path, text: str | bytes, line: int, what: str
) -> None:
    told = wrong(tmp_path, text, line, what)
    assert any(each in told.what for each in ("ecord", "pgrade", "convert"))


BODY = "        state: RUNNING\n"
DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("old", "new", "at", "what"),
    [
        ("at: 0.5", "at: -1", 0, "`at` must be a number"),
        ("at: 0.5", "at: true", 0, "`at` must be a number"),
        ("at: 0.5", "at: .nan", 0, "`at` must be a number"),
        ("at: 0.5", f"at: 0x{'f' * 400}", 0, "`at` must be a number"),
        ("at: 0.5", f"at: {'9' * 5_000}", 0, "a number of 5000 digits"),
        ("at: 0.5\n", "", -1, "`at` must be a number"),
        ("at: 0.5", "at: 0.5\nato: 1", 1, "nobody knows a name"),
        ("at: 0.5", "at: 0.5\nat: 0.5", 1, "a name stands twice"),
        ("at: 0.5", "- at", 0, "no YAML"),
        (BODY, BODY * 2, 1, "a name stands twice"),
        (BODY, "        state: 'cut\n", 2, "no YAML"),
        (BODY, "        state: !!python/object:os.system x\n", 0, "python/object:os.system'"),
        (BODY, "        state: !!python/object/apply:os.system [x]\n", 0, "is none that is read"),
        (BODY, "        state: !decimal one\n", 0, "it is not what !decimal means"),
        (BODY, "        state: !!binary '***'\n", 0, "it is not what !!binary means"),
        (BODY, "        state: !datetime never\n", 0, "it is not what !datetime means"),
        (BODY, "        state: &here x\n", 0, "an anchor stands here"),
        (BODY, "        state: &here [*here]\n", 0, "an anchor stands here"),
        (BODY, "        state: *here\n", 0, "an alias stands here"),
        (BODY, "        <<: *here\n", 0, "an alias stands here"),
        (BODY, f"        state: {DEEP}\n", 0, "nested deeper than 200 levels|no YAML"),
        (BODY, f"        state: {'{a: ' * 5_000}\n", 0, "nested deeper than 200 levels|no YAML"),
        (BODY, f"        {'- ' * 5_000}a\n", 0, "no YAML"),
        (BODY, "        ? [a]\n        : b\n", 0, "where a name must"),
        (BODY, "        !decimal 1: b\n", 0, "a name that is no text"),
        (BODY, "...\n---x\n", 0, "no YAML"),
        (BODY, "...\n%YAML 9.9\n", 1, "no YAML"),
        (BODY, "...\nb: c\n", 1, "a second document|no YAML"),
        (BODY, "        \x07: 1\n", 0, "no YAML"),
    ],
)  # fmt: skip
def test_an_interaction_that_is_none_is_refused_by_its_line(
    tmp_path: Path, old: str, new: str, at: int, what: str
) -> None:
    told = wrong_anywhere(tmp_path, TEXT.replace(old, new, 1), what)
    if what != "no YAML":
        assert told.line is not None
        assert told.line - line_of(TEXT, old) == at, str(told)
    assert "ecord" in told.what


def wrong_anywhere(tmp_path: Path, text: str, what: str) -> CassetteFormatError:
    path = put(tmp_path, text)
    found = open_cassette(path)
    with pytest.raises(CassetteFormatError, match=what) as told:
        found.stored[0].interaction()
    assert told.value.path == path
    found.stored[1].interaction()  # what is beside it is read
    return told.value


@pytest.mark.parametrize(
    ("old", "new", "at", "what"),
    [
        ("http:", "sql:", 0, "the marker says http, and here stands `sql:`"),
        ("http:", "ftp:", -2, "one of `http:` and `sql:`"),
        ("http:", "sql: 1\nhttp:", -2, "one of `http:` and `sql:`"),
        ("  request:", "  question:", -1, "`http` must hold `request:` and `response:`"),
        ("  request:", "  more: 1\n  request:", -1, "`http` must hold `request:` and `response:`"),
        ("  request:", "  request: 1\n  x:", -1, "`http` must hold"),
    ],
)
def test_an_interaction_without_what_it_must_hold_is_refused(
    tmp_path: Path, old: str, new: str, at: int, what: str
) -> None:
    told = wrong_anywhere(tmp_path, TEXT.replace(old, new, 1), what)
    assert told.line == line_of(TEXT, old) + at


def test_a_request_that_is_no_mapping_is_refused(tmp_path: Path) -> None:
    text = HEADER_TEXT + "---\nat: 0\nhttp:\n  request: 1\n  response: {}\n...\n"
    wrong(tmp_path, text, line_of(text, "http:"), "must each hold names and values")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("--- # 2", "--- # 3", "this is interaction 3, and it is number 2"),
        ("--- # 2", "--- # 1", "this is interaction 1, and it is number 2"),
        ("--- # 2", "--- {a: b} # 2", "something stands behind the marker"),
        ("--- # 2", "--- !x # 2", "something stands behind the marker"),
    ],
)
def test_interactions_out_of_order_or_missing_are_refused(
    tmp_path: Path, old: str, new: str, what: str
) -> None:
    wrong(tmp_path, TEXT.replace(old, new), line_of(TEXT, old), what)
    second = TEXT[TEXT.index("--- # 2") : TEXT.index("--- # 3")]
    wrong(tmp_path, TEXT.replace(second, ""), line_of(TEXT, "--- # 2"), "interaction 3, and it is")


def test_markers_without_anything_between_are_all_seen(tmp_path: Path) -> None:
    found = open_cassette(
        put(tmp_path, HEADER_TEXT + f"--- # 1 http {KEY}\n--- # 2 sql {KEY}\n---\n...\n")
    )
    assert [each.number for each in found.stored] == [1, 2, 3]
    assert [each.body for each in found.stored] == [b"", b"", b""]


def test_what_stands_behind_the_last_line_is_refused(tmp_path: Path) -> None:
    wrong(tmp_path, f"{TEXT}more: 1\n", TEXT.count("\n") + 1, "the file is cut off")
    wrong(tmp_path, f"{TEXT}---\nat: 1\n", TEXT.count("\n") + 2, "the file is cut off")


def test_a_file_larger_than_the_limit_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    with path.open("wb") as file:
        file.truncate(opened.MOST_BYTES + 1)
    with pytest.raises(CassetteFormatError, match=r"more than 1073741824\. .*`most_bytes=`"):
        open_cassette(path)
    small = put(tmp_path, TEXT)
    open_cassette(small, most_bytes=len(TEXT.encode()))
    with pytest.raises(CassetteFormatError, match="`most_bytes=`"):
        open_cassette(small, most_bytes=len(TEXT.encode()) - 1)


def test_a_path_that_is_no_readable_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, what in (
        (tmp_path, "is a directory: name a file"),
        (tmp_path / "none.yaml", "cannot be read: No such file or directory"),
        (put(tmp_path, TEXT) / "below", "cannot be read: Not a directory"),
        (Path("a\0b"), "cannot be read"),
        (Path("/dev/zero"), "is no plain file"),
    ):
        with pytest.raises(CassetteFileError, match=what):
            open_cassette(path)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(CassetteFileError, match="is no plain file"):
        open_cassette(fifo)

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(CassetteFileError, match="cannot be read: Permission denied"):
        open_cassette(tmp_path / "x.yaml")


def test_no_error_shows_what_a_value_is(tmp_path: Path) -> None:
    for new in ("!decimal s3cret", "!datetime 's3cret'", "!!binary s3cret!", '!date "s3cret"'):
        path = put(tmp_path, TEXT.replace("state: RUNNING", f"state: {new}", 1))
        with pytest.raises(CassetteError) as told:
            open_cassette(path).stored[0].interaction()
        assert "s3cret" not in str(told.value)


def test_an_opened_file_needs_memory_in_the_order_of_the_file(tmp_path: Path) -> None:
    import tracemalloc

    path = put(tmp_path, dumps(HEADER, ((http(each), KEY) for each in range(1, 3_001))))
    open_cassette(path)
    tracemalloc.start()
    found = open_cassette(path)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 1.1 * path.stat().st_size
    assert len(found.stored) == 3_000


def test_the_present_version_is_the_one_of_the_tests() -> None:
    assert FORMAT_VERSION == 1
