"""What is wrong with a request is said in the protocol's own form, whatever it is."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rai_jobs_fakes import WireSettings

from .talking import Answer, Wire, opened

QUERY = "/queries/v1/query-request"
GZIP = {"content-encoding": "gzip"}


@pytest.fixture(scope="module")
def wire() -> Wire:
    return opened(WireSettings(max_body_bytes=100_000))


def is_refusal(answer: Answer, status: int) -> bool:
    told = answer.json
    assert set(told) == {"data", "code", "message", "success"}
    assert (told["data"], told["success"]) == (None, False)
    assert "Traceback" not in told["message"]
    return (answer.status, told["code"]) == (status, "390400")


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[1]", b'"x"', b"null", b"\xff\xfe", b"[" * 90_000, b'{"a":' * 15_000, b"NaN"],
)
def test_a_body_that_is_no_json_object_is_refused(wire: Wire, raw: bytes) -> None:
    for path in (QUERY, "/session/v1/login-request", "/session/token-request"):
        assert is_refusal(wire.send("POST", path, raw=raw), 400)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sqlText": None},
        {"sqlText": 1},
        {"sqlText": ["select 1"]},
        {"sqlText": "select ?", "bindings": [1]},
        {"sqlText": "select ?", "bindings": {"2": {"type": "TEXT", "value": "x"}}},
        {"sqlText": "select ?", "bindings": {"x": {"type": "TEXT", "value": "x"}}},
        {"sqlText": "select ?", "bindings": {"1": "x"}},
    ],
)
def test_a_query_in_no_form_of_a_query_is_refused(wire: Wire, body: object) -> None:
    assert is_refusal(wire.send("POST", QUERY, body), 400)


def test_a_login_without_its_data_is_refused(wire: Wire) -> None:
    for body in ({}, {"data": None}, {"data": [1]}):
        assert is_refusal(wire.send("POST", "/session/v1/login-request", body, token=None), 400)


def test_a_renewal_of_another_kind_is_refused(wire: Wire) -> None:
    body = {"requestType": "CLONE"}
    answer = wire.send("POST", "/session/token-request", body, token=wire.tokens["masterToken"])
    assert is_refusal(answer, 400)


def test_packed_bodies_are_read(wire: Wire) -> None:
    body = json.dumps({"sqlText": "select 7"}).encode()
    for raw, headers in (
        (gzip.compress(body, mtime=0), GZIP),
        (body, {"content-encoding": "identity"}),
    ):
        assert wire.send("POST", QUERY, raw=raw, headers=headers).rows == [["7"]]


@pytest.mark.parametrize(
    "raw",
    [b"x", b"{}", b"", gzip.compress(b"{}", mtime=0)[:-4], zlib.compress(b"{}")],
    ids=["other", "plain", "empty", "cut", "zlib"],
)
def test_a_body_that_is_not_packed_as_it_says_is_refused(wire: Wire, raw: bytes) -> None:
    assert is_refusal(wire.send("POST", QUERY, raw=raw, headers=GZIP), 400)


def test_another_packing_is_refused(wire: Wire) -> None:
    answer = wire.send("POST", QUERY, raw=b"x", headers={"content-encoding": "br"})
    assert is_refusal(answer, 415)


def test_a_body_that_is_too_large_is_refused_packed_or_not(wire: Wire) -> None:
    largest = b'{"sqlText": "select 7", "x": "%s"}'
    fits = largest % (b"x" * (100_000 - len(largest) + 2))
    assert len(fits) == 100_000
    assert wire.send("POST", QUERY, raw=fits).rows == [["7"]]
    assert wire.send("POST", QUERY, raw=gzip.compress(fits), headers=GZIP).rows == [["7"]]
    assert is_refusal(wire.send("POST", QUERY, raw=fits + b" "), 413)
    bomb = gzip.compress(b" " * 20_000_000, mtime=0)
    assert len(bomb) < 100_000
    assert is_refusal(wire.send("POST", QUERY, raw=bomb, headers=GZIP), 413)


@pytest.mark.parametrize(
    "path", ["/session/v1/nope", "/queries/", "/queries/a/b/result", "/sessions", "/telemetry/"]
)
def test_an_unknown_path_is_refused(wire: Wire, path: str) -> None:
    assert wire.face.serves(path)
    assert is_refusal(wire.send("POST", path, {}), 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", QUERY),
        ("GET", "/session"),
        ("PUT", "/session/v1/login-request"),
        ("POST", "/queries/x/result"),
        ("DELETE", "/monitoring/queries/x"),
        ("GET", "/oauth/token"),
    ],
)
def test_another_method_is_refused(wire: Wire, method: str, path: str) -> None:
    assert is_refusal(wire.send(method, path, {}), 405)


def test_a_session_is_only_deleted_there(wire: Wire) -> None:
    assert is_refusal(wire.send("POST", "/session", {}), 400)
    assert is_refusal(wire.send("POST", "/session", {}, query={"delete": "no"}), 400)


def test_other_paths_are_not_the_wires(wire: Wire) -> None:
    for path in ("/", "/v1alpha1/jobs", "/querie", "/healthz"):
        assert not wire.face.serves(path)


def test_telemetry_is_swallowed(wire: Wire) -> None:
    assert wire.send("POST", "/telemetry/send", raw=b"\x00", token=None).code is None


def test_a_large_answer_is_packed_for_who_takes_it(wire: Wire) -> None:
    text = f"select '{'x' * 20_000}'"
    packed = wire.send("POST", QUERY, {"sqlText": text}, headers={"accept-encoding": "gzip, br"})
    assert packed.response.headers["content-encoding"] == "gzip"
    assert len(packed.response.body) < 2_000
    plain = wire.send("POST", QUERY, {"sqlText": text}, headers={"accept-encoding": "br"})
    assert "content-encoding" not in plain.response.headers
    assert packed.rows == plain.rows == [["x" * 20_000]]
    small = wire.send("POST", QUERY, {"sqlText": "select 1"}, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in small.response.headers


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    [
        "sqlText",
        "bindings",
        "asyncExec",
        "describeOnly",
        "data",
        "requestType",
        "1",
        "type",
        "value",
    ]
)


@settings(deadline=None)
@given(
    body=st.dictionaries(FIELDS, st.one_of(JSON, st.dictionaries(FIELDS, JSON, max_size=3))),
    path=st.sampled_from([QUERY, "/session/v1/login-request", "/session/token-request"]),
    query=st.text(max_size=20),
)
def test_nothing_that_is_sent_breaks_it(
    wire: Wire, body: dict[str, object], path: str, query: str
) -> None:
    raw = json.dumps(body).encode()
    answer = wire.send("POST", path, raw=raw, query={"x": query, "requestId": query})
    assert set(answer.json) == {"data", "code", "message", "success"}
    assert answer.status in {200, 400}
