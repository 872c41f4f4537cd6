"""The wire face: Snowflake's HTTP protocol without sockets, over the SQL face (wire §2 to §6).

`face` is the one way in; `messages` says how a request is read and an answer is written, `logins`
who may come in, `exchange` how a signed statement becomes a token of Direct Access, `sessions` how
long one may stay, `binds` and `rows` how values travel. Statements are the SQL face's alone.
"""

from __future__ import annotations

from ...wire_settings import WireSettings
from .face import WireFace
from .messages import WireResponse

__all__ = ["WireFace", "WireResponse", "WireSettings"]
