"""How the test that is under way ended: what it left over is told of one that passed alone.

Whoever failed, was skipped or interrupted has used nothing to its end, and has told why already.
"""

from __future__ import annotations

import pytest

__all__ = ["error_of", "note_ending"]

_ENDED: pytest.StashKey[BaseException | None] = pytest.StashKey()
_FAILED_BEFORE: pytest.StashKey[int] = pytest.StashKey()


class _UnfinishedError(Exception):
    """The test did not come to its end: it, or the setting up, was broken off."""


def note_ending(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Note how a test ended, until all of its fixtures are taken down."""
    if call.when == "setup":
        item.stash[_FAILED_BEFORE] = item.session.testsfailed
    elif call.when == "call":
        error = None if call.excinfo is None else call.excinfo.value
        # A test may fail without an error of its own: by a subtest, or where it had to fail.
        if error is None and (
            not report.passed or item.session.testsfailed > item.stash[_FAILED_BEFORE]
        ):
            error = _UnfinishedError()
        item.config.stash[_ENDED] = error
    elif call.when == "teardown" and _ENDED in item.config.stash:
        del item.config.stash[_ENDED]


def error_of(config: pytest.Config) -> BaseException | None:
    """Return what the test that is under way ended with; `None` when it passed."""
    return config.stash.get(_ENDED, _UnfinishedError())
