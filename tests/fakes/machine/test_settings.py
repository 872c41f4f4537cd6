"""A setting that makes no sense is named, with what was given."""

from __future__ import annotations

import math
from typing import Any

import pytest

from rai_jobs_fakes.machine.machine import Machine
from rai_jobs_fakes.machine.settings import MachineSettings


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"seed": "7"}, "`seed` must be an integer; got '7'."),
        ({"event_page_size": 0}, "`event_page_size` must be an integer, 1 or more; got 0."),
        (
            {"default_timeout_mins": -1},
            "`default_timeout_mins` must be an integer, 1 or more; got -1.",
        ),
        (
            {"detach_grace_s": 0},
            "`detach_grace_s` must be a number of seconds, more than 0; got 0.",
        ),
        (
            {"retention_s": math.nan},
            "`retention_s` must be a number of seconds, more than 0; got nan.",
        ),
        (
            {"get_lag_s": math.inf},
            "`get_lag_s` must be a finite number of seconds, 0 or more; got inf.",
        ),
        (
            {"list_lag_s": -0.5},
            "`list_lag_s` must be a finite number of seconds, 0 or more; got -0.5.",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match="must be") as caught:
        MachineSettings(**given)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    "given",
    [
        {"event_page_size": 1, "default_timeout_mins": 1},
        {"detach_grace_s": math.inf, "retention_s": 0.5},
        {"get_lag_s": 0, "list_lag_s": 0},
    ],
)
def test_what_makes_just_enough_sense_is_taken(given: dict[str, Any]) -> None:
    assert MachineSettings(**given)


def test_a_new_machine_shows_lists_of_the_beginning() -> None:
    assert Machine().listed_at == 0
