"""Options and ini settings, of the same names, and what they come to for a test."""

from __future__ import annotations

from typing import Any

import pytest

__all__ = [
    "FACES",
    "add_options",
    "faces_given",
    "faces_named",
    "is_live_allowed",
    "is_strict",
    "record_mode",
    "require_sound_options",
    "seed_given",
    "transcript_lines",
]

FACES = ("gateway", "http", "sql", "wire", "server", "cassette", "live")
"""What `jobs_client` may talk to."""
_FAKE = ("gateway", "http", "sql", "wire", "server")
"""What `all` means: a recording and an account are asked for by name."""
_MODES = ("none", "once", "new", "all")
_LINES = 20


def add_options(parser: pytest.Parser) -> None:
    """Add what may be said on the command line and in the ini file."""
    group = parser.getgroup("rai-jobs", "RelationalAI jobs")
    _add(group, parser, "over", f"what `jobs_client` talks to: {', '.join(FACES)}, or all", "FACES")
    _add(group, parser, "record", f"whether cassettes are recorded: {', '.join(_MODES)}", "MODE")
    _add(group, parser, "seed", "the seed of every fake backend; made of the test's name", "N")
    _add(group, parser, "transcript", "how many lines of it a failing test shows", "LINES")
    _add_switch(group, parser, "strict", "what was said and never used fails the test")
    _add_switch(group, parser, "live", "allow tests over `live`, on the account of the settings")


def require_sound_options(config: pytest.Config) -> None:
    """Refuse what makes no sense before a test runs.

    Raises:
        pytest.UsageError: names the option and what it may be.
    """
    allowed = is_live_allowed(config)
    if "live" in faces_given(config) and not allowed:
        raise pytest.UsageError(
            "jobs_over: `live` runs tests on a real account: allow it with --jobs-live."
        )
    is_strict(config)
    record_mode(config)
    seed_given(config)
    transcript_lines(config)


def faces_given(config: pytest.Config) -> tuple[str, ...]:
    """Return what `jobs_client` talks to where a test does not say; the gateway when nobody does.

    Raises:
        pytest.UsageError: a face is not known.
    """
    given = str(_given(config, "over") or "gateway")
    try:
        return faces_named(given)
    except ValueError as error:
        raise pytest.UsageError(f"jobs_over: {error}") from error


def faces_named(given: str) -> tuple[str, ...]:
    """Return the faces that a list names, each once.

    Args:
        given: names between commas or blanks; `all` for every face of the fake.

    Raises:
        ValueError: a face is not known, or none is named.
    """
    named = given.replace(",", " ").split()
    faces = [face for each in named for face in (_FAKE if each == "all" else (each,))]
    unknown = [each for each in faces if each not in FACES]
    if unknown or not faces:
        told = f"{', '.join(map(repr, unknown))} is not known" if unknown else "names no face"
        raise ValueError(f"{told}: use {', '.join(FACES)}, or all.")
    return tuple(dict.fromkeys(faces))


def is_live_allowed(config: pytest.Config) -> bool:
    """Tell whether tests may run on a real account.

    Raises:
        pytest.UsageError: the ini setting is neither true nor false.
    """
    return _is_on(config, "live")


def is_strict(config: pytest.Config) -> bool:
    """Tell whether what was said and never used fails a test.

    Raises:
        pytest.UsageError: the ini setting is neither true nor false.
    """
    return _is_on(config, "strict")


def record_mode(config: pytest.Config) -> str:
    """Return how cassettes are used where a test does not say.

    Raises:
        pytest.UsageError: there is no such mode.
    """
    mode = str(_given(config, "record") or "none")
    if mode not in _MODES:
        raise pytest.UsageError(f"jobs_record: must be one of {', '.join(_MODES)}; got {mode!r}.")
    return mode


def seed_given(config: pytest.Config) -> int | None:
    """Return the seed that was asked for, `None` for that of the test's name.

    Raises:
        pytest.UsageError: it is no number.
    """
    return _number(config, "seed")


def transcript_lines(config: pytest.Config) -> int | None:
    """Return how many lines a failing test shows, `None` for all, which `-vv` means.

    Raises:
        pytest.UsageError: it is no number.
    """
    lines = _number(config, "transcript")
    if config.get_verbosity() > 1:
        return None
    return _LINES if lines is None else lines


def _add(group: pytest.OptionGroup, parser: pytest.Parser, name: str, told: str, kind: str) -> None:
    group.addoption(f"--jobs-{name}", dest=f"jobs_{name}", metavar=kind, default=None, help=told)
    parser.addini(f"jobs_{name}", f"{told} (--jobs-{name})", default="")


def _add_switch(group: pytest.OptionGroup, parser: pytest.Parser, name: str, told: str) -> None:
    group.addoption(
        f"--jobs-{name}", dest=f"jobs_{name}", action="store_true", default=None, help=told
    )
    parser.addini(f"jobs_{name}", f"{told} (--jobs-{name})", type="bool", default=False)


def _given(config: pytest.Config, name: str) -> Any:
    option = config.getoption(f"jobs_{name}")
    if option is not None:
        return option
    try:
        return config.getini(f"jobs_{name}")
    except (TypeError, ValueError, pytest.UsageError) as error:
        raise pytest.UsageError(f"jobs_{name}: {error}") from error


def _is_on(config: pytest.Config, name: str) -> bool:
    return bool(_given(config, name))


def _number(config: pytest.Config, name: str) -> int | None:
    given = str(_given(config, name))
    if given == "":
        return None
    if not given.isdecimal():
        raise pytest.UsageError(f"jobs_{name}: must be a whole number, 0 or more; got {given!r}.")
    return int(given)
