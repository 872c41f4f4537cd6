"""What the client refuses before anything is sent, and how it says so."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from typing import Any

import pytest

from rai_jobs.errors import ClientInvalidRequestError, JobInvalidRequestError

from ..script import JobScript
from .subject import Subject

NOT_TEXT: list[Any] = [None, 3, b"id", ["id"], "", "  "]
BAD_IDS: list[Any] = [*NOT_TEXT, "a/b", "a\\b", "käse", "a b", "a\nb", "x" * 10_240, ".", ".."]
BAD_SECONDS: list[Any] = [0, -1, -0.5, math.nan, math.inf, -math.inf, "1", None, True]
NESTED: dict[str, Any] = {}
NESTED["again"] = NESTED
NOT_JSON: list[tuple[Any, str]] = [
    ({"at": datetime(2026, 1, 1, tzinfo=timezone.utc)}, r"payload\['at'\] is .*datetime"),
    ({"rows": [1, {"x": math.nan}]}, r"payload\['rows'\]\[1\]\['x'\] is nan"),
    ({"x": math.inf}, "inf"),
    ({"x": {1, 2}}, "set"),
    ({"x": b"bytes"}, "bytes"),
    ({("a",): 1}, "payload"),
    (NESTED, "nested too deeply"),
]
ONE: dict[str, Any] = {"reasoner_type": "Logic", "job_id": "x"}
NEW: dict[str, Any] = {"reasoner_type": "SOLVER", "reasoner_name": "w", "payload": {}}
# Per method, arguments that are right; a test puts a wrong one in.
METHODS: dict[str, dict[str, Any]] = {
    "get": ONE,
    "create": NEW,
    "create_ready": NEW,
    "list": {"reasoner_type": "Logic"},
    "get_events": ONE,
    "follow": ONE,
    "cancel": ONE,
    "wait": ONE,
    "get_operation": ONE,
}
WITH_ID = ("get", "get_events", "follow", "cancel", "wait", "get_operation")
WITH_PACE = ("create_ready", "follow", "wait")
WITH_INCLUDE = ("get", "create_ready", "list", "wait")


def cases() -> list[tuple[str, dict[str, Any], str]]:
    """Return every bad call: the method, the argument, and a pattern of what the error says."""
    found: list[tuple[str, dict[str, Any], str]] = []
    for method in METHODS:
        found.extend(
            (method, {"reasoner_type": value}, "Logic, Prescriptive, Predictive")
            for value in ("Logik", "", "  ", 3, b"LOGIC", ("LOGIC",))
        )
    for method in WITH_ID:
        found.extend((method, {"job_id": value}, "`job_id`") for value in BAD_IDS)
    for method in WITH_PACE:
        for name in ("timeout_s", "poll_interval_s"):
            found.extend((method, {name: value}, f"`{name}`.*seconds") for value in BAD_SECONDS)
        found.extend(
            (method, {"poll_interval_s": value}, "less than 20") for value in (20, 20.5, 900)
        )
    for method in WITH_INCLUDE:
        found.append((method, {"include": {"zz": True}}, "details, events, artifacts, problems"))
        found.append((method, {"include": {"": True}}, "details, events, artifacts, problems"))
        found.extend((method, {"include": {"raw": value}}, "True or False") for value in (1, "yes"))
        found.extend((method, {"include": value}, "mapping") for value in (["raw"], "raw", 1))
        for name in ("artifacts", "problems"):
            bad = {"reasoner_type": "Predictive", "include": {name: True}}
            found.append((method, bad, f"{name} is only for Logic"))
    for method in ("create", "create_ready"):
        found.extend((method, {"reasoner_name": value}, "`reasoner_name`") for value in NOT_TEXT)
        found.extend(
            (method, {"payload": value}, "`payload` must be a dict")
            for value in (None, [], "{}", 1, [("a", 1)])
        )
        found.extend((method, {"payload": value}, pattern) for value, pattern in NOT_JSON)
        found.extend(
            (method, {"timeout_mins": value}, "`timeout_mins`")
            for value in (0, -1, 1.5, "1", True, math.nan)
        )
    for name in ("job_id", "state", "name", "created_by"):
        found.extend(("list", {name: value}, f"`{name}`") for value in ("", "  ", 3, ()))
    found.extend(("list", {"limit": value}, "`limit`") for value in ("1", 1.5, True))
    found.extend(("list", {"offset": value}, "`offset`") for value in (-1, "1", 1.5, True))
    for name in ("only_active", "all_users"):
        found.extend(("list", {name: value}, f"`{name}`") for value in (1, None, "yes"))
    found.append(("list", {"reasoner_type": None, "include": {"problems": True}}, "only for Logic"))
    for method in ("get_events", "follow"):
        found.extend(
            (method, {"continuation_token": value}, "`continuation_token`") for value in (None, 0)
        )
        found.extend(
            (method, {"stream_name": value}, "`stream_name`") for value in (None, "", "..")
        )
    found.extend(("cancel", {"all_users": value}, "`all_users`") for value in (1, 0, None, "yes"))
    return found


class TestRefusals:
    """Bad input: a typed error that says what was given and what is allowed, and no request."""

    @pytest.mark.parametrize("method", METHODS, ids=lambda method: method)
    def test_bad_input_is_refused_and_nothing_is_sent(self, subject: Subject, method: str) -> None:
        jobs, calls = subject.jobs(), len(subject.backend.transcript)
        of_method = [case for case in cases() if case[0] == method]
        assert len(of_method) > 6
        for _, given, pattern in of_method:
            with pytest.raises(JobInvalidRequestError, match=f"(?s){pattern}") as caught:
                getattr(jobs, method)(**{**METHODS[method], **given})
            assert isinstance(caught.value, ClientInvalidRequestError)
            assert len(str(caught.value)) < 500, given
        assert len(subject.backend.transcript) == calls

    def test_an_id_of_the_longest_length_is_sent(self, subject: Subject) -> None:
        assert subject.jobs().get("Logic", "x" * 256) is None
        assert len(subject.backend.transcript) == 1

    def test_ids_and_names_are_trimmed(self, subject: Subject) -> None:
        operation = subject.jobs().create(" Predictive ", "  worker-1 ", {})
        job = subject.jobs().get("ML", f" {operation.id}\n")
        assert job is not None
        assert job.name == "worker-1"
        assert [
            found.id
            for found in subject.jobs().list("ml", job_id=f" {operation.id} ", name=" worker-1 ")
        ] == [operation.id]

    def test_follow_refuses_when_it_is_called_not_when_it_is_read(self, subject: Subject) -> None:
        operation = subject.create("Logic", JobScript(run_s=9))
        with pytest.raises(JobInvalidRequestError):
            operation.follow(timeout_s=0)
