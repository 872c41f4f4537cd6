"""The SQL face: Snowflake without a Snowflake; a statement and binds go in, a result comes out.

`face` is the one way in; `parsing` says what a statement is, `routines` which functions there are,
`views` which views, `failures` how a refusal is worded. Views are read by `plain` where that is
enough, else by `engine`. No Snowflake library is known here: those are the doors'.
"""

from __future__ import annotations

from .face import SqlFace
from .results import Outcome
from .session import SqlSession
from .values import SqlColumn, SqlFailure, SqlResult
from .views import ReasonerRow

__all__ = [
    "Outcome",
    "ReasonerRow",
    "SqlColumn",
    "SqlFace",
    "SqlFailure",
    "SqlResult",
    "SqlSession",
]
