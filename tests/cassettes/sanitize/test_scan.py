"""The last look: it finds what looks like a secret, and cries at nothing else."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from rai_jobs_cassettes.interactions import Interaction
from rai_jobs_cassettes.sanitize import sanitize, scan
from rai_jobs_cassettes.sanitize.entropy import looks_random

from .planting import http
from .realistic import decoys, over_http, over_sql

RANDOM = "q7Zt0PmXw3LrB8sVfK2nHcYd5GjE"


def as_file(interactions: tuple[Interaction, ...]) -> str:
    """Return a text such as a file has."""
    parts: list[str] = []
    for number, each in enumerate(interactions, start=1):
        tree: Any = json.loads(json.dumps([each.request, each.response], default=str))
        parts.append(f"--- # {number} {each.kind} 3f9a8e5c0d1b2a47\n{yaml.safe_dump(tree)}")
    return "".join(parts)


@pytest.mark.parametrize("made", [over_http, over_sql, decoys], ids=lambda made: made.__name__)
def test_a_whole_conversation_without_secrets_is_no_cause_for_alarm(
    made: Callable[[], list[Interaction]],
) -> None:
    safe = sanitize(made()).interactions
    assert scan(safe) == ()
    assert scan(as_file(safe[::5])) == ()


def test_what_looks_random_is_told_by_its_place_alone() -> None:
    raw = [http({}), http({"json": {"a": [{"b": f"it is {RANDOM}"}]}})]
    (found,) = scan(raw)
    assert (found.kind, found.place) == ("high-entropy", "interaction 2, request.json.a.0.b")
    assert RANDOM not in repr(found)


def test_a_key_that_is_a_secret_is_not_named() -> None:
    found = scan([http({"json": {RANDOM: {"x": RANDOM}}})])
    assert [each.place for each in found] == [
        "interaction 1, request.json.(key)",
        "interaction 1, request.json.….x",
    ]


def test_what_is_allowed_is_not_told() -> None:
    raw = [http({"text": f"{RANDOM} and {RANDOM[::-1]}"})]
    assert len(scan(raw, allowed=[RANDOM])) == 1
    assert scan(raw, allowed=[RANDOM, re.compile(RANDOM[::-1])]) == ()


def test_most_of_what_is_drawn_at_random_is_told() -> None:
    drawn = [secrets.token_urlsafe(24) for _ in range(500)]
    assert sum(map(looks_random, drawn)) > 450


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("password: hunter2", "secret-keys"),
        ('  "client_secret": "abc"', "secret-keys"),
        (f"  url: https://h/x?X-Amz-Signature={RANDOM}", "presigned-urls"),
        (f"a: {RANDOM}", "high-entropy"),
        ("a: -----BEGIN RSA PRIVATE KEY-----", "pem-blocks"),
        ("a: b.snowflakecomputing.com", "account-hosts"),
        ("a: https://mailer:pw@h", "url-users"),
        ("a: eve@corp.example", "emails"),
    ],
)
def test_a_line_of_a_file_is_told_by_its_number(line: str, kind: str) -> None:
    found = scan(f"x: 1\n{line}\ny: 2\n")
    assert kind in {each.kind for each in found}
    assert {each.place for each in found} == {"line 2"}


@pytest.mark.parametrize(
    "line",
    [
        'authorization: Snowflake Token="<token-1>"',
        "password: <password-1>",
        "token: null",
        "continuation_token: 3.0a1b2c3d4e5f6071",
        f"etag: {RANDOM}",
        f"data: !!binary |\n  {RANDOM}\n  {RANDOM}\nx: 1",
        "url: https://<user-1>:<password-1>@host-1.recorded.invalid/?sig=<signature-1>",
    ],
)
def test_a_line_without_a_secret_is_left_alone(line: str) -> None:
    assert scan(f"x: 1\n{line}\ny: 2\n") == ()


def test_a_kept_scanner_knows_tokens_that_we_do_not() -> None:
    pytest.importorskip("detect_secrets")
    (found,) = scan([http({"text": f"key {'0a' * 16}-us12"})])
    assert found.kind == "mailchimp-access-key"


def test_without_that_scanner_ours_still_look(monkeypatch: pytest.MonkeyPatch) -> None:
    from rai_jobs_cassettes.sanitize import scanning

    monkeypatch.setattr(scanning, "_detectors", tuple)
    assert [each.kind for each in scan([http({"text": f"ghp_{'a1B2' * 9}"})])] == ["vendor-tokens"]
