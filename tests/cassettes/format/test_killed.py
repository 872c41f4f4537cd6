"""A writer that is killed at any moment leaves the old file or the new one, whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = 200


pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")


def test_a_writer_killed_at_two_hundred_moments_never_leaves_a_torn_file(tmp_path: Path) -> None:
    seen = killed("writer", tmp_path)
    assert seen["torn"] == 0
    # Moments were in the middle of a text aside, and others were not.
    assert 0 < seen["aside"] < KILLS, seen


def test_a_recording_killed_at_two_hundred_moments_leaves_the_old_one_or_the_new(
    tmp_path: Path,
) -> None:
    seen = killed("recording", tmp_path)
    assert seen["torn"] == 0
    assert seen["written"] >= KILLS // 4, seen


def killed(who: str, folder: Path) -> dict[str, int]:
    stage = Path(__file__).with_name("kill_stage.py")
    ran = subprocess.run(  # noqa: S603 - our own interpreter, our own words
        [sys.executable, str(stage), who, str(folder / "x.yaml"), str(KILLS), "7"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)
