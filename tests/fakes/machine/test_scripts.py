"""What a registered script says of itself, whom it asks, and how it is forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from rai_jobs.reasoners import LOGIC, PREDICTIVE, ReasonerType
from rai_jobs_fakes import JobScript, failed
from rai_jobs_fakes.machine.plan import Plan
from rai_jobs_fakes.machine.refusals import Refused
from rai_jobs_fakes.machine.scripts import Payload, ScriptBook, ScriptEntry


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (ScriptEntry(JobScript()), "a script: any type, any reasoner"),
        (
            ScriptEntry(JobScript(), LOGIC, "it's", 2, bool, registered_at="test.py:7"),
            'test.py:7: Logic, "it\'s", where its predicate holds, 2 left',
        ),
        (ScriptEntry(JobScript(), left=0), "a script: any type, any reasoner, 0 left"),
    ],
)
def test_an_entry_says_whom_it_is_for(entry: ScriptEntry, said: str) -> None:
    assert str(entry) == said


def test_a_predicate_and_a_callback_are_given_the_payload() -> None:
    asked: list[Payload] = []

    def mine(payload: Payload) -> bool:
        asked.append(payload)
        return False

    def script_of(payload: Payload) -> JobScript | None:
        asked.append(payload)
        return None

    book = ScriptBook()
    book.add(ScriptEntry(JobScript(), where=mine))
    book.add(ScriptEntry(script_of))
    payload = {"n": [1]}
    book.find(LOGIC, "w", payload)
    assert asked == [payload, payload]
    assert all(each["n"] is not payload["n"] for each in asked)


def test_a_predicate_is_asked_of_nobody_whom_the_script_is_not_for() -> None:
    def never(payload: Payload) -> bool:
        raise AssertionError(payload)

    book = ScriptBook()
    for kind, name, left in ((PREDICTIVE, None, None), (None, "x", None), (None, None, 0)):
        book.add(ScriptEntry(JobScript(), kind, name, left, never))
    assert book.find(LOGIC, "w", {})[0] not in book.entries


def test_what_a_test_gave_to_be_called_fails_in_its_own_words() -> None:
    def bad(payload: Payload) -> bool:
        raise KeyError(payload["n"])

    entry = ScriptEntry(JobScript(), where=bad, registered_at="test.py:7")
    with pytest.raises(Refused) as caught:
        entry.plan_for(LOGIC, "w", {"n": 1})
    assert str(caught.value) == "what the test registered at test.py:7 failed: KeyError: 1"


@pytest.mark.parametrize("made", [JobScript(outcome=failed("x")), "no script", True])
def test_a_callback_must_make_a_script_that_fits(made: Any) -> None:
    entry = ScriptEntry(lambda payload: made, registered_at="test.py:7")
    with pytest.raises(Refused) as caught:
        entry.plan_for(LOGIC, "w", {})
    assert str(caught.value) == (
        "the on_create callback registered at test.py:7 must return a JobScript that Logic can live"
        f" by, or None; got {made!r:.200}"
    )


def test_a_script_is_laid_out_once_however_many_live_by_it() -> None:
    entry = ScriptEntry(JobScript())
    assert entry.plan_for(LOGIC, "w", {}) is entry.plan_for(LOGIC, "w", {})


def test_who_was_not_used_is_told_and_can_be_forgotten() -> None:
    used, unused, kept = (ScriptEntry(JobScript(run_s=run_s)) for run_s in (1, 2, 3))
    book = ScriptBook()
    for each in (used, unused, kept):
        book.add(each)
    used.use()
    used.use()
    assert used.used == 2
    assert book.unused() == [unused, kept]
    book.forget([unused])
    assert book.entries == [used, kept]


def test_under_strict_scripts_what_none_matches_is_refused_and_told_what_there_is() -> None:
    book = ScriptBook(strict=True)
    with pytest.raises(Refused) as caught:
        book.find(LOGIC, "w", {})
    assert str(caught.value) == (
        "no script matches Logic on 'w' (strict_scripts). Registered: none"
    )
    for name in ("x", "y"):
        book.add(ScriptEntry(JobScript(), name=name))
    with pytest.raises(Refused) as caught:
        book.find(LOGIC, "w", {})
    assert str(caught.value).endswith(
        "Registered: a script: any type, 'x'; a script: any type, 'y'"
    )


def test_what_is_used_up_may_be_forgotten() -> None:
    book = ScriptBook()
    used_up, other = ScriptEntry(JobScript(), left=1), ScriptEntry(JobScript())
    for entry in (used_up, other):
        book.add(entry)
    assert book.find(PREDICTIVE, "w", {})[0] is used_up
    used_up.use()
    assert book.find(PREDICTIVE, "w", {})[0] is other
    book.forget([used_up])
    assert book.find(PREDICTIVE, "w", {})[0] is other


def test_what_is_used_up_at_the_head_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    book, asked = ScriptBook(), list[ScriptEntry]()
    entries = [ScriptEntry(JobScript(), left=left) for left in (0, 0, 1, None)]
    for entry in entries:
        book.add(entry)
    plan_for = ScriptEntry.plan_for

    def counted(entry: ScriptEntry, kind: ReasonerType, name: str, payload: Payload) -> Plan | None:
        asked.append(entry)
        return plan_for(entry, kind, name, payload)

    monkeypatch.setattr(ScriptEntry, "plan_for", counted)
    book.find(LOGIC, "w", {})[0].use()
    book.find(LOGIC, "w", {})
    assert asked == [entries[2], entries[3]]
