"""A set of numbers, beside the plain set that it stands for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rai_jobs_fakes.machine.ordered import Ordered

NUMBERS = st.integers(0, 300) | st.integers(0, 1_000_000)


@given(st.lists(NUMBERS))
def test_it_holds_what_was_put_in_and_not_taken_out_the_greatest_first(moves: list[int]) -> None:
    ordered, plain = Ordered(), set[int]()
    for number in moves:
        assert (number in ordered) == (number in plain)
        (ordered.remove if number in plain else ordered.add)(number)
        plain ^= {number}
        assert len(ordered) == len(plain)
    assert list(ordered.descending()) == sorted(plain, reverse=True)


@pytest.mark.parametrize("number", [0, 63, 64, 127, 128])
def test_a_neighbour_is_not_in_it(number: int) -> None:
    ordered = Ordered()
    ordered.add(number)
    assert [near for near in range(200) if near in ordered] == [number]


def test_what_is_walked_stays_as_it_was_when_the_walk_began_within_a_word() -> None:
    ordered = Ordered()
    for number in (1, 2, 3):
        ordered.add(number)
    walk = ordered.descending()
    assert next(walk) == 3
    ordered.remove(2)
    assert list(walk) == [2, 1]
