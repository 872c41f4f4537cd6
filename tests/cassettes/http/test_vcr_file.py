"""Plain vcrpy cassettes are read: every form that vcrpy wrote, and nothing that it did not."""

from __future__ import annotations

import gzip
import importlib
import json
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rai_jobs_cassettes.converting import looks_like_vcr, read_vcr
from rai_jobs_cassettes.errors import CassetteFileError, CassetteFormatError
from rai_jobs_cassettes.interactions import Interaction, Tree

from .serving import served

CURRENT = """\
interactions:
- request:
    body: '{"a": 1}'
    headers:
      Accept: ['*/*']
      Content-Type: [application/json]
      X-Several: [a, b]
    method: POST
    uri: https://h:443/path?q=1
  response:
    body: {string: '{"b": [1, 2.5]}'}
    headers:
      Content-Length: ['15']
      Content-Type: [application/json]
      Set-Cookie: [a=1, b=2]
    status: {code: 201, message: Created}
version: 1
"""
INTERACTION = Interaction(
    0.0,
    "http",
    {
        "method": "POST",
        "url": "https://h/path?q=1",
        "headers": {"content-type": "application/json", "x-several": ["a", "b"]},
        "json": {"a": 1},
    },
    {
        "status": 201,
        "headers": {"content-type": "application/json", "set-cookie": ["a=1", "b=2"]},
        "json": {"b": [1, 2.5]},
    },
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "old.yaml"


def read(path: Path, text: str | bytes) -> list[Interaction]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_vcr(path)


def one(
    path: Path, *, request: str = "", body: str = "''", headers: str = "{}", status: str = ""
) -> Interaction:
    """Read a cassette of one interaction, with parts of it said in YAML."""
    text = f"""\
interactions:
- request: {{body: {request or "null"}, headers: {headers}, method: GET, uri: "http://h/"}}
  response:
    body: {body}
    headers: {headers}
    {status or "status: {code: 200, message: OK}"}
version: 1
"""
    (made,) = read(path, text)
    return made


def test_a_cassette_of_today_is_read(path: Path) -> None:
    assert read(path, CURRENT) == [INTERACTION]


def test_a_cassette_in_json_is_read(path: Path) -> None:
    yaml = importlib.import_module("yaml")
    assert read(path, json.dumps(yaml.safe_load(CURRENT))) == [INTERACTION]


def test_an_empty_list_is_read(path: Path) -> None:
    assert read(path, "interactions: []\nversion: 1\n") == []


PACKED = b64encode(gzip.compress(b"plain", mtime=0)).decode()


@pytest.mark.parametrize(
    ("body", "headers", "shown"),
    [
        ("{string: plain}", "{}", {"text": "plain"}),
        ("{string: !!binary cGxhaW4=}", "{}", {"text": "plain"}),
        ("{string: !!binary /wA=}", "{}", {"body": b"\xff\x00"}),
        ("{base64_string: cGxhaW4=}", "{}", {"text": "plain"}),
        ("{string: !!python/unicode 'plain'}", "{}", {"text": "plain"}),
        ("plain", "{}", {"text": "plain"}),
        ("{string: ''}", "{}", {}),
        ("{}", "{}", {}),
        ("null", "{}", {}),
        (f"{{string: !!binary {PACKED}}}", "{Content-Encoding: [gzip]}", {"text": "plain"}),
        ("{string: plain}", "{Content-Encoding: [gzip]}", {"text": "plain"}),
    ],
)
def test_each_form_of_a_body_is_read(
    path: Path, body: str, headers: str, shown: dict[str, Tree]
) -> None:
    assert one(path, body=body, headers=headers).response == {
        "status": 200,
        "headers": {},
        **shown,
    }


@pytest.mark.parametrize(
    "body",
    [
        "plain",
        "!!binary cGxhaW4=",
        "!!python/object/new:_io.BytesIO {state: !!python/tuple [!!binary cGxhaW4=, 0, null]}",
        "!!python/object/apply:builtins.iter {args: [[pl, !!binary YWlu]]}",
    ],
)
def test_each_form_of_a_request_body_is_read(path: Path, body: str) -> None:
    assert one(path, request=body).request["text"] == "plain"


def test_headers_without_lists_are_read(path: Path) -> None:
    made = one(path, headers="{X-A: one, X-B: 2}")
    assert made.request["headers"] == {"x-a": "one", "x-b": "2"}


def test_the_old_form_of_httpx_is_read(path: Path) -> None:
    text = CURRENT.replace("    body: {string: '{\"b\": [1, 2.5]}'}\n", "").replace(
        "status: {code: 201, message: Created}",
        "status_code: 201\n    http_version: HTTP/1.1\n    content: '{\"b\": [1, 2.5]}'",
    )
    assert read(path, text) == [INTERACTION]


VERSION_0 = """\
- request: !!python/object:vcr.request.Request
    body: '{"a": 1}'
    headers: !!python/object/apply:__builtin__.frozenset
    - - !!python/tuple [Content-Type, application/json]
    host: h
    method: POST
    path: /path?q=1
    port: 443
    protocol: https
  response:
    body: {string: !!python/unicode '{"b": [1, 2.5]}'}
    headers:
    - "Content-Type: application/json\\r\\n"
    - "Set-Cookie: a=1\\r\\n"
    - "Set-Cookie: b=2\\r\\n"
    status: {code: 201, message: Created}
"""


def test_version_0_is_read(path: Path) -> None:
    (made,) = read(path, VERSION_0)
    assert made.response == INTERACTION.response
    assert made.request == {**INTERACTION.request, "headers": {"content-type": "application/json"}}


def test_one_thing_may_be_said_once_and_named_again(path: Path) -> None:
    text = CURRENT.replace("headers:\n      Accept", "headers: &h\n      Accept")
    shown = text.replace("version: 1\n", "- request: {body: x, headers: *h, method: GET, uri: u}\n")
    shown += "  response: {body: {string: ''}, headers: *h, status: {code: 200, message: OK}}\n"
    assert read(path, shown)[1].request["headers"] == INTERACTION.request["headers"]


def test_what_vcrpy_writes_is_read(tmp_path: Path) -> None:
    vcr = importlib.import_module("vcr")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for serializer in ("yaml", "json"):
        path = tmp_path / f"written.{serializer}"
        with served() as url, vcr.use_cassette(str(path), serializer=serializer):
            opener.open(f"{url}/echo?a=1", data=b"b=c").close()
        (made,) = read_vcr(path)
        assert made.request["form"] == {"b": "c"}
        answer: Any = made.response["json"]
        assert answer["path"] == "/echo?a=1"


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} {{<<: [{','.join([f'*{chr(97 + n)}'] * 9)}]}}\n"
    for n in range(12)
)


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", 1, "no list of interactions"),
        ("just text", 1, "no list"),
        ("interactions: 5\nversion: 1\n", 1, "no list"),
        ("[]", None, None),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", 1, "no UTF-8"),
        ("version: 1\ninteractions:\n- request: [\n", 4, ""),
        ("version: 2\ninteractions: []\n", None, "format 2"),
        ('{"interactions": [', 1, "Expecting"),
        ('{"interactions": [], "interactions": []}', None, "twice"),
        ("interactions: []\ninteractions: []\n", 1, "twice"),
        ("interactions: !!python/object/apply:os.system [true]\n", 1, "constructor"),
        ("interactions: !!python/name:os.system\n", 1, "constructor"),
        (CURRENT.replace("    method: POST\n", ""), 2, "interaction 1 lacks 'method'"),
        (CURRENT.replace("method: POST", "method: 5"), 2, "no text"),
        (CURRENT.replace("code: 201", "code: x"), 2, "interaction 1 is none"),
        (CURRENT.replace("{string: '{\"b\": [1, 2.5]}'}", "{base64_string: a}"), 2, "base64"),
        (CURRENT.replace("[a=1, b=2]", "[[a]]"), 2, "a header is list"),
        (CURRENT.replace("version: 1", "- 5"), 17, "interaction 2 is none"),
        ("\0", None, "no YAML"),
        ("[" * 100_000, None, ""),
        ("- " * 100_000, None, ""),
        (BOMB, 1, "no list of interactions"),
        (MERGES, 2, "merge keys"),
    ],
)
def test_what_is_no_cassette_is_refused_with_its_place(
    path: Path, text: str | bytes, line: int | None, told: str | None
) -> None:
    if told is None:
        assert read(path, text) == []
        return
    with pytest.raises(CassetteFormatError) as raised:
        read(path, text)
    assert told in raised.value.what
    assert str(raised.value).startswith(str(path))
    if told:
        assert raised.value.line == line


def test_a_file_that_says_the_same_without_end_is_refused(path: Path) -> None:
    def lines() -> Iterator[str]:
        yield f"x: &x [{','.join(['x' * 1000] * 1000)}]\ninteractions:\n"
        for _ in range(1200):
            yield "- request: {body: null, headers: {A: *x}, method: GET, uri: u}\n"
            yield "  response: {body: null, headers: {}, status: {code: 200}}\n"

    with pytest.raises(CassetteFormatError, match="by aliases"):
        read(path, "".join(lines()))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CassetteFileError, match="No such file"):
        read_vcr(tmp_path / "none.yaml")
    with pytest.raises(CassetteFileError, match="directory"):
        read_vcr(tmp_path)


def test_a_plain_cassette_is_told_from_ours(path: Path) -> None:
    assert looks_like_vcr(CURRENT)
    assert looks_like_vcr(VERSION_0)
    assert looks_like_vcr('{\n "version": 1, "interactions": []}')
    assert not looks_like_vcr("# a cassette\nformat: 1\n")
    assert not looks_like_vcr("")
