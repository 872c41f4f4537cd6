"""What a create is made of, and the words in which a wrong one is refused."""

from __future__ import annotations

from typing import Any

import pytest

from rai_jobs.reasoners import LOGIC, PREDICTIVE
from rai_jobs_fakes import JobScript, failed
from rai_jobs_fakes.instants import micros
from rai_jobs_fakes.machine.calls import Create, Get
from rai_jobs_fakes.machine.refusals import Refused
from rai_jobs_fakes.machine.scripts import ScriptEntry

from ..making import ANN, make_machine, payload_of


def refusal(payload: dict[str, Any], *, name: str = "w", minutes: Any = None) -> str:
    """In which words a job with it is refused."""
    with pytest.raises(Refused) as caught:
        Create(PREDICTIVE, name, payload, minutes).answer(make_machine(), ANN)
    return str(caught.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1}])
def test_a_payload_is_json(value: object) -> None:
    assert refusal({"x": value}) == "payload must be a JSON object"


def test_a_reasoner_is_named() -> None:
    assert refusal({}, name="") == "a reasoner name is required"


@pytest.mark.parametrize("minutes", [True, "5", 2.0])
def test_a_timeout_is_a_whole_number(minutes: object) -> None:
    assert refusal({}, minutes=minutes) == "timeout_mins must be an integer"


def test_a_timeout_has_an_end() -> None:
    assert refusal({}, minutes=1_000_001) == "timeout_mins must be at most 1000000"
    assert Create(PREDICTIVE, "w", {}, 1_000_000).answer(make_machine(), ANN)


@pytest.mark.parametrize("payload", [{"a": {"b": 1}}, {"a": [1], "c": 2}, {"c": 2}])
def test_a_payload_is_kept_as_it_was_whatever_becomes_of_what_was_given_and_shown(
    payload: dict[str, Any],
) -> None:
    machine = make_machine()
    given = {key: value.copy() if key == "a" else value for key, value in payload.items()}
    execution_id = Create(PREDICTIVE, "w", given).answer(machine, ANN)

    def shown() -> dict[str, Any]:
        found = Get(PREDICTIVE, execution_id).answer(machine, ANN).payload
        assert found is not None
        return found

    for each in (given, shown()):
        if "a" in each:
            each["a"].clear()
        each["more"] = True
    assert shown() == payload


def test_a_payload_is_kept_as_text_too() -> None:
    machine = make_machine()
    execution_id = Create(PREDICTIVE, "w", {"a": [1]}).answer(machine, ANN)
    assert machine.find(PREDICTIVE, execution_id).submission.payload_text == '{"a": [1]}'


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        ({}, ", {}"),
        ({"a": "x" * 71}, ', {"a": "' + "x" * 71 + '"}'),  # 80 characters
        ({"a": "x" * 72}, ', {"a": "' + "x" * 72 + '"…'),
    ],
)
def test_an_execution_is_shown_with_its_state_first_and_its_payload_last(
    payload: dict[str, Any], shown: str
) -> None:
    machine = make_machine()
    machine.scripts.add(ScriptEntry(JobScript(run_s=1, outcome=failed("no luck")), left=1))
    made = Create(PREDICTIVE, "w", payload).answer(machine, ANN)
    whose = f"Predictive 'w' of ann, {made}{shown}>"
    assert repr(Get(PREDICTIVE, made).answer(machine, ANN)) == f"<RUNNING {whose}"
    machine.settle(micros(1))
    assert repr(Get(PREDICTIVE, made).answer(machine, ANN)) == f"<FAILED (no luck) {whose}"


def test_a_transaction_is_shown_without_a_payload() -> None:
    machine = make_machine()
    made = Create(LOGIC, "e", payload_of(LOGIC)).answer(machine, ANN)
    assert repr(Get(LOGIC, made).answer(machine, ANN)) == f"<COMPLETED Logic 'e' of ann, {made}>"
