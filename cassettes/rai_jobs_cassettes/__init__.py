"""Record and replay for whatever talks to RelationalAI jobs: HTTP and SQL in one readable file.

Start with `use_cassette`. Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rai_jobs.lazy import names_of, when_used
from rai_jobs.version import __version__

if TYPE_CHECKING:
    from . import sanitize
    from .cassette import Cassette, Mode
    from .converting import convert
    from .drift.changes import Change, Changes
    from .drift.diff import diff
    from .drift.report import Drift, Report
    from .drift.verify import verify
    from .drift.volatile import DEFAULT_VOLATILE, How, Volatile
    from .errors import (
        CassetteError,
        CassetteFileError,
        CassetteFormatError,
        DriftError,
        FoundSecret,
        SecretsFoundError,
        UnrecordedRequestError,
        UnusedRecordingError,
    )
    from .interactions import Header, Interaction
    from .scripts import RecordedReasoner, RecordedScript, reasoners_from, scripts_from
    from .use import CassetteWarning, use_cassette

__all__ = [
    "DEFAULT_VOLATILE",
    "Cassette",
    "CassetteError",
    "CassetteFileError",
    "CassetteFormatError",
    "CassetteWarning",
    "Change",
    "Changes",
    "Drift",
    "DriftError",
    "FoundSecret",
    "Header",
    "How",
    "Interaction",
    "Mode",
    "RecordedReasoner",
    "RecordedScript",
    "Report",
    "SecretsFoundError",
    "UnrecordedRequestError",
    "UnusedRecordingError",
    "Volatile",
    "__version__",
    "convert",
    "diff",
    "reasoners_from",
    "sanitize",
    "scripts_from",
    "use_cassette",
    "verify",
]

_HOMES = {
    ".": ("sanitize",),
    ".cassette": ("Cassette", "Mode"),
    ".converting": ("convert",),
    ".drift.changes": ("Change", "Changes"),
    ".drift.diff": ("diff",),
    ".drift.report": ("Drift", "Report"),
    ".drift.verify": ("verify",),
    ".drift.volatile": ("DEFAULT_VOLATILE", "How", "Volatile"),
    ".errors": (
        "CassetteError",
        "CassetteFileError",
        "CassetteFormatError",
        "DriftError",
        "FoundSecret",
        "SecretsFoundError",
        "UnrecordedRequestError",
        "UnusedRecordingError",
    ),
    ".interactions": ("Header", "Interaction"),
    ".scripts": ("RecordedReasoner", "RecordedScript", "reasoners_from", "scripts_from"),
    ".use": ("CassetteWarning", "use_cassette"),
}

__getattr__ = when_used(__name__, _HOMES)
__dir__ = names_of(__name__)
