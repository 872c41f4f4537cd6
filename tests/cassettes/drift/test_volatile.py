"""Which rule holds where."""

from __future__ import annotations

import pytest

from rai_jobs_cassettes.drift.volatile import DEFAULT_VOLATILE, How, Rules, Volatile


@pytest.mark.parametrize(
    ("way", "how"),
    [
        ("json.job.id", How.NAMED),
        ("rows.created_on", How.INSTANT),
        ("json.job.duration", How.DURATION),
        ("json.continuation_token", How.OPAQUE),
        ("json.session_id", How.IGNORED),
        ("json.job.state", None),
        ("json.events.id", None),
        ("json.job.payload.id", None),
        ("rows.payload.created_on", None),
    ],
)
def test_what_differs_by_default(way: str, how: How | None) -> None:
    assert Rules(DEFAULT_VOLATILE).at(way.split(".")) is how


def test_inside_of_events_a_rule_that_says_so_holds() -> None:
    rules = Rules([Volatile("events.time")])
    assert rules.at(["json", "events", "time"]) is How.IGNORED
    assert rules.at(["json", "time"]) is None


def test_the_longer_rule_holds_and_of_equals_the_last() -> None:
    rules = Rules([Volatile("job.id"), Volatile("id", How.NAMED), Volatile("id", How.OPAQUE)])
    assert rules.at(["json", "job", "id"]) is How.IGNORED
    assert rules.at(["json", "id"]) is How.OPAQUE


def test_the_case_of_a_rule_does_not_matter() -> None:
    assert Rules([Volatile("Rows.ID")]).at(["rows", "id"]) is How.IGNORED


def test_the_whole_has_no_rule() -> None:
    assert Rules(DEFAULT_VOLATILE).at([]) is None
