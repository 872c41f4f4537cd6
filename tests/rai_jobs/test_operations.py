"""A job seen as an operation, where no backend of ours leads."""

from __future__ import annotations

import pytest

from rai_jobs import Job, Operation
from rai_jobs.operations import operation_of


@pytest.mark.parametrize(
    ("state", "reason", "status", "error"),
    [
        ("COMPLETED", None, "SUCCEEDED", None),
        ("completed", "ignored", "SUCCEEDED", None),
        ("CANCELED", "ignored", "CANCELLED", None),
        ("FAILED", "infeasible", "FAILED", "infeasible"),
        ("FAILED", None, "FAILED", "job ended in state=FAILED"),
        ("aborted", "", "FAILED", "job ended in state=ABORTED"),
        ("CANCELING", None, "RUNNING", None),
        ("paused", None, "RUNNING", None),
        ("", None, "RUNNING", None),
    ],
)
def test_every_state_has_its_status(
    state: str, reason: str | None, status: str, error: str | None
) -> None:
    job = Job("x", "Prescriptive", state, name="w", abort_reason=reason)
    raw = {"state": state.upper(), "reasoner_type": "SOLVER", "name": "w"}
    assert operation_of("x", job) == Operation("x", status, error, raw)


def test_an_unknown_type_stays_as_it_came() -> None:
    assert operation_of("x", Job("x", "Oracle", "RUNNING")).raw["reasoner_type"] == "Oracle"
