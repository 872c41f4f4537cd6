"""The file of a cassette: its text, written and read, and nothing of what it means.

A header and one YAML document an interaction, each behind a marker that bears its number, its kind
and the key of its request. So a reader finds every interaction by a scan for markers, and parses
the one that is asked for.
"""

from __future__ import annotations

from .checking import check, schema
from .files import locked, write_whole
from .opened import Opened, Stored, open_cassette
from .writing import dumps

__all__ = ["Opened", "Stored", "check", "dumps", "locked", "open_cassette", "schema", "write_whole"]
