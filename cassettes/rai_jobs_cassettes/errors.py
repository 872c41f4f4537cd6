"""What goes wrong with a cassette: one family, drawn here.

    CassetteError                  anything; also a wrong argument, a nested use, a torn state
    ├── CassetteFormatError        the file is not a cassette: names file, line and remedy
    ├── CassetteFileError          the file cannot be read or written, or somebody else writes it
    ├── SecretsFoundError          what would be written still looks like a secret
    ├── UnrecordedRequestError     a request that the recording does not hold
    ├── UnusedRecordingError       recorded, and never asked for
    └── DriftError                 a recording and a fake, or two recordings, differ

No message holds a value that might be secret: places and kinds are named instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "CassetteError",
    "CassetteFileError",
    "CassetteFormatError",
    "DriftError",
    "FoundSecret",
    "SecretsFoundError",
    "UnrecordedRequestError",
    "UnusedRecordingError",
]


class CassetteError(Exception):
    """Something is wrong with a cassette, or with how it is used."""


class CassetteFormatError(CassetteError):
    """A file is not a cassette of a version that is known: mend or record it again.

    Args:
        path: the file.
        line: where in it, from 1; `None` for the whole.
        what: what was seen, and what to do.
    """

    def __init__(self, path: Path | str, line: int | None, what: str) -> None:
        self.path = Path(path)
        self.line = line
        self.what = what
        place = f"{self.path}" if line is None else f"{self.path}:{line}"
        super().__init__(f"{place}: {what}")

    def __reduce__(self) -> tuple[type[CassetteFormatError], tuple[Path, int | None, str]]:
        return type(self), (self.path, self.line, self.what)


class CassetteFileError(CassetteError):
    """A file cannot be read or written, or another process writes it; nothing was lost."""


@dataclass(frozen=True)
class FoundSecret:
    """Where something looks like a secret; never the thing itself.

    Args:
        kind: what it looks like, e.g. `jwt` or `high-entropy`.
        place: where it stands, e.g. `interaction 3, response.json.url`.
    """

    kind: str
    place: str

    def __str__(self) -> str:
        return f"{self.kind} in {self.place}"


class SecretsFoundError(CassetteError):
    """What would be written still looks like it holds secrets: the file was not written.

    The recording is still in memory: add a rule, and write it by
    `cassette.save(extra_sanitizers=…)`.

    Args:
        path: the file that was not written.
        found: what was found, and where.
    """

    def __init__(self, path: Path | str, found: tuple[FoundSecret, ...]) -> None:
        self.path = Path(path)
        self.found = found
        shown = "; ".join(str(each) for each in found[:10])
        more = f"; and {len(found) - 10} more" if len(found) > 10 else ""
        super().__init__(
            f"{self.path} was not written, because it would hold what looks like secrets: {shown}"
            f"{more}. The recording is in memory: name the secret (`secrets=`), or add a sanitiser"
            " by `cassette.save(extra_sanitizers=…)`; declare by `allowed=` what is none."
        )

    def __reduce__(self) -> tuple[type[SecretsFoundError], tuple[Path, tuple[FoundSecret, ...]]]:
        return type(self), (self.path, self.found)


class UnrecordedRequestError(CassetteError):
    """A request that the recording does not hold; says the nearest one and the difference."""


class UnusedRecordingError(CassetteError):
    """Something was recorded and never asked for; says what."""


class DriftError(CassetteError):
    """A recording and a fake, or two recordings, say different things; says which."""
