"""The fake under Snowpark: in place of what its builder makes, and of the active session."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .patching import Patching, replace_everywhere

if TYPE_CHECKING:
    from ..doors.snowpark import FakeSession
    from ..ways import BackendWays

__all__ = ["install"]


def install(backend: BackendWays, patching: Patching, user: str | None) -> None:
    """Have every session that is made, or active, from now on be one on `backend`."""
    made: list[FakeSession] = []

    def create(builder: Any) -> FakeSession:
        del builder
        made.append(backend.session(user))
        return made[-1]

    def get_or_create(builder: Any) -> FakeSession:
        return active() if made else create(builder)

    def active() -> FakeSession:
        if not made:
            made.append(backend.session(user))
        return made[-1]

    builder: Any = import_module("snowflake.snowpark").Session.SessionBuilder
    patching.setattr(builder, "create", create)
    patching.setattr(builder, "getOrCreate", get_or_create)
    if hasattr(builder, "get_or_create"):
        patching.setattr(builder, "get_or_create", get_or_create)
    context: Any = import_module("snowflake.snowpark.context")
    replace_everywhere(patching, context.get_active_session, active)
