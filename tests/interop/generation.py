"""Which generation of the published client is installed here, if one is."""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec

__all__ = ["OLD", "SCHEMA"]

OLD = find_spec("relationalai") is not None and version("relationalai").startswith("1.0.")
"""Whether it is that of the reference page."""

SCHEMA = "experimental" if OLD else "api"
"""Where it looks for procedures of jobs; the older one keeps them apart from transactions."""
