"""What a value is in a tree: for all that the connector can give or take."""

from __future__ import annotations

import datetime as dt
import enum
from decimal import Decimal
from typing import Any

import pytest
import pytz
from hypothesis import given
from hypothesis import strategies as st

from rai_jobs_cassettes.errors import CassetteError
from rai_jobs_cassettes.sql.values import Cells, bind_tree, cells_of, row_tree, served_rows

EPOCH = dt.datetime.fromisoformat("2000-01-01")
YEAR = dt.timedelta(days=365)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata"])
NAIVE = st.datetimes(EPOCH - 100 * YEAR, EPOCH + 100 * YEAR).map(lambda each: each.replace(fold=0))
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.text(),
    st.binary(),
    st.dates(),
    st.times(),
    NAIVE,
    st.timedeltas(),
)


def there_and_back(rows: list[list[Any]]) -> list[list[Any]]:
    """Through trees that hold nothing but plain types, as a file has them."""
    width = len(rows[0])
    trees = [row_tree(row) for row in rows]
    return [list(row) for row in served_rows(trees, cells_of(rows, width))]


@given(st.lists(PLAIN, min_size=1, max_size=5))
def test_plain_values_come_back_as_they_were(row: list[Any]) -> None:
    assert repr(there_and_back([row])) == repr([row])


@given(st.lists(NAIVE, min_size=1, max_size=4), ZONES)
def test_instants_of_a_session_come_back_in_its_zone(naive: list[dt.datetime], zone: str) -> None:
    there = pytz.timezone(zone)
    rows = [[pytz.utc.localize(each).astimezone(there)] for each in naive]
    back = there_and_back(rows)
    assert repr(back) == repr(rows)
    assert [value.dst() for [value] in back] == [value.dst() for [value] in rows]


@given(st.lists(st.tuples(NAIVE, st.integers(-720, 840)), min_size=1, max_size=4))
def test_instants_with_an_offset_come_back_with_it(found: list[tuple[dt.datetime, int]]) -> None:
    rows = [[naive.replace(tzinfo=pytz.FixedOffset(minutes))] for naive, minutes in found]
    assert repr(there_and_back(rows)) == repr(rows)


def test_a_tree_holds_no_zone_of_a_library() -> None:
    berlin = pytz.timezone("Europe/Berlin").localize(dt.datetime.fromisoformat("2026-07-01 12:00"))
    [value] = row_tree([berlin])
    assert isinstance(value, dt.datetime)
    assert value.tzinfo == dt.timezone(dt.timedelta(hours=2))
    assert cells_of([[berlin], [None]], 1) == [Cells(zone="Europe/Berlin")]


def test_offsets_of_seconds_are_kept() -> None:
    odd = dt.datetime(2026, 1, 1, tzinfo=dt.timezone(dt.timedelta(seconds=61)))
    assert there_and_back([[odd]]) == [[odd]]


def test_bytes_that_can_change_come_back_so() -> None:
    [[value, other]] = there_and_back([[bytearray(b"a"), b"b"]])
    assert (value, type(value), type(other)) == (bytearray(b"a"), bytearray, bytes)


def test_lists_and_objects_are_served_anew_each_time() -> None:
    tree = row_tree([[1, Decimal(2)], {"a": [None]}])
    cells = cells_of([tree], 2)
    first, second = next(served_rows([tree], cells)), next(served_rows([tree], cells))
    assert first == second == ([1, Decimal(2)], {"a": [None]})
    assert first[0] is not second[0]


class Colour(str, enum.Enum):
    RED = "red"


class Number(enum.IntEnum):
    ONE = 1


def test_what_is_bound_is_recorded_as_it_is_sent() -> None:
    bound = (Colour.RED, Number.ONE, bytearray(b"x"), ("TIMESTAMP_LTZ", None), {"a": True})
    tree: Any = bind_tree(bound)
    assert tree == ["red", 1, b"x", ["TIMESTAMP_LTZ", None], {"a": True}]
    assert [type(each) for each in tree[:3]] == [str, int, bytes]


@pytest.mark.parametrize("value", [1j, object(), {1: 2}, {1, 2}])
def test_what_no_file_can_hold_is_refused_by_name(value: Any) -> None:
    with pytest.raises(CassetteError, match=type(value).__name__):
        bind_tree([value])
    with pytest.raises(CassetteError, match="cannot be recorded"):
        row_tree([value])
