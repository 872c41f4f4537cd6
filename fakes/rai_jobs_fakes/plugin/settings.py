"""Settings of a client on a fake or a recording: what the environment says is of a real account."""

from __future__ import annotations

import os
from typing import Any

import pytest

from rai_jobs import Config

__all__ = ["config_of", "no_proxy"]


def config_of(**settings: Any) -> Config:
    """Return settings that are these and no others, whatever the environment or a file says."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.upper().startswith("RAI_JOBS_"):
                patch.delenv(name)
        return Config(**settings)


def no_proxy(patch: pytest.MonkeyPatch, host: str) -> None:
    """Have requests to a host of this machine go there, whatever proxy the environment names."""
    for name in ("NO_PROXY", "no_proxy"):
        before = os.environ.get(name)
        patch.setenv(name, f"{before},{host}" if before else host)
