"""What `list` asks for, where a gateway filters by itself."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rai_jobs import JobRecord
from rai_jobs.filters import ListFilter, creation_key, page

RECORD = JobRecord("x", "Logic", state="RUNNING", reasoner_name="Worker-1", created_by="Ann")
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        (ListFilter(), True),
        (ListFilter(job_id="x"), True),
        (ListFilter(job_id="X"), False),
        (ListFilter(state="running"), True),
        (ListFilter(state="RUN"), False),
        (ListFilter(name="WORKER-1"), True),
        (ListFilter(name="worker"), False),
        (ListFilter(created_by="aNN"), True),
        (ListFilter(created_by="bob"), False),
        (ListFilter(created_by="bob", all_users=True), True),
        (ListFilter(only_active=True), True),
        (ListFilter(job_id="x", state="RUNNING", name="worker-1", created_by="ann"), True),
        (ListFilter(job_id="x", state="COMPLETED", name="worker-1", created_by="ann"), False),
    ],
)
def test_a_record_passes_every_filter_or_none(wanted: ListFilter, matches: bool) -> None:
    assert wanted.matches(RECORD) == matches


@pytest.mark.parametrize(
    ("state", "active"),
    [(state, True) for state in ("CREATED", "QUEUED", "PENDING", "RUNNING", "CANCELING", "ODD")]
    + [(state, False) for state in ("COMPLETED", "FAILED", "CANCELED", "ABORTED", "aborted")],
)
def test_only_active_keeps_what_has_not_ended(state: str, active: bool) -> None:
    record = JobRecord("x", "Logic", state=state)
    assert ListFilter(only_active=True).matches(record) == active
    assert ListFilter(only_active=True, state=state.lower()).matches(record)


@pytest.mark.parametrize("wanted", [ListFilter(name="w"), ListFilter(created_by="ann")])
def test_what_a_record_does_not_tell_passes_no_filter(wanted: ListFilter) -> None:
    assert not wanted.matches(JobRecord("x", "Logic", state="RUNNING"))


@pytest.mark.usefixtures("far_from_utc")
def test_naive_times_are_utc_and_missing_ones_come_last() -> None:
    eastern = timezone(timedelta(hours=-5))
    times: dict[str, datetime | None] = {
        "never": None,
        "naive, at one": NOON.replace(hour=13, tzinfo=None),
        "east, at half past twelve": (NOON + timedelta(minutes=30)).astimezone(eastern),
        "at noon": NOON,
        "never either": None,
    }
    records = [JobRecord(name, "ML", state="X", created_on=at) for name, at in times.items()]
    found = ListFilter().select(records, limit=None, offset=None)
    assert [record.id for record in found] == [
        "naive, at one",
        "east, at half past twelve",
        "at noon",
        "never",
        "never either",
    ]


@given(
    st.lists(st.datetimes() | st.none(), max_size=8),
    st.none() | st.integers(-2, 9),
    st.none() | st.integers(0, 9),
)
def test_a_page_is_cut_from_what_is_sorted(
    times: list[datetime | None], limit: int | None, offset: int | None
) -> None:
    records = [JobRecord(str(n), "ML", created_on=at) for n, at in enumerate(times)]
    everything = ListFilter().select(records, limit=None, offset=None)
    keys = [creation_key(record) for record in everything]
    assert keys == sorted(keys, reverse=True)
    assert sorted(record.id for record in everything) == sorted(record.id for record in records)
    found = ListFilter().select(records, limit=limit, offset=offset)
    assert found == page(everything, limit=limit, offset=offset)
    after = everything[offset or 0 :]
    assert found == (after if limit is None else after[: max(limit, 0)])
