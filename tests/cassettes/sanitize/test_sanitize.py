"""What becomes of single values: how stand-ins are numbered, and what is left alone."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

import pytest

from rai_jobs_cassettes.errors import CassetteError
from rai_jobs_cassettes.interactions import Interaction, Tree
from rai_jobs_cassettes.sanitize import (
    Sanitizer,
    bind,
    body,
    column,
    header,
    known,
    pattern,
    query,
    sanitize,
    secrets_around,
    secrets_under,
)

from .planting import http, sql

SECRET = "s3cret-value"


def one(interaction: Interaction, *extra: Sanitizer, secrets: Sequence[str] = ()) -> Interaction:
    (safe,) = sanitize([interaction], extra=extra, secrets=secrets).interactions
    return safe


def text(value: str, *extra: Sanitizer, secrets: Sequence[str] = ()) -> Tree:
    return one(http({"text": value}), *extra, secrets=secrets).request["text"]


# Equal values, and their order -----------------------------------------------------------------


def test_stand_ins_are_numbered_as_they_come_in_the_recording() -> None:
    raw = [
        http({"headers": {"x-api-key": "second-1"}, "text": "first-one"}),
        http({"headers": {"x-api-key": "first-one"}}),
    ]
    safe = sanitize(raw).interactions
    assert safe[0].request["headers"] == {"x-api-key": "<key-1>"}
    assert safe[0].request["text"] == "<key-2>"
    assert safe[1].request["headers"] == {"x-api-key": "<key-2>"}


def test_another_port_makes_no_difference() -> None:
    def recorded(port: int) -> Sequence[Interaction]:
        url = f"http://127.0.0.1:{port}"
        told = f"HTTPConnectionPool(host='127.0.0.1', port={port}): see {url}/x"
        raw = [
            http({"url": f"{url}/a"}, {"headers": {"location": f"{url}/b"}}),
            http({"url": f"{url}/a"}, {"raised": "httpx.ConnectError", "message": told}),
        ]
        return sanitize(raw).interactions

    assert recorded(4001) == recorded(50002)
    assert recorded(4001)[0].request["url"] == "http://host-1.recorded.invalid/a"


def test_stand_ins_that_are_there_stay_and_new_values_have_new_numbers() -> None:
    raw = [
        http({"headers": {"authorization": 'Snowflake Token="<token-3>"'}}),
        http({"headers": {"authorization": 'Snowflake Token="newer-token"'}}),
    ]
    safe = sanitize(raw).interactions
    assert safe[0].request["headers"] == {"authorization": 'Snowflake Token="<token-3>"'}
    assert safe[1].request["headers"] == {"authorization": 'Snowflake Token="<token-4>"'}


def test_a_value_that_a_replay_bound_has_its_stand_in_again() -> None:
    raw = [http({"headers": {"authorization": "Bearer same-as-before"}})]
    safe = sanitize(raw, bound={"same-as-before": "<token-1>"}).interactions
    assert safe[0].request["headers"] == {"authorization": "Bearer <token-1>"}


# What must not be wrecked ----------------------------------------------------------------------


def test_short_and_common_values_are_replaced_only_where_a_place_says_what_they_are() -> None:
    raw = [
        sql({"call": "connect", "user": "a", "account": "test"}),
        sql({"statement": "select a from test.latest limit 1", "binds": ["a", "1", "RUNNING"]}),
        http({"json": {"password": "1", "user": "RUNNING", "state": "RUNNING", "a": "contest"}}),
    ]
    connected, stated, posted = sanitize(raw).interactions
    assert connected.request == {
        "call": "connect",
        "statement": "select 1",
        "user": "<user-1>",
        "account": "<account-1>",
    }
    assert stated.request["statement"] == "select a from <account-1>.latest limit 1"
    assert stated.request["binds"] == ["a", "1", "RUNNING"]
    assert posted.request["json"] == {
        "password": "<password-1>",
        "user": "<user-2>",
        "state": "RUNNING",
        "a": "contest",
    }


def test_names_are_found_in_any_case_and_never_inside_a_word() -> None:
    raw = [
        sql({"call": "connect", "user": "ann"}),
        sql({}, {"columns": [{"name": "N"}], "rows": [["ANN"], ["annual"], ["ann_x"], ["ann"]]}),
    ]
    _, rows = sanitize(raw).interactions
    assert rows.response["rows"] == [["<user-2>"], ["annual"], ["<user-1>_x"], ["<user-1>"]]


def test_what_the_protocol_says_stays() -> None:
    raw = http({"method": "PATCH"}, {"status": 201, "json": {"continuation_token": "3.abcdef01"}})
    safe = one(raw, secrets=["PATCH", "201"])
    assert safe.request["method"] == "PATCH"
    assert safe.response == {**raw.response}


def test_urls_can_be_parsed_and_json_is_json_afterwards() -> None:
    url = f"https://ann:{SECRET}@srv.example:8443/a/{SECRET}?token={SECRET}&x=1#token={SECRET}"
    payload = json.dumps({"a": json.dumps({"password": 'q"uo\\te', "otp": 123456}), "pin": "x"})
    safe = one(http({"url": url, "json": {"payload": payload}}))
    parts = urlsplit(str(safe.request["url"]))
    assert (parts.hostname, parts.port) == ("host-1.recorded.invalid", None)
    assert parse_qs(parts.query)["x"] == ["1"]
    body = safe.request["json"]
    assert isinstance(body, dict)
    inner = json.loads(json.loads(str(body["payload"]))["a"])
    assert inner == {"password": "<password-1>", "otp": "<passcode-1>"}


def test_numbers_under_secret_keys_are_replaced_and_flags_stay() -> None:
    raw = http({"json": {"passcode": 123456, "token": None, "secret": True, "n": 123456}})
    assert one(raw).request["json"] == {
        "passcode": "<passcode-1>",
        "token": None,
        "secret": True,
        "n": "<passcode-1>",
    }


# Places ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "safe"),
    [
        ("authorization", 'Snowflake Token="abcdefgh"', 'Snowflake Token="<token-1>"'),
        ("authorization", "Bearer abcdefgh", "Bearer <token-1>"),
        ("authorization", "abcdefgh", "<token-1>"),
        ("proxy-authorization", "Basic YW5uOnB3", "Basic <token-1>"),
        (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=a, Signature=b",
            "AWS4-HMAC-SHA256 <token-1>",
        ),
        ("cookie", "a=abcdefgh; b=ijklmnop", "a=<cookie-1>; b=<cookie-2>"),
        ("set-cookie", "a=abcdefgh; Path=/; Secure", "a=<cookie-1>; Path=/; Secure"),
        ("x-api-key", "abcdefgh", "<key-1>"),
        ("x-amz-security-token", "abcdefgh", "<token-1>"),
        ("x-snowflake-session-token", "abcdefgh", "<token-1>"),
        ("x-snowflake-authorization-token-type", "KEYPAIR_JWT", "KEYPAIR_JWT"),
        ("x-continuation-token", "abcdefgh", "abcdefgh"),
    ],
)
def test_headers_keep_their_words_and_lose_their_secrets(name: str, value: str, safe: str) -> None:
    assert one(http({"headers": {name: value}})).request["headers"] == {name: safe}
    listed = one(http({}, {"headers": {name: [value, value]}}))
    assert listed.response["headers"] == {name: [safe, safe]}


def test_basic_credentials_tell_user_and_password() -> None:
    basic = base64.b64encode(b"annabel:pw-123456").decode()
    safe = one(http({"headers": {"authorization": f"Basic {basic}"}, "text": "annabel, pw-123456"}))
    assert safe.request["text"] == "<user-1>, <password-1>"


@pytest.mark.parametrize(
    ("statement", "binds", "safe"),
    [
        ("create user u password = ?", ["abcdefgh"], ["<password-1>"]),
        ("select 1 where LOWER(CREATED_BY) = ? and x = ?", ["ann", "b"], ["<user-1>", "b"]),
        ("call f(token => %(t)s)", {"t": "abcdefgh"}, {"t": "<token-1>"}),
        ("call f(secret => :2, a => :1)", ["b", "abcdefgh"], ["b", "<secret-1>"]),
        ("select '?' where token = ?", ["abcdefgh"], ["<token-1>"]),
    ],
)
def test_a_bind_is_what_it_is_compared_with(statement: str, binds: Tree, safe: Tree) -> None:
    assert one(sql({"statement": statement, "binds": binds})).request["binds"] == safe


def test_sql_text_loses_what_it_assigns() -> None:
    raw = (
        "COPY INTO t CREDENTIALS=(AWS_KEY_ID='abcdefgh' aws_secret_key = 'it''s') PASSWORD=\"p-9\""
    )
    assert one(sql({"statement": raw})).request["statement"] == (
        "COPY INTO t CREDENTIALS=(AWS_KEY_ID='<key-1>' aws_secret_key = '<key-2>')"
        ' PASSWORD="<password-1>"'
    )


def test_rows_lose_columns_of_secrets_and_of_names() -> None:
    columns: Tree = [
        {"name": "CREATED_BY", "type": "TEXT"},
        {"name": "TOKEN_SECRET"},
        {"name": "N"},
    ]
    safe = one(sql({}, {"columns": columns, "rows": [["BOB", "abcdefgh", 1], [None, None, 2]]}))
    assert safe.response["rows"] == [["<user-1>", "<token-1>", 1], [None, None, 2]]


def test_an_account_is_known_from_its_host_however_it_is_spelled() -> None:
    raw = [
        http({"url": "https://myorg-my-acct.snowflakecomputing.com/x"}),
        http({"text": "MYORG-MY-ACCT or myorg.my-acct or myorg_my_acct"}),
        http({"text": "ab12345.eu-west-1.snowflakecomputing.com, ab12345.eu-west-1, ab12345"}),
    ]
    safe = sanitize(raw).interactions
    assert safe[0].request["url"] == "https://host-1.recorded.invalid/x"
    assert safe[1].request["text"] == "<account-1> or <account-2> or <account-3>"
    assert safe[2].request["text"] == "host-3.recorded.invalid, <account-4>, <account-5>"


# Sanitisers of users ---------------------------------------------------------------------------


def test_known_values_go_wherever_they_stand() -> None:
    raw = http({"url": "https://h.test/abc%20def-1"}, {"json": {"abc def-1": ["<abc def-1>"]}})
    safe = one(raw, known("abc def-1", kind="thing"))
    assert safe.request["url"] == "https://host-1.recorded.invalid/<thing-1>"
    assert safe.response["json"] == {"<thing-2>": ["<<thing-2>>"]}


def test_a_pattern_takes_its_group_or_all() -> None:
    assert text("job-17 is job-18", pattern(r"job-(\d+)", kind="volatile")) == (
        "job-<volatile-1> is job-<volatile-2>"
    )
    assert text("job-17", pattern(r"job-\d+", kind="volatile")) == "<volatile-1>"


def test_places_of_users_take_values_that_are_made_anew() -> None:
    request = "11111111-2222-3333-4444-555555555555"
    raw = [
        http(
            {
                "url": f"https://h.test/a?requestId={request}&n=1",
                "headers": {"x-request-id": "abc-1"},
                "json": {"at": 1700000000, "run": {"ids": [{"id": "zz-1"}], "id": "zz-2"}},
                "text": '{"run": {"ids": [{"id": "zz-9"}]}, "id": "zz-8"}',
            }
        ),
        sql({"statement": "call GET_JOB(?, ?)", "binds": ["SOLVER", "job-000001"]}),
        sql({"statement": "call OTHER(?, ?)", "binds": ["SOLVER", "job-000002"]}),
        sql({}, {"columns": [{"name": "Id"}], "rows": [["row-1"]]}),
        http({}, {"json": {"echo": [request, "job-000001"]}}),
    ]
    rules = [
        query("requestId", kind="volatile"),
        header("X-Request-Id", kind="volatile"),
        body("at", kind="volatile"),
        body("run.ids.*.id", kind="volatile"),
        bind(1, kind="volatile", statement="get_job"),
        column("ID", kind="volatile"),
    ]
    done = sanitize(raw, extra=rules)
    first, second, third, fourth, fifth = done.interactions
    assert str(first.request["url"]).endswith("?requestId=<volatile-1>&n=1")
    assert first.request["headers"] == {"x-request-id": "<volatile-2>"}
    assert first.request["json"] == {
        "at": "<volatile-3>",
        "run": {"ids": [{"id": "<volatile-4>"}], "id": "zz-2"},
    }
    assert first.request["text"] == '{"run": {"ids": [{"id": "<volatile-5>"}]}, "id": "zz-8"}'
    assert second.request["binds"] == ["SOLVER", "<volatile-6>"]
    assert third.request["binds"] == ["SOLVER", "job-000002"]
    assert fourth.response["rows"] == [["<volatile-7>"]]
    assert fifth.response["json"] == {"echo": ["<volatile-1>", "<volatile-6>"]}
    assert done.names[:3] == ("query requestId", "header x-request-id", "body at")


def test_names_that_are_given_are_names() -> None:
    raw = [http({"text": "by Carol on BIGCO"})]
    safe = sanitize(raw, names={"user": ["carol"], "account": ["bigco"]}).interactions
    assert safe[0].request["text"] == "by <user-1> on <account-1>"


def test_a_function_returns_what_may_be_written() -> None:
    def cut(interaction: Interaction) -> Interaction:
        return http({"text": "cut"})

    done = sanitize([http({"text": SECRET})], extra=[cut])
    assert done.interactions[0].request["text"] == "cut"
    assert done.names[0] == "cut"


def test_a_function_that_fails_is_named_and_its_words_are_not() -> None:
    def broken(interaction: Interaction) -> Interaction:
        raise ValueError(f"{interaction.request} {SECRET}")

    with pytest.raises(CassetteError, match=r"'broken' failed .* ValueError") as caught:
        sanitize([http({"text": SECRET})], extra=[broken])
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    with pytest.raises(CassetteError, match="returned a NoneType"):
        sanitize([http({})], extra=[lambda _: None])  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("kind", ["", "Token", "a b", "<x>", "token-1"])
def test_a_kind_that_no_stand_in_can_have_is_refused(kind: str) -> None:
    with pytest.raises(CassetteError, match="no kind of stand-in"):
        known("abcdefgh", kind=kind)


def test_an_expression_that_is_none_is_refused() -> None:
    with pytest.raises(CassetteError, match="no regular expression"):
        pattern("(", kind="token")


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(b"a " + SECRET.encode()),
        gzip.compress(b"a ") + gzip.compress(SECRET.encode()),
        gzip.compress(SECRET.encode() * 9)[:-9],
        b"\xff\x00" + SECRET.encode() + b"\xfe",
        SECRET.encode("utf-16-le"),
        SECRET.encode("utf-16-be"),
    ],
    ids=["gzip", "two of gzip", "torn gzip", "bytes", "utf-16-le", "utf-16-be"],
)
def test_bytes_are_looked_into(data: bytes) -> None:
    safe = one(http({}, {"body": data}), secrets=[SECRET]).response["body"]
    assert isinstance(safe, bytes)
    plain = gzip.decompress(safe) if safe.startswith(b"\x1f\x8b") else safe
    assert b"<secret-1>" in plain.replace(b"\0", b"")
    assert SECRET.encode() not in plain.replace(b"\0", b"")


def test_bytes_without_a_secret_stay_as_they_are() -> None:
    for data in (gzip.compress(b"a", 1), b"\x1f\x8b", b"\x1f\x8bzz", bytes(range(256)), b""):
        raw = http({}, {"body": data})
        assert one(raw, secrets=[SECRET]).response == raw.response


def test_what_is_too_large_to_look_into_is_refused() -> None:
    bomb = gzip.compress(bytes(65_000_000), 9)
    with pytest.raises(CassetteError, match="too many to look for secrets"):
        sanitize([http({}, {"body": bomb})])


# The environment -------------------------------------------------------------------------------


def test_secrets_are_gathered_from_the_environment() -> None:
    around = {
        "RAI_JOBS_TOKEN": "t-1",
        "SNOWFLAKE_PASSWORD": "p-1",
        "RAI_JOBS_CONNECTION": '{"password": "p-2", "user": "ann", "inner": [{"token": "t-2"}]}',
        "SNOWFLAKE_CONNECTIONS_DEV_PRIVATE_KEY_PASSPHRASE": "p-3",
        "RAI_JOBS_TOKEN_FILE": "/a/token",
        "SNOWFLAKE_PRIVATE_KEY_PATH": "/a/key",
        "SNOWFLAKE_ACCOUNT": "ab1",
        "OTHER_TOKEN": "t-3",
        "SNOWFLAKE_TOKEN": "",
    }
    assert secrets_around(around) == {"t-1", "p-1", "p-2", "t-2", "p-3"}


def test_nothing_shows_in_a_repr() -> None:
    raw = [http({"text": SECRET})]
    done = sanitize(raw, secrets=[SECRET])
    assert SECRET not in repr((known(SECRET), raw, done))


def test_secrets_of_settings_are_those_under_telling_names() -> None:
    told = {
        "private_key_passphrase": "a1",
        "passcode": "b2",
        "private_key_file": "k.p8",
        "user": "u",
    }
    assert secrets_under(told) == {"a1", "b2"}
