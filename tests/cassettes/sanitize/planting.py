"""Secrets planted in a recording: each kind at each place, and how to look for them.

`planted()` is the whole matrix; a recorder may be given the same interactions as a client would
make them, and what it writes looked over by `traces_in`.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from rai_jobs_cassettes.interactions import Interaction, Tree
from rai_jobs_cassettes.placeholders import STAND_IN

__all__ = [
    "KINDS",
    "PLACES",
    "Planted",
    "leaves_of",
    "planted",
    "replayed",
    "spellings",
    "traces_in",
    "unpacked",
]

HOST = "https://srv.example"


def http(request: dict[str, Tree], response: dict[str, Tree] | None = None) -> Interaction:
    """Return an interaction over HTTP."""
    whole: dict[str, Tree] = {"method": "POST", "url": f"{HOST}/a", "headers": {}, **request}
    return Interaction(0.0, "http", whole, {"status": 200, "headers": {}, **(response or {})})


def sql(request: dict[str, Tree], response: dict[str, Tree] | None = None) -> Interaction:
    """Return an interaction over SQL."""
    whole: dict[str, Tree] = {"call": "execute", "statement": "select 1", **request}
    answer: dict[str, Tree] = {"query_id": "01b1-2", "columns": [], "rows": [], "rowcount": 1}
    return Interaction(0.0, "sql", whole, {**answer, **(response or {})})


@dataclass(frozen=True)
class Kind:
    """A kind of secret.

    Args:
        rule: the sanitiser that alone knows it.
        make: the secret of a number.
        told: the interaction that tells what it is, where it does not show by its form.
        shown: the text in which it stands.
        any_case: whether it is found whatever its case.
    """

    rule: str
    make: Callable[[int], str]
    told: Callable[[str], Interaction] | None = None
    shown: Callable[[str], str] = str
    any_case: bool = False


def _drawn(number: int, length: int, alphabet: str) -> str:
    text = ""
    state = number * 7919 + 17
    while len(text) < length:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        text += alphabet[(state >> 33) % len(alphabet)]
    return text


_WORD = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def _jwt(number: int) -> str:
    head, claims = (
        base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=")
        for each in ({"alg": "ES256", "kid": str(number)}, {"p": number, "iss": "SF:1"})
    )
    return f"{head}.{claims}.{_drawn(number, 43, _WORD)}"


def _pem(number: int) -> str:
    lines = [_drawn(number * 10 + line, 64, f"{_WORD}+/") for line in range(3)]
    return "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----"])


def _token(number: int) -> str:
    return f"tok%{_drawn(number, 12, _WORD)}+/="


KINDS: dict[str, Kind] = {
    "known": Kind("known-secrets", lambda n: f'kn"{_drawn(n, 10, _WORD)}\\é'),
    "snowflake-authorization": Kind(
        "headers",
        _token,
        lambda s: http({"headers": {"authorization": f'Snowflake Token="{s}"'}}),
    ),
    "bearer": Kind(
        "headers", _token, lambda s: http({"headers": {"authorization": f"Bearer {s}"}})
    ),
    "basic": Kind(
        "headers",
        lambda n: f"pw-{_drawn(n, 9, _WORD)}",
        lambda s: http(
            {
                "headers": {
                    "authorization": "Basic " + base64.b64encode(f"zoe:{s}".encode()).decode()
                }
            }
        ),
    ),
    "cookie": Kind(
        "headers",
        lambda n: f"ck{_drawn(n, 14, _WORD)}",
        lambda s: http({}, {"headers": {"set-cookie": f"session={s}; Path=/; HttpOnly"}}),
    ),
    "password": Kind(
        "secret-keys",
        lambda n: f"pässw'{_drawn(n, 9, _WORD)}",
        lambda s: http({"json": {"data": {"LOGIN_NAME": "zoe", "PASSWORD": s}}}),
    ),
    "query-token": Kind(
        "query-keys",
        lambda n: f"qt{_drawn(n, 14, _WORD)}",
        lambda s: http({"url": f"{HOST}/b?x=1&access_token={s}"}),
    ),
    "presigned": Kind(
        "presigned-urls",
        lambda n: f"ps{_drawn(n, 14, _WORD)}",
        lambda s: http({}, {"json": {"url": f"{HOST}/f?X-Amz-Signature={s}&X-Amz-Date=2"}}),
    ),
    "url-password": Kind(
        "url-users",
        lambda n: f"up{_drawn(n, 12, _WORD)}",
        lambda s: http({"url": f"https://zoe:{s}@srv.example/c"}),
    ),
    "jwt": Kind("jwts", _jwt),
    "session-token": Kind(
        "snowflake-tokens", lambda n: f"ver:1-hint:1922-ETMs{_drawn(n, 20, _WORD)}"
    ),
    "vendor-token": Kind("vendor-tokens", lambda n: f"ghp_{_drawn(n, 36, _WORD)}"),
    "aws-key": Kind("aws-keys", lambda n: f"AKIA{_drawn(n, 16, _CAPITALS)}"),
    "private-key": Kind("pem-blocks", _pem),
    "user": Kind(
        "users",
        lambda n: f"ann_{_drawn(n, 5, 'abcdefgh')}",
        lambda s: sql({"call": "connect", "user": s}),
        any_case=True,
    ),
    "account": Kind(
        "accounts",
        lambda n: f"xy{_drawn(n, 5, '0123456789')}",
        lambda s: sql({"call": "connect", "account": s}),
        any_case=True,
    ),
    "email": Kind("emails", lambda n: f"eve.{_drawn(n, 5, 'abcdefgh')}@corp.example"),
    "home": Kind(
        "home-paths",
        lambda n: f"hm{_drawn(n, 6, 'abcdefgh')}",
        shown=lambda s: f"/home/{s}/model.py",
    ),
    "host": Kind(
        "hosts",
        lambda n: f"h{_drawn(n, 6, 'abcdefgh')}.corp.example",
        lambda s: http({"url": f"https://{s}/d"}),
        any_case=True,
    ),
}


def _raised(text: str) -> dict[str, Tree]:
    return {"raised": "httpx.ConnectError", "message": f"it failed: {text} (really)"}


PLACES: dict[str, Callable[[str], Interaction]] = {
    "header": lambda s: http({"headers": {"x-note": json.dumps(s)[1:-1]}}),
    "cookie": lambda s: http({"headers": {"x-echo": f"c={quote(s)}; d=1"}}),
    "url userinfo": lambda s: http({"url": f"https://{quote(s, safe='')}@srv.example/"}),
    "url path": lambda s: http({"url": f"{HOST}/a/{quote(s, safe='')}/b"}),
    "query": lambda s: http({"url": f"{HOST}/a?note={quote_plus(s)}&x=1"}),
    "fragment": lambda s: http({"url": f"{HOST}/a#n={quote(s, safe='')}"}),
    "request json": lambda s: http({"json": {"a": [{"b": s}]}}),
    "key of json": lambda s: http({"json": {f"n: {s}": 1}}),
    "request form": lambda s: http({"form": {"a": [s, "x"]}}),
    "request text": lambda s: http({"text": f"a {s}, b"}),
    "request bytes": lambda s: http({"body": b"\xff\x00" + s.encode() + b"\x00\xfe"}),
    "response json": lambda s: http({}, {"json": {"a": {"b": f"it is {s}."}}}),
    "gzip body": lambda s: http({}, {"body": gzip.compress(f'{{"a": "{s}"}}'.encode(), mtime=0)}),
    "sql text": lambda s: sql({"statement": f"select '{s}' as a"}),
    "bind": lambda s: sql({"statement": "select ?", "binds": ["x", s]}),
    "named bind": lambda s: sql({"statement": "select %(a)s", "binds": {"a": s}}),
    "row": lambda s: sql(
        {}, {"columns": [{"name": "A", "type": "TEXT"}], "rows": [[s], [f"({s})"]]}
    ),
    "column comment": lambda s: sql({}, {"columns": [{"name": "A", "comment": f"of {s}"}]}),
    "sql error": lambda s: sql(
        {}, {"raised": "ProgrammingError", "message": f"bad value '{s}'", "errno": 1003}
    ),
    "exception": lambda s: Interaction(
        0.0, "http", {"method": "GET", "url": f"{HOST}/a", "headers": {}}, _raised(s)
    ),
    "redirect": lambda s: http(
        {}, {"status": 302, "headers": {"location": f"/next?n={quote(s, safe='')}"}}
    ),
    "json in json": lambda s: http(
        {"json": {"payload": json.dumps({"a": json.dumps({"b": s}), "c": 1})}}
    ),
    "escaped code points": lambda s: http(
        {}, {"text": '{"a": "' + "".join(f"\\u{ord(each):04x}" for each in s) + '"}'}
    ),
    "base64": lambda s: http({"json": {"blob": base64.b64encode(f"xy: {s}".encode()).decode()}}),
}


@dataclass(frozen=True)
class Planted:
    """One secret at one place.

    Args:
        kind, place: which.
        secret: it.
        interactions: what tells it, and then what holds it; both twice.
    """

    kind: str
    place: str
    secret: str
    interactions: tuple[Interaction, ...]


def planted() -> Iterator[Planted]:
    """Yield each kind of secret at each place, each secret another."""
    number = 0
    for name, kind in KINDS.items():
        for place, plant in PLACES.items():
            number += 1
            secret = kind.make(number)
            holding = plant(kind.shown(secret))
            told = () if kind.told is None else (kind.told(secret),)
            yield Planted(name, place, secret, (holding, *told, holding))


def leaves_of(tree: object) -> Iterator[object]:
    """Yield every leaf and key of a tree, a recording, or an interaction."""
    if isinstance(tree, Interaction):
        yield from leaves_of(tree.request)
        yield from leaves_of(tree.response)
    elif isinstance(tree, dict):
        for key, value in tree.items():  # pyright: ignore[reportUnknownVariableType] - any tree
            yield key
            yield from leaves_of(value)  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(tree, (list, tuple)):
        for each in tree:  # pyright: ignore[reportUnknownVariableType]
            yield from leaves_of(each)  # pyright: ignore[reportUnknownArgumentType]
    else:
        yield tree


def spellings(secret: str) -> set[str]:
    """Return the forms in which a secret might be written."""
    escaped = json.dumps(secret)[1:-1]
    forms = {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        escaped,
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(escaped)[1:-1],
        "".join(f"\\u{ord(each):04x}" for each in secret),
        secret.replace("'", "''"),
    }
    for before in range(3):
        packed = base64.b64encode(b"\0" * before + secret.encode() + b"\0\0").decode()
        core = packed[-(-before * 8 // 6) : (before + len(secret.encode())) * 8 // 6]
        forms |= {core, core.replace("+", "-").replace("/", "_")}
    return {each for each in forms if len(each) > 2}


def unpacked(data: bytes) -> bytes:
    """Return what is packed in some bytes, or them."""
    try:
        return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    except (EOFError, OSError, zlib.error):
        return data


def traces_in(text: str | bytes, secret: str, *, any_case: bool = False) -> bool:
    """Tell whether a secret stands in what was written, in any form."""
    if isinstance(text, bytes):
        text = unpacked(text)
        text = text.decode("utf-8", "replace")
    if any_case:
        return any(each.lower() in text.lower() for each in spellings(secret))
    return any(each in text for each in spellings(secret))


def replayed(written: object, raw: object, bound: dict[str, str]) -> bool:
    """Tell whether a stand-in for each value makes the raw of the written, and bind them."""
    if isinstance(written, bytes) and isinstance(raw, bytes):
        written = unpacked(written).decode("utf-8", "surrogateescape")
        raw = unpacked(raw).decode("utf-8", "surrogateescape")
    if not isinstance(written, str):
        return written == raw
    pattern, names, at = "", list[str](), 0
    for found in STAND_IN.finditer(written):
        pattern += re.escape(written[at : found.start()])
        if found[0] in bound:
            pattern += re.escape(bound[found[0]])
        elif found[0] in names:
            pattern += f"(?P=s{names.index(found[0])})"
        else:
            pattern += f"(?P<s{len(names)}>.+?)"
            names.append(found[0])
        at = found.end()
    match = re.fullmatch(pattern + re.escape(written[at:]), str(raw), re.DOTALL)
    if match is not None:
        bound.update({name: match[f"s{index}"] for index, name in enumerate(names)})
    return match is not None
