"""Record and replay for `rai_jobs`: reserved; this version ships no recorder yet."""

from __future__ import annotations

from rai_jobs.version import __version__

__all__ = ["__version__"]
