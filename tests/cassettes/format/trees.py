"""What may stand in a cassette, drawn: every type of leaf, and texts that are easily misread."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, cast

from hypothesis import strategies as st

from rai_jobs_cassettes.interactions import Header, Interaction, Kind, Tree

HEADER = Header(
    recorded_on="2026-01-01T00:00:00Z",
    recorded_with={"rai-jobs": "0.1"},
    source="the fake of rai-jobs",
    sanitizers=("headers", "tokens"),
)
KEY = "3f9a8e5c0d1b2a47"

MISREAD = (
    "", " ", "  ", "\n", "\n\n", "\t", "a\n", "a\n\n", "\na", " a\nb",
    "\ta\nb", "a\n b", "a \nb",
    "a\n\nb", "a\n \nb", "a\n\t\nb", "a\nb ", "a\nb\t", "a\\\nb", "a\\n\\\nb",
    "\\", "\\\\", '"',
    'a"b', "'", "a'b", "---", "--- # 1 http 0000000000000000",
    "a\n--- # 2 sql 0000000000000000\nb",
    "...", "a\n...\n", "#", "a #b", "a# b", "a: b", "a:b", "a:", ":a", ": a",
    "- a", "-", "-a", "?",
    "? a", "&a", "*a", "!a", "!!str a", "|", "|-", ">", "%a", "@a", "`a", "[",
    "]", "{", "}", "[]",
    "{}", "[a]", "{a: b}", ",", "null", "Null", "~", "true", "True", "FALSE",
    "yes", "No", "on", "OFF",
    "y", "N", "0", "-0", "007", "0x1f", "0o7", "0b1", "1_000", "1:30", "1.5",
    "1e5", "1.0e+5", ".5",
    ".inf", "-.INF", ".nan", "NaN", "nan", "inf", "2024-01-01",
    "2024-01-01T00:00:00Z", "12:00:00",
    "<<", "=", "<", "<token-1>", "Bearer <token-1>", "host-1.recorded.invalid", "a  b", "a b",
    "https://h.example/p?q=1&r=%20", "text/plain; charset=utf-8",
    "select 1 -- x: y", "ä ö", "\u00a0",
    "\u0085", "a\u2028b", "a\u2029\nb", "\ufeffa", "\u200b", "\u202eabc",
    "\x00", "\x1b[0m", "\x7f",
    "\ud800", "a\udfffb\nc", "\ud83d\ude00", "😀", "\U0010ffff", "\U000e0001",
    "\ufffe", "a\rb", "a\r\nb",
    "日本語: テスト", "x" * 1_500, "x y " * 400 + "z", "line\n" * 50, "é" * 700,
    "\\ud800 \ud800", "\\x",
    "\u0130", "\u0131", "\ufb00", "\u1680", "\u3000", "a\u3000", "\u0130\u0307",
)  # fmt: skip
_PIECES = (
    *" \n\t\r:#-\"'\\|>!&*?{}[],%@`~=<.0123456789eEtruefalsnyoxNI_/",
    "\u0085", "\u2028", "\ud800", "\udc00", "\ufeff", "\u00a0", "ä", "😀",
    "\x00", "---", "...", ": ", " #",
    "\\n\\\n", "\\", "  ", "\n\n", "- ",
)  # fmt: skip

texts: st.SearchStrategy[str] = st.one_of(
    st.sampled_from(MISREAD),
    st.lists(st.sampled_from(_PIECES), max_size=8).map("".join),
    # Not `st.text`, for which hypothesis makes tables of all of Unicode.
    st.lists(st.integers(0, 0x10FFFF).map(chr), max_size=4).map("".join),
)
_offsets = st.integers(-86_399_999_999, 86_399_999_999).map(
    lambda micros: timezone(timedelta(microseconds=micros))
)
_whole_offsets = st.integers(-840, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_zones = st.one_of(st.none(), st.just(timezone.utc), _whole_offsets, _offsets)
_micros = st.sampled_from([0, 1, 999_999, 500_000])
_days = st.dates()
_times = st.builds(
    time, st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), _micros, _zones
)
leaves: st.SearchStrategy[Any] = st.one_of(
    texts,
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, -1, 10**30]),
    st.floats(),
    st.sampled_from([0.0, -0.0, 1e16, 1e-7, 1.5e300, 5e-324, float("inf"), float("-inf")]),
    st.decimals(),
    st.sampled_from(
        [Decimal(each) for each in ("1.50", "-0", "1E+30", "NaN123", "-sNaN", "Infinity", "0E-9")]
    ),
    st.binary(max_size=200),
    _days,
    _times,
    st.builds(datetime.combine, _days, _times),
    st.timedeltas(),
)
names = st.one_of(
    texts, st.sampled_from(["json", "content-type", "a", "b", "n", "200", "x" * 2_000])
)
trees: st.SearchStrategy[Any] = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=4)),
    max_leaves=12,
)
mappings: st.SearchStrategy[dict[str, Any]] = st.dictionaries(names, trees, max_size=4)
kinds: st.SearchStrategy[Kind] = st.sampled_from(["http", "sql"])
keys = st.integers(0, 2**64 - 1).map(lambda number: f"{number:016x}")
interactions: st.SearchStrategy[Interaction] = st.builds(
    Interaction,
    at=st.floats(0, 1e9),
    kind=kinds,
    request=mappings,
    response=mappings,
)


def exact(tree: object) -> object:
    """Return a tree so that equal ones are the same in everything: types, zones, digits, order."""
    if isinstance(tree, Interaction):
        return tree.at, tree.kind, exact(tree.request), exact(tree.response)
    if isinstance(tree, dict):
        pairs = cast("dict[object, object]", tree).items()
        return [(type(name), name, exact(each)) for name, each in pairs]
    if isinstance(tree, list):
        return [list, *(exact(each) for each in cast("list[object]", tree))]
    # `repr` of a zone that is UTC says so; a number that is none equals nothing.
    return type(tree), hex(tree) if type(tree) is int else repr(tree)


def http(number: int = 1, **response: Tree) -> Interaction:
    """Return a poll, as a recording holds many."""
    return Interaction(
        at=number * 0.5,
        kind="http",
        request={
            "method": "GET",
            "url": f"https://host-1.recorded.invalid/v1alpha1/jobs/job-{number:06d}?full=1",
            "headers": {"authorization": "Bearer <token-1>", "x-request": "1"},
        },
        response={
            "status": 200,
            "headers": {"content-type": "application/json"},
            "json": {"job": {"id": f"job-{number:06d}", "state": "RUNNING", "rate": 0.25}},
            **response,
        },
    )


def sql(number: int = 2, **response: Tree) -> Interaction:
    """Return a statement and its rows."""
    return Interaction(
        at=number * 0.5,
        kind="sql",
        request={"call": "execute", "statement": "select *\nfrom t\n  where a = ?", "binds": [1]},
        response={
            "query_id": "01b-2",
            "columns": [{"name": "A", "type": "fixed"}, {"name": "B", "type": "binary"}],
            "rows": [[Decimal("1.50"), b"\x00\x01"], [None, b""]],
            "rowcount": 2,
            **response,
        },
    )
