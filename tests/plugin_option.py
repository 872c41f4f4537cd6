"""How a pytest that a test starts gets the plugin, also from an installation of before it."""

from __future__ import annotations

from importlib.metadata import entry_points

__all__ = ["PLUGIN"]

_IS_FOUND = any(each.name == "rai_jobs" for each in entry_points(group="pytest11"))
PLUGIN = () if _IS_FOUND else ("-p", "rai_jobs_fakes.plugin")
"""Nothing where pytest finds it by its entry point: it refuses to have it twice."""
