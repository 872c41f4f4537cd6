"""What of a request says which recording answers it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rai_jobs_cassettes.interactions import Tree
from rai_jobs_cassettes.replay.views import host_of, key_of

GET: dict[str, Tree] = {"method": "GET", "url": "https://one.test:1/v1/a%20b?x=1&y=2"}


@pytest.mark.parametrize(
    "other",
    [
        {**GET, "url": "http://two.test/v1/a%20b?x=1&y=2"},
        {**GET, "url": "https://one.test:1/v1/a b?y=2&x=1"},
        {**GET, "method": "get"},
        {**GET, "headers": {"x-id": "7"}},
    ],
    ids=["another host", "another order and spelling", "lower case", "another header"],
)
def test_what_means_the_same_has_the_same_key(other: dict[str, Tree]) -> None:
    assert key_of("http", other) == key_of("http", GET)


@pytest.mark.parametrize(
    "other",
    [
        {**GET, "method": "POST"},
        {**GET, "url": "https://one.test:1/v1/a/b?x=1&y=2"},
        {**GET, "url": "https://one.test:1/v1/a%20b?x=1&y=3"},
        {**GET, "url": "https://one.test:1/v1/a%20b?x=1"},
        {**GET, "json": None},
        {**GET, "text": ""},
        {**GET, "body": b""},
    ],
    ids=str,
)
def test_what_asks_something_else_has_another_key(other: dict[str, Tree]) -> None:
    assert key_of("http", other) != key_of("http", GET)


def test_an_empty_query_value_counts() -> None:
    assert key_of("http", {**GET, "url": "/a?x="}) != key_of("http", {**GET, "url": "/a"})


def test_white_space_in_a_statement_counts_for_nothing() -> None:
    one: dict[str, Tree] = {"call": "execute", "statement": "select\n  1", "host": "a"}
    other: dict[str, Tree] = {"call": "execute", "statement": "select 1 ", "host": "b"}
    assert key_of("sql", one) == key_of("sql", other)


@pytest.mark.parametrize(
    ("one", "other"), [(1, True), (1, "1"), (Decimal("1.0"), Decimal("1.00")), (b"1", "1")], ids=str
)
def test_binds_of_other_types_have_other_keys(one: Tree, other: Tree) -> None:
    asked: list[dict[str, Tree]] = [
        {"call": "execute", "statement": "s", "binds": [each]} for each in (one, other)
    ]
    assert key_of("sql", asked[0]) != key_of("sql", asked[1])


def test_http_and_sql_are_told_apart() -> None:
    assert key_of("http", {}) != key_of("sql", {})


def test_the_host_is_as_the_address_spells_it() -> None:
    assert host_of(GET) == "one.test:1"
    assert host_of({}) == ""
