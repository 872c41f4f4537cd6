"""Both clients by every way: a difference that is new, or one that has gone, is a failure."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

import pytest

from .cases import CASES
from .outcomes import Outcome, kept_outcomes, played
from .ways import WAYS

if find_spec("relationalai") is None:
    pytest.skip(
        "the published relationalai package is not installed here: `make interop` runs this",
        allow_module_level=True,
    )

from .levels import ENVIRONMENT, LEVELS

came = cache(played)


@pytest.fixture(scope="module")
def kept() -> dict[str, dict[str, Outcome]]:
    found = {each.environment: each.outcomes for each in kept_outcomes()}
    assert ENVIRONMENT in found, (
        f"Nothing is kept of {ENVIRONMENT!r}: keep it with `python -m tests.interop.outcomes`, and"
        " say in tests/interop/reasons.toml why each difference is right."
    )
    return found[ENVIRONMENT]


def test_every_way_is_driven() -> None:
    assert [level.name for level in LEVELS] == list(WAYS)


@pytest.mark.parametrize("level", [level.name for level in LEVELS])
def test_both_clients_came_to_what_is_kept(kept: dict[str, dict[str, Outcome]], level: str) -> None:
    found, known = came(level), kept.get(level, {})
    assert found.keys() == {case.id for case in CASES}
    others = {
        case: (known.get(case), outcome)
        for case, outcome in found.items()
        if known.get(case) != outcome
    }
    told = "\n".join(
        f"{case}\n  kept: {before}\n  came: {now}" for case, (before, now) in others.items()
    )
    assert not others, f"{len(others)} cases on level {level!r} came otherwise:\n{told}"
