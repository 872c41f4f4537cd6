"""The table of transitions, row by row, as the protocol has it (spec §2)."""

from __future__ import annotations

import pytest

from rai_jobs.states import TERMINAL_STATES, State
from rai_jobs_fakes.machine.table import INITIAL_STATE, TRANSITIONS, Kind, Trigger, next_state

ROWS: dict[Kind, str] = {
    Kind.TRANSACTION: """
        CREATED    ENQUEUE              QUEUED
        CREATED    START                RUNNING
        CREATED    CANCEL               CANCELED
        CREATED    TIMEOUT              ABORTED
        CREATED    DETACH               ABORTED
        QUEUED     READY                QUEUED
        QUEUED     START                RUNNING
        QUEUED     CANCEL               CANCELED
        QUEUED     TIMEOUT              ABORTED
        QUEUED     DETACH               ABORTED
        RUNNING    FINISH_WELL          COMPLETED
        RUNNING    FINISH_BADLY         ABORTED
        RUNNING    GUARD_RAIL           ABORTED
        RUNNING    CANCEL               CANCELING
        RUNNING    TIMEOUT              ABORTED
        RUNNING    DETACH               ABORTED
        CANCELING  FINISH_WELL          COMPLETED
        CANCELING  FINISH_BADLY         ABORTED
        CANCELING  GUARD_RAIL           ABORTED
        CANCELING  CANCEL_TAKES_EFFECT  CANCELED
        CANCELING  TIMEOUT              ABORTED
        CANCELING  DETACH               ABORTED
    """,
    Kind.JOB: """
        CREATED    ENQUEUE              PENDING
        CREATED    START                RUNNING
        CREATED    CANCEL               CANCELED
        CREATED    TIMEOUT              FAILED
        PENDING    READY                PENDING
        PENDING    START                RUNNING
        PENDING    CANCEL               CANCELED
        PENDING    TIMEOUT              FAILED
        RUNNING    FINISH_WELL          COMPLETED
        RUNNING    FINISH_BADLY         FAILED
        RUNNING    CANCEL               RUNNING
        RUNNING    CANCEL_TAKES_EFFECT  CANCELED
        RUNNING    TIMEOUT              FAILED
    """,
}
EXPECTED: dict[tuple[Kind, State, Trigger], State] = {
    (kind, State[before], Trigger[trigger]): State[after]
    for kind, rows in ROWS.items()
    for before, trigger, after in map(str.split, rows.strip().splitlines())
}
STATES_OF = {
    Kind.TRANSACTION: {
        State.CREATED,
        State.QUEUED,
        State.RUNNING,
        State.CANCELING,
        State.COMPLETED,
        State.CANCELED,
        State.ABORTED,
    },
    Kind.JOB: {
        State.CREATED,
        State.PENDING,
        State.RUNNING,
        State.COMPLETED,
        State.FAILED,
        State.CANCELED,
    },
}
EACH_KIND = pytest.mark.parametrize("kind", Kind)


def reachable(kind: Kind) -> set[State]:
    seen, todo = {INITIAL_STATE}, [INITIAL_STATE]
    while todo:
        for after in TRANSITIONS[kind].get(todo.pop(), {}).values():
            if after not in seen:
                seen.add(after)
                todo.append(after)
    return seen


def test_the_table_has_exactly_the_rows_of_the_protocol() -> None:
    found = {
        (kind, before, trigger): after
        for kind, states in TRANSITIONS.items()
        for before, row in states.items()
        for trigger, after in row.items()
    }
    assert found == EXPECTED


@EACH_KIND
@pytest.mark.parametrize("before", State)
def test_every_trigger_leads_where_the_table_says_and_else_nowhere(
    kind: Kind, before: State
) -> None:
    for trigger in Trigger:
        expected = EXPECTED.get((kind, before, trigger), before)
        assert next_state(kind, before, trigger) is expected, trigger


@EACH_KIND
@pytest.mark.parametrize("state", sorted(TERMINAL_STATES))
def test_nothing_leads_out_of_a_terminal_state(kind: Kind, state: State) -> None:
    assert state not in TRANSITIONS[kind]
    assert {next_state(kind, state, trigger) for trigger in Trigger} == {state}


@EACH_KIND
def test_every_state_of_a_kind_is_reached_and_no_other(kind: Kind) -> None:
    assert reachable(kind) == STATES_OF[kind]


@EACH_KIND
def test_an_end_is_reached_from_every_active_state(kind: Kind) -> None:
    for state in STATES_OF[kind] - TERMINAL_STATES:
        assert set(TRANSITIONS[kind][state].values()) & TERMINAL_STATES, state


def test_every_kind_and_every_trigger_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(Kind)
    used = {
        trigger for states in TRANSITIONS.values() for row in states.values() for trigger in row
    }
    assert used == set(Trigger)


@pytest.mark.parametrize(
    ("kind", "never"),
    [
        (Kind.JOB, {State.CANCELING, State.QUEUED, State.ABORTED}),
        (Kind.TRANSACTION, {State.PENDING, State.FAILED}),
    ],
)
def test_a_kind_never_enters_the_states_of_the_other(kind: Kind, never: set[State]) -> None:
    assert not reachable(kind) & never


def test_work_that_ends_beats_all_else_that_is_due_in_the_same_instant() -> None:
    assert list(Trigger)[:2] == [Trigger.FINISH_WELL, Trigger.FINISH_BADLY]


def test_everything_begins_as_created() -> None:
    assert INITIAL_STATE is State.CREATED
