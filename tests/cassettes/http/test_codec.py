"""What a request and a response are as trees, and what comes back of them."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import Any

import httpx
import pytest

from rai_jobs_cassettes.errors import CassetteError
from rai_jobs_cassettes.http.codec import (
    answer_of,
    request_of,
    response_of,
    vcr_answer,
    vcr_request,
    vcr_response,
)
from rai_jobs_cassettes.http.headers import NOT_RECORDED
from rai_jobs_cassettes.http.httpx_codec import httpx_request, httpx_response
from rai_jobs_cassettes.interactions import Tree

JSON = "application/json; charset=utf-8"


def tree_of(body: bytes, kind: str | None = JSON) -> dict[str, Tree]:
    """What stands for a body."""
    lines = [] if kind is None else [("content-type", kind)]
    tree = response_of(200, "OK", lines, body, method="GET")
    return {name: value for name, value in tree.items() if name not in ("status", "headers")}


def back(tree: dict[str, Tree]) -> bytes:
    return answer_of({"status": 200, **tree}, method="GET").body


@pytest.mark.parametrize(
    ("body", "value", "canonical"),
    [
        (b'{"a": [1, 2.5, null, true, "\\u00e9"]}', {"a": [1, 2.5, None, True, "é"]}, None),
        (b"null", None, b"null"),
        (b'"text"', "text", b'"text"'),
        (b"1.0", 1.0, b"1.0"),
        (b"1e+16", 1e16, b"1e+16"),
        (b"[]", [], b"[]"),
        (b'["\\ud83d\\ude00"]', ["😀"], '["😀"]'.encode()),
    ],
)
def test_json_is_shown_as_json(body: bytes, value: Tree, canonical: bytes | None) -> None:
    assert tree_of(body) == {"json": value}
    if canonical is not None:
        assert back(tree_of(body)) == canonical


@pytest.mark.parametrize(
    "body",
    [
        b"1.10",
        b"[1e5]",
        b"1E400",
        b"-0",
        b"[123456789012345678901]",
        b'{"a":1,"a":2}',
        b"[NaN]",
        b"[-Infinity]",
        b'["\\ud800"]',
        b'{"a":1',
        b"[" * 60 + b"]" * 60,
        b"[" * 100_000,
        b"\xef\xbb\xbf[]",
        b" ",
    ],
)
def test_json_that_would_not_come_back_exactly_stays_text(body: bytes) -> None:
    assert tree_of(body) == {"text": body.decode()}
    assert back(tree_of(body)) == body


def test_json_at_the_deepest_is_shown_as_json() -> None:
    body = b"[" * 50 + b"]" * 50 + b""
    assert "json" in tree_of(body)


def test_what_is_no_utf_8_stays_bytes() -> None:
    assert tree_of(b"\xff\x00") == {"body": b"\xff\x00"}
    assert back({"body": b"\xff\x00"}) == b"\xff\x00"


def test_an_empty_body_is_absent() -> None:
    assert tree_of(b"") == {}
    assert back({}) == b""


def test_text_stays_text_whatever_it_looks_like() -> None:
    assert tree_of(b'{ "a": 1 }', "text/plain") == {"text": '{ "a": 1 }'}
    assert tree_of(b"{}", None) == {"json": {}}
    assert tree_of(b"plain", None) == {"text": "plain"}


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"a=1&b=x+y&c=%C3%A9&d=", {"a": "1", "b": "x y", "c": "é", "d": ""}),
        (b"a=1&a=2&b=3", {"a": ["1", "2"], "b": "3"}),
    ],
)
def test_a_form_is_shown_as_a_form(body: bytes, form: Tree) -> None:
    made = tree_of(body, "application/x-www-form-urlencoded")
    assert made == {"form": form}
    assert back(made) == body


@pytest.mark.parametrize("body", [b"a=1&b=2&a=3", b"a=%ff", b"no form", b"a=1&&b"])
def test_a_form_that_would_not_come_back_stays_text(body: bytes) -> None:
    assert tree_of(body, "application/x-www-form-urlencoded") == {"text": body.decode()}


def raw_deflate(body: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packing.compress(body) + packing.flush()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"plain", mtime=0)),
        ("x-gzip", gzip.compress(b"pl", mtime=0) + gzip.compress(b"ain", mtime=0)),
        ("deflate", zlib.compress(b"plain")),
        ("deflate", raw_deflate(b"plain")),
        ("deflate, gzip", gzip.compress(zlib.compress(b"plain"), mtime=0)),
        ("identity", b"plain"),
        ("gzip", b"plain"),  # a client decoded it, and left the header
        ("deflate", b"plain"),
    ],
)
def test_a_packed_body_is_recorded_plain(encoding: str, packed: bytes) -> None:
    tree = response_of(200, "OK", [("Content-Encoding", encoding)], packed, method="GET")
    assert tree == {"status": 200, "headers": {}, "text": "plain"}
    request = request_of("POST", "http://h/", [("Content-Encoding", encoding)], packed)
    assert request["text"] == "plain"


def test_brotli_is_recorded_plain_where_it_is_installed() -> None:
    brotli = pytest.importorskip("brotli")
    packed = brotli.compress(b"plain")
    tree = response_of(200, "OK", [("content-encoding", "br")], packed, method="GET")
    assert tree == {"status": 200, "headers": {}, "text": "plain"}


@pytest.mark.parametrize(
    ("encoding", "packed"), [("zstd", b"\xff"), ("gzip", gzip.compress(b"plain", mtime=0)[:-9])]
)
def test_what_cannot_be_unpacked_stays_as_it_came(encoding: str, packed: bytes) -> None:
    tree = response_of(200, "OK", [("content-encoding", encoding)], packed, method="GET")
    assert tree == {"status": 200, "headers": {"content-encoding": encoding}, "body": packed}


def test_what_was_decoded_already_is_not_decoded_again() -> None:
    packed = gzip.compress(b"a file that is packed", mtime=0)
    lines = [("content-encoding", "gzip, zstd")]
    tree = response_of(200, "OK", lines, packed, method="GET", is_decoded=True)
    assert tree == {"status": 200, "headers": {}, "body": packed}


def test_headers_of_the_connection_and_the_moment_are_not_recorded() -> None:
    lines = [(name.title(), "x") for name in NOT_RECORDED if name != "content-encoding"]
    kept = [("X-Kept", "1"), ("Set-Cookie", "a=1"), ("set-cookie", "b=2"), (b"X-Raw", b"\xe9")]
    tree = request_of("GET", "http://h/", [*lines, *kept], b"")
    assert tree["headers"] == {"x-kept": "1", "set-cookie": ["a=1", "b=2"], "x-raw": "é"}


def test_the_length_is_computed_anew() -> None:
    tree = response_of(200, "OK", [("Content-Length", "99"), ("a", "b")], b"xyz", method="GET")
    assert answer_of(tree, method="GET").lines == [("a", "b"), ("content-length", "3")]


def test_the_answer_to_a_head_keeps_the_length_that_it_told() -> None:
    tree = response_of(200, "OK", [("Content-Length", "99")], b"", method="HEAD")
    assert answer_of(tree, method="HEAD").lines == [("content-length", "99")]


@pytest.mark.parametrize("status", [204, 304])
def test_what_has_no_body_has_no_length(status: int) -> None:
    assert answer_of({"status": status, "headers": {}}, method="GET").lines == []


def test_unusual_words_after_the_status_come_back() -> None:
    tree = response_of(299, "Odd", [], b"", method="GET")
    assert tree == {"status": 299, "reason": "Odd", "headers": {}}
    assert httpx_response(tree, httpx.Request("GET", "http://h")).reason_phrase == "Odd"
    assert "reason" not in response_of(404, "Not Found", [], b"", method="GET")
    assert vcr_response({"status": 404}, method="GET")["status"]["message"] == "Not Found"


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://u:p@h/a?b=c#d", "https://h/a?b=c"),
        ("http://h:80/", "http://h/"),
        ("https://h:443/a", "https://h/a"),
        ("http://h:443/a", "http://h:443/a"),
        ("http://[::1]:80/", "http://[::1]/"),
        ("http://127.0.0.1:8080/a?q=1", "http://127.0.0.1:8080/a?q=1"),
        ("http://h/a?q=x@y", "http://h/a?q=x@y"),
    ],
)
def test_a_url_is_what_is_sent_of_it(url: str, sent: str) -> None:
    assert request_of("GET", url, [], b"")["url"] == sent


def test_a_multipart_body_has_the_same_boundary_each_time() -> None:
    def sent() -> dict[str, Tree]:
        request = httpx.Request("POST", "http://h/", files={"f": ("n", b"content")})
        return httpx_request(request, request.read())

    assert sent() == sent()
    assert "--recorded-boundary\r\n" in str(sent()["text"])
    assert sent()["headers"] == {"content-type": "multipart/form-data; boundary=recorded-boundary"}


class Asked:
    """A request as vcrpy has it."""

    def __init__(self, body: Any, headers: dict[str, Any] | None = None) -> None:
        self.method = "post"
        self.uri = "http://h:80/a"
        self.headers = headers or {}
        self.body = body


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (None, {}),
        (b"x", {"text": "x"}),
        (bytearray(b"x"), {"text": "x"}),
        (iter([b"x", b"y"]), {"text": "xy"}),
        ([b"xy", "zä"], {"text": "xyzä"}),
        (io.BytesIO(b"file"), {"text": "file"}),
        ([], {}),
        ({"a": "1"}, {"form": {"a": "1"}}),
        ([("a", "1"), ("a", "2")], {"form": {"a": ["1", "2"]}}),
    ],
)
def test_a_request_of_vcrpy_is_the_same_tree(body: object, shown: dict[str, Tree]) -> None:
    tree = vcr_request(Asked(body, {"X-A": ("1",), "X-B": ["2", "3"], "Host": "h"}))
    headers = tree.pop("headers")
    assert isinstance(headers, dict)
    headers.pop("content-type", None)
    assert headers == {"x-a": "1", "x-b": ["2", "3"]}
    assert tree == {"method": "POST", "url": "http://h/a", **shown}


def test_a_body_that_cannot_be_recorded_is_refused() -> None:
    with pytest.raises(CassetteError, match="object cannot be recorded"):
        vcr_request(Asked(object()))


def test_a_response_of_vcrpy_goes_both_ways() -> None:
    told = {
        "status": {"code": 200, "message": "OK"},
        "headers": {"Content-Type": ["application/json"], "Set-Cookie": ["a", "b"]},
        "body": {"string": b'{"a": 1}'},
    }
    tree = vcr_answer(told, method="GET")
    assert tree == {
        "status": 200,
        "headers": {"content-type": "application/json", "set-cookie": ["a", "b"]},
        "json": {"a": 1},
    }
    assert vcr_response(tree, method="GET") == {
        "status": {"code": 200, "message": "OK"},
        "headers": {
            "content-type": ["application/json"],
            "set-cookie": ["a", "b"],
            "content-length": ["7"],
        },
        "body": {"string": b'{"a":1}'},
    }


@pytest.mark.parametrize(
    "tree",
    [
        {"status": "200"},
        {"status": 7},
        {"status": 200, "headers": {"a": 1}},
        {"status": 200, "headers": "a"},
        {"status": 200, "text": 1},
        {"status": 200, "body": "x"},
        {"status": 200, "form": "x"},
        {"status": 200, "json": b"x"},
        {"status": 200, "json": float("nan")},
    ],
)
def test_an_answer_that_is_none_is_refused(tree: dict[str, Tree]) -> None:
    with pytest.raises(CassetteError):
        answer_of(tree, method="GET")
