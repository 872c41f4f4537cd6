"""Plays the cases of a level and prints what came: `python -m tests.interop.play LEVEL`.

A process of its own: the published client is told where it is by the environment, the folder and
what is active, none of which a test run shall share.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import warnings
from typing import Any

from rai_jobs import errors

from .cases import CASES, Case
from .levels import LEVELS, Level
from .stage import Impossible, raised, told

__all__ = ["Outcome", "outcome_of", "outcomes_of"]

_ERROR = re.compile(r"(?<=raises )\w+")
_FAMILIES = {
    name: {base.__name__ for base in getattr(errors, name).__mro__} - {"JobError", "ClientError"}
    for name in errors.__all__
}

Outcome = dict[str, str]
"""`is`: same, differs or impossible; and what came of `ours` and `theirs`, or `why`."""


def outcomes_of(level: Level, pattern: str = "") -> dict[str, Outcome]:
    """Return what came of every case on a level."""
    return {case.id: outcome_of(level, case) for case in CASES if pattern in case.id}


def outcome_of(level: Level, case: Case) -> Outcome:
    """Return what came of a case on a level."""
    if case.needs and level.transport not in {case.needs, "memory"}:
        word = {"sql": "SQL", "http": "HTTP"}[case.needs]
        return {"is": "impossible", "why": f"it is an answer over {word}"}
    try:
        theirs, ours = (_played(level, case, side) for side in ("theirs", "ours"))
    except Impossible as error:
        return {"is": "impossible", "why": str(error)}
    if _agree(ours, theirs):
        return {"is": "same", "both": theirs}
    return {"is": "differs", "ours": ours, "theirs": theirs}


def _agree(ours: str, theirs: str) -> bool:
    """Tell whether both came to the same; a member of a family is caught by the family's name."""
    if _ERROR.sub("", ours) != _ERROR.sub("", theirs):
        return False
    pairs = zip(_ERROR.findall(ours), _ERROR.findall(theirs), strict=True)
    return all(one == other or other in _FAMILIES.get(one, ()) for one, other in pairs)


def _played(level: Level, case: Case, side: str) -> str:
    with level.stage(side, case.user) as stage:
        try:
            value: Any = case.play(stage)
        except Impossible:
            raise
        except Exception as error:  # noqa: BLE001 - an error is an outcome
            value = raised(error)
        return told(value, stage.backend)


def main() -> None:
    """Play the level that is named, or the cases of it whose names contain the second argument."""
    warnings.simplefilter("ignore")
    logging.disable()
    level = next(each for each in LEVELS if each.name == sys.argv[1])
    print(json.dumps(outcomes_of(level, *sys.argv[2:3])), file=sys.__stdout__)


if __name__ == "__main__":
    main()
