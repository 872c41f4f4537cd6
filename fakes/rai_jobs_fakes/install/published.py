"""The fake under the published client's own `connect_sync` and `connect`: in place of its session.

Everything else is the published client's own: it is connected as by its `from_session_sync`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .patching import Patching, replace_everywhere

if TYPE_CHECKING:
    from ..ways import BackendWays

__all__ = ["install"]

_UNUSED = {
    "type": "snowflake",
    "authenticator": "username_password",
    "account": "fake",
    "warehouse": "fake",
    "user": "fake",
    "password": "fake",
}
"""It wants settings before it takes the session, and connects by none of them."""


def install(backend: BackendWays, patching: Patching, user: str | None) -> None:
    """Have every published client that connects from now on go over a session of `backend`."""
    published: Any = import_module("relationalai.client")
    config = import_module("relationalai.config").create_config(connections={"fake": _UNUSED})

    def connect_sync(**settings: Any) -> Any:
        del settings
        return published.from_session_sync(
            session=backend.session(user), app_name=backend.app, config=config
        )

    async def connect(**settings: Any) -> Any:
        del settings
        return await published.from_session(
            session=backend.session(user), app_name=backend.app, config=config
        )

    replace_everywhere(patching, published.connect_sync, connect_sync)
    replace_everywhere(patching, published.connect, connect)
