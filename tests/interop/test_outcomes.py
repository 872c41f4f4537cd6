"""What is kept of the matrix explains itself: no peer is needed to see that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from .cases import CASES
from .outcomes import Kept, Reason, kept_outcomes, reasons
from .ways import WAYS

EVERY = kept_outcomes()
REASONS = reasons()
EACH = pytest.mark.parametrize("kept", EVERY, ids=[kept.environment for kept in EVERY])


def came(kept: Kept) -> Iterator[tuple[str, str, str]]:
    """Tell what came: same, differs or impossible, by level and case."""
    for level, outcomes in kept.outcomes.items():
        for case, outcome in outcomes.items():
            yield level, case, outcome["is"]


def told(kept: Kept, level: str, case: str, came: str) -> list[Reason]:
    return [each for each in REASONS if each.explains(kept.environment, level, case, came=came)]


def test_both_generations_and_both_connectors_are_kept() -> None:
    assert {kept.environment for kept in EVERY} == {
        "relationalai latest, connector 4",
        "relationalai latest, connector 5",
        "relationalai 1.0, connector 4",
    }


@EACH
def test_every_case_came_on_every_level(kept: Kept) -> None:
    assert kept.outcomes.keys() == WAYS.keys()
    for outcomes in kept.outcomes.values():
        assert outcomes.keys() == {case.id for case in CASES}


@EACH
def test_every_difference_has_its_one_reason(kept: Kept) -> None:
    found = {
        f"{level} | {case}": [reason.why for reason in told(kept, level, case, what)]
        for level, case, what in came(kept)
        if what != "same"
    }
    assert {where: whys for where, whys in found.items() if len(whys) != 1} == {}


@EACH
def test_no_reason_is_told_of_what_is_the_same(kept: Kept) -> None:
    found = {
        f"{level} | {case}": [reason.why for reason in told(kept, level, case, what)]
        for level, case, what in came(kept)
        if what == "same"
    }
    assert {where: whys for where, whys in found.items() if whys} == {}


def test_every_pattern_of_every_reason_is_needed() -> None:
    """Each part of each `where`, alone, holds where something came that its reason explains."""
    idle = [
        f"{pattern!r} of {reason.why!r}"
        for reason in REASONS
        for where in reason.where
        for part, patterns in vars(where).items()
        for pattern in patterns
        if not any(
            replace(where, **{part: (pattern,)}).holds(kept.environment, level, case)
            and (what == "impossible") is reason.impossible
            and what != "same"
            for kept in EVERY
            for level, case, what in came(kept)
        )
    ]
    assert idle == []


def test_case_names_are_unique() -> None:
    assert len({case.id for case in CASES}) == len(CASES)
