"""`diff`: what changed between two recordings, and what did not though it looks so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rai_jobs_cassettes.drift.changes import Changes
from rai_jobs_cassettes.drift.diff import diff
from rai_jobs_cassettes.drift.volatile import DEFAULT_VOLATILE, Volatile
from rai_jobs_cassettes.errors import DriftError
from rai_jobs_cassettes.interactions import Interaction
from rai_jobs_fakes import At, FakeBackend, JobScript, failed

from .stories import Story, Way

WAYS: tuple[Way, ...] = ("http", "sql")
SOLVE = JobScript(queue_s=1, run_s=5, events=[At(1, {"type": "a"}), At(4, {"type": "b"})])


def solved(
    over: Way,
    *,
    seed: int,
    script: JobScript = SOLVE,
    every_s: float = 2,
    jobs: int = 2,
    before: int = 0,
) -> list[Interaction]:
    """Return the recording of jobs that are followed to their ends, one after the other."""
    backend = FakeBackend(seed=seed)
    backend.add_user("ann")
    backend.script(script)
    story = Story(backend)
    client = story.client(over)
    backend.clock.sleep(1)
    for number in range(-before, jobs):
        made = client.create("Prescriptive", "r", {"number": number})
        token: str | None = ""
        while token is not None:
            client.get("Prescriptive", made.id)
            token = client.get_events("Prescriptive", made.id, token).continuation_token
            backend.clock.sleep(every_s)
    client.list("Prescriptive")
    return story.interactions


def kinds(changes: Changes) -> list[str]:
    return [each.kind for each in changes.changes]


@pytest.mark.parametrize("over", WAYS)
def test_the_same_story_with_other_ids_is_the_same(over: Way) -> None:
    old, new = solved(over, seed=1), solved(over, seed=2)
    assert old != new
    changes = diff(old, new, tolerance_s=0)
    assert str(changes) == f"No change: {len(old)} interactions say the same in both."
    assert changes
    changes.raise_on_drift()


@pytest.mark.parametrize("over", WAYS)
def test_another_reason_is_an_answer_that_changed_in_that_field(over: Way) -> None:
    old = solved(over, seed=1, script=replace(SOLVE, outcome=failed("this")), jobs=1)
    new = solved(over, seed=2, script=replace(SOLVE, outcome=failed("that")), jobs=1)
    changes = diff(old, new)
    assert set(kinds(changes)) == {"answer"}
    told = {
        each.place.rpartition(".")[2].lower()
        for change in changes.changes
        for each in change.differences
    }
    assert told == {"abort_reason"}
    assert "abort_reason: was 'this', is 'that'" in str(changes).lower()
    with pytest.raises(DriftError, match="answered differently"):
        changes.raise_on_drift()


@pytest.mark.parametrize("over", WAYS)
def test_another_execution_before_changes_nothing_behind_it(over: Way) -> None:
    old, new = solved(over, seed=1), solved(over, seed=2, before=1)
    changes = diff(old, new[:-1])
    assert set(kinds(changes)) == {"added", "timing", "removed"}
    [removed] = changes.of("removed")
    assert removed.old == len(old)
    # Of those that are in both, only the first comes later.
    assert len(changes.of("timing")) == 1
    assert len(changes.of("added")) == len(new) - len(old)


@pytest.mark.parametrize("over", WAYS)
def test_fewer_polls_are_requests_that_are_no_longer_asked(over: Way) -> None:
    old = solved(over, seed=1, jobs=1)
    looks = [number for number, each in enumerate(old) if "GET_JOB(" in _said(each)]
    looks += [number for number, each in enumerate(old) if _said(each).endswith("/SOLVER/ID")]
    second = looks[1]
    changes = diff(old, [*old[:second], *old[second + 1 :]])
    assert kinds(changes) == ["removed"]
    assert changes.changes[0].old == second + 1
    assert changes.compared == len(old) - 1
    assert [each.new for each in diff([*old[:second], *old[second + 1 :]], old).changes] == [
        second + 1
    ]


@pytest.mark.parametrize("over", WAYS)
def test_fewer_readings_before_a_token_moves_change_nothing_behind_them(over: Way) -> None:
    old = solved(over, seed=1, jobs=1, every_s=0.5)
    new = solved(over, seed=2, jobs=1, every_s=0.5)
    asked = [str(each.request).lower() for each in new]
    again = next(n for n, each in enumerate(asked) if "events" in each and each in asked[:n])
    changes = diff(old, [*new[:again], *new[again + 1 :]])
    assert kinds(changes) == ["removed"]


def test_of_answers_in_a_row_those_are_paired_that_say_the_same() -> None:
    running, ended = _get("/a", answer=0), _get("/a", answer=1)
    assert kinds(diff([running, running, ended], [running, ended])) == ["removed"]
    assert kinds(diff([running, ended], [running, running, ended])) == ["added"]


def _said(interaction: Interaction) -> str:
    request = interaction.request
    url = str(request.get("url", ""))
    head, _, last = url.rpartition("/")
    return f"{head}/ID" if len(last) == 36 else str(request.get("statement", url))


def test_another_order_is_told_as_such() -> None:
    old = [_get("/v1alpha1/a"), _get("/v1alpha1/b"), _get("/v1alpha1/c")]
    changes = diff(old, [old[2], old[0], old[1]])
    assert kinds(changes) == ["moved"]
    assert (changes.changes[0].old, changes.changes[0].new) == (3, 1)
    assert "3 → 1 GET https://h.test/v1alpha1/c: asked elsewhere in the order" in str(changes)


def test_an_answer_that_moved_and_changed_is_told_with_its_fields() -> None:
    old = [_get("/a"), _get("/b"), _get("/c", answer=1)]
    [change] = diff(old, [_get("/c", answer=2), old[0], old[1]]).changes
    assert change.kind == "moved"
    assert [str(each) for each in change.differences] == ["json.answer: was 1, is 2"]


def test_one_pause_that_grew_is_told_once() -> None:
    old = [_get(f"/{name}", at=number) for number, name in enumerate("abcd")]
    new = [*old[:2], *(replace(each, at=each.at + 5) for each in old[2:])]
    [change] = diff(old, new).changes
    assert (change.kind, change.old) == ("timing", 3)
    assert [(each.left, each.right) for each in change.differences] == [(1, 6)]
    assert diff(old, new, tolerance_s=5)


@pytest.mark.parametrize("over", WAYS)
def test_executions_that_were_created_later_are_not_told_at_every_look(over: Way) -> None:
    old = solved(over, seed=1, script=replace(SOLVE, run_s=500), every_s=200)
    new = solved(over, seed=2, script=replace(SOLVE, run_s=500), every_s=210)
    # Each pause grew, and nothing else.
    assert set(kinds(diff(old, new))) == {"timing", "answer"}
    told = {
        each.place.rpartition(".")[2].lower()
        for change in diff(old, new).of("answer")
        for each in change.differences
    }
    assert told == {"duration"}


def test_an_id_that_is_not_the_one_of_the_create_is_a_change() -> None:
    old, new = solved("http", seed=1, jobs=1), solved("http", seed=2, jobs=1)
    body = new[1].response["json"]
    assert isinstance(body, dict)
    assert isinstance(body["job"], dict)
    body["job"]["id"] = "somebody-else's"
    [change] = diff(old, new).changes
    assert [each.place for each in change.differences] == ["json.job.id"]


def test_what_is_ignored_is_no_change() -> None:
    old, new = [_get("/a", answer=1)], [_get("/a", answer=2)]
    assert not diff(old, new)
    assert diff(old, new, ignore=(*DEFAULT_VOLATILE, Volatile("json.answer")))


def test_nothing_and_nothing_are_the_same() -> None:
    assert diff([], [])


def _get(path: str, *, at: float = 0.0, answer: int = 0) -> Interaction:
    return Interaction(
        at,
        "http",
        {"method": "GET", "url": f"https://h.test{path}"},
        {"status": 200, "json": {"answer": answer}},
    )
