"""What `list` returns: order, filters alone and in pairs, merging, limits and offsets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pytest

from rai_jobs.models import Job

from ..script import JobScript, aborted, failed
from .subject import EACH_TYPE, TYPES, Subject

ACTIVE = {"CREATED", "QUEUED", "PENDING", "RUNNING", "CANCELING"}


@dataclass(frozen=True)
class Filter:
    """One filter, and what it means of a job."""

    name: str
    value: Callable[[list[Job]], object]
    keeps: Callable[[Job, object], bool]


FILTERS = (
    Filter("job_id", lambda jobs: jobs[3].id, lambda job, value: job.id == value),
    Filter("state", lambda _: "completed", lambda job, _: job.state == "COMPLETED"),
    Filter("state", lambda _: "RUNNING", lambda job, _: job.state == "RUNNING"),
    Filter("name", lambda _: "WORKER-2", lambda job, _: job.name == "worker-2"),
    Filter("created_by", lambda _: "BoB", lambda job, _: job.created_by == "bob"),
    Filter("only_active", lambda _: True, lambda job, _: job.state in ACTIVE),
    Filter("all_users", lambda _: True, lambda _job, _: True),
)
PAIRS = [
    pair
    for pair in combinations(FILTERS, 2)
    if pair[0].name != pair[1].name
    # These two bear on each other by rule, and have tests of their own.
    and {pair[0].name, pair[1].name} not in ({"state", "only_active"}, {"created_by", "all_users"})
]


def populate(subject: Subject, reasoner_type: str) -> list[Job]:
    """Create twelve executions of every sort; return them newest first, as an admin sees them."""
    bad = aborted("x") if reasoner_type == "Logic" else failed("x")
    scripts = [
        JobScript(),
        JobScript(run_s=1000),
        JobScript(outcome=bad),
        JobScript(created_s=1000),
        JobScript(queue_s=1000),
        JobScript(run_s=1000, cancel_latency_s=1000),
    ]
    for number in range(12):
        operation = subject.create(
            reasoner_type,
            scripts[number % 6],
            reasoner=f"worker-{number % 3}",
            user=("ann", "bob")[number % 2],
        )
        if number % 6 == 5:
            operation.cancel()
        subject.advance(1)
    return subject.jobs("root").list(reasoner_type)


class TestListing:
    """Listing executions."""

    @EACH_TYPE
    def test_the_newest_comes_first(self, subject: Subject, reasoner_type: str) -> None:
        ids: list[str] = []
        for seconds in (1, 0, 2, 0.5):
            ids.append(subject.create(reasoner_type).id)
            subject.advance(seconds)
        assert [job.id for job in subject.jobs().list(reasoner_type)] == ids[::-1]

    @EACH_TYPE
    def test_nothing_is_an_empty_list(self, subject: Subject, reasoner_type: str) -> None:
        assert subject.jobs().list(reasoner_type) == []
        assert subject.jobs().list() == []

    @EACH_TYPE
    def test_a_list_shows_what_get_shows(self, subject: Subject, reasoner_type: str) -> None:
        jobs = populate(subject, reasoner_type)
        assert len(jobs) == 12
        assert jobs == [subject.jobs("root").get(reasoner_type, job.id) for job in jobs]

    @EACH_TYPE
    @pytest.mark.parametrize("wanted", FILTERS, ids=lambda wanted: wanted.name)
    def test_each_filter_alone(self, subject: Subject, reasoner_type: str, wanted: Filter) -> None:
        jobs = populate(subject, reasoner_type)
        value = wanted.value(jobs)
        found = self._list(subject, reasoner_type, {wanted.name: value})
        assert found == [job for job in jobs if wanted.keeps(job, value)]
        assert found

    @EACH_TYPE
    @pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0].name}+{pair[1].name}")
    def test_filters_in_pairs(
        self, subject: Subject, reasoner_type: str, pair: tuple[Filter, Filter]
    ) -> None:
        jobs = populate(subject, reasoner_type)
        values = {wanted.name: wanted.value(jobs) for wanted in pair}
        found = self._list(subject, reasoner_type, values)
        assert found == [
            job for job in jobs if all(wanted.keeps(job, values[wanted.name]) for wanted in pair)
        ]

    @EACH_TYPE
    def test_a_state_beats_only_active(self, subject: Subject, reasoner_type: str) -> None:
        jobs = populate(subject, reasoner_type)
        found = self._list(subject, reasoner_type, {"state": "COMPLETED", "only_active": True})
        assert found == [job for job in jobs if job.state == "COMPLETED"]

    @EACH_TYPE
    def test_all_users_ignores_the_creator(self, subject: Subject, reasoner_type: str) -> None:
        jobs = populate(subject, reasoner_type)
        found = self._list(subject, reasoner_type, {"created_by": "bob", "all_users": True})
        assert found == jobs

    @EACH_TYPE
    def test_only_active_shows_every_active_state(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        populate(subject, reasoner_type)
        states = {job.state for job in self._list(subject, reasoner_type, {"only_active": True})}
        logic = {"CREATED", "QUEUED", "RUNNING", "CANCELING"}
        assert states == (logic if reasoner_type == "Logic" else {"CREATED", "PENDING", "RUNNING"})

    @EACH_TYPE
    @pytest.mark.parametrize(
        ("limit", "offset"),
        [(None, None), (5, None), (None, 5), (5, 5), (100, 0), (1, 11), (1, 12), (None, 99)],
    )
    def test_a_page_of_the_list(
        self, subject: Subject, reasoner_type: str, limit: int | None, offset: int | None
    ) -> None:
        jobs = populate(subject, reasoner_type)
        found = self._list(subject, reasoner_type, {"limit": limit, "offset": offset})
        start = offset or 0
        assert found == jobs[start : None if limit is None else start + limit]

    @EACH_TYPE
    def test_filters_apply_before_limit_and_offset(
        self, subject: Subject, reasoner_type: str
    ) -> None:
        jobs = populate(subject, reasoner_type)
        found = self._list(subject, reasoner_type, {"created_by": "ann", "limit": 2, "offset": 3})
        assert found == [job for job in jobs if job.created_by == "ann"][3:5]

    @pytest.mark.parametrize("limit", [0, -1])
    @pytest.mark.parametrize("reasoner_type", [None, *TYPES])
    def test_no_limit_to_speak_of_asks_nothing(
        self, subject: Subject, reasoner_type: str | None, limit: int
    ) -> None:
        subject.create("Logic")
        calls = len(subject.backend.transcript)
        assert subject.jobs().list(reasoner_type, limit=limit) == []
        assert len(subject.backend.transcript) == calls

    @pytest.mark.parametrize(
        ("limit", "offset"), [(None, None), (4, None), (None, 4), (4, 3), (2, 8), (5, 20)]
    )
    def test_all_types_are_merged_newest_first(
        self, subject: Subject, limit: int | None, offset: int | None
    ) -> None:
        ids: list[str] = []
        for number in range(9):
            ids.insert(0, subject.create(TYPES[number % 3]).id)
            subject.advance(1)
        found = [job.id for job in subject.jobs().list(limit=limit, offset=offset)]
        start = offset or 0
        assert found == ids[start : None if limit is None else start + limit]

    def test_filters_apply_to_all_types(self, subject: Subject) -> None:
        for reasoner_type in TYPES:
            subject.create(reasoner_type, JobScript(run_s=9), reasoner="busy")
            subject.create(reasoner_type, reasoner="idle")
            subject.advance(1)
        found = subject.jobs().list(name="busy", state="running")
        assert [job.reasoner_type for job in found] == [*reversed(TYPES)]

    def test_one_type_shows_no_other(self, subject: Subject) -> None:
        for reasoner_type in TYPES:
            subject.create(reasoner_type)
        for reasoner_type in TYPES:
            [job] = subject.jobs().list(reasoner_type)
            assert job.reasoner_type == reasoner_type

    @staticmethod
    def _list(subject: Subject, reasoner_type: str, filters: dict[str, Any]) -> list[Job]:
        return subject.jobs("root").list(reasoner_type, **filters)
