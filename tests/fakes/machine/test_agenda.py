"""An agenda, beside the plain sorted list that it stands for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rai_jobs_fakes.machine.agenda import Agenda

MINUTE = 60_000_000
INSTANTS = st.integers(0, 10) | st.integers(0, 10 * MINUTE)
ENTRIES = st.tuples(INSTANTS, st.integers(-3, 3))


@given(st.lists(st.tuples(st.lists(ENTRIES, max_size=5), st.integers(0, 3 * MINUTE))))
def test_it_gives_what_is_due_soonest_first_and_of_one_instant_the_least_number(
    steps: list[tuple[list[tuple[int, int]], int]],
) -> None:
    agenda, plain, now = Agenda(), list[tuple[int, int]](), 0
    for entries, passing in steps:
        for entry in entries:
            agenda.note(*entry)
        plain = sorted([*plain, *entries])
        assert agenda.first() == (plain[0][0] if plain else None)
        now += passing
        while plain and plain[0][0] <= now:
            assert agenda.take(now) == plain.pop(0)
        assert agenda.take(now) is None
        assert agenda.first() == (plain[0][0] if plain else None)


def test_what_is_put_down_for_a_page_that_is_open_comes_in_its_order() -> None:
    agenda = Agenda()
    for instant in (5, 1):
        agenda.note(instant, 0)
    assert agenda.take(1) == (1, 0)
    agenda.note(3, 0)
    assert agenda.take(9) == (3, 0)
    assert agenda.take(9) == (5, 0)


def test_what_is_put_down_for_before_1970_comes_in_its_order_too() -> None:
    agenda = Agenda()
    for instant in (-1, -2 * MINUTE, 0):
        agenda.note(instant, 0)
    assert agenda.take(-MINUTE) == (-2 * MINUTE, 0)
    assert agenda.take(-2) is None
    assert [agenda.take(0), agenda.take(0), agenda.take(0)] == [(-1, 0), (0, 0), None]
