"""The SQL face: Snowflake without a Snowflake; a statement and binds go in, a result comes out.

The one way in is `SqlFace.execute` (spec §5). What a statement is, is in `parsing`; which
functions there are, in `routines`; which views, in `views`; every refusal, in
`failures`. No Snowflake library is known here: those are the doors'.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from itertools import count
from uuid import UUID

from ...machine.execution import User
from ...machine.refusals import Refusal
from ..seam import CallHandler
from .arguments import fitted
from .engine import Engine
from .failures import backend_refusal, wrong_bind_count
from .names import Names
from .parsing import Invocation, Query, parse
from .queries import QueryPlan
from .routines import Asked, routines
from .session import command_answer
from .values import SqlFailure, SqlResult, SqlTable
from .views import ReasonerRow, Rows

__all__ = ["SqlFace"]

_PLANS_KEPT = 1024


@dataclass(frozen=True)
class _Plan:
    """What a statement comes to."""

    binds: int
    run: Callable[[Sequence[object], User], SqlTable]


class SqlFace:
    """The backend as a function from statement to result.

    Args:
        backend: the backend.
        app: the database of the native app.
        schema: the app's API schema.
        endpoint: gives the host of Direct Access.
        reasoners: gives the rows of the view `reasoners`.
        older_app: whether the app's `exec_async_v2` does not know `abort_detached`.
        now: the backend's time, for `CURRENT_TIMESTAMP()`; without it that is refused.
    """

    def __init__(
        self,
        backend: CallHandler,
        *,
        app: str,
        schema: str,
        endpoint: Callable[[], str],
        reasoners: Callable[[], Sequence[ReasonerRow]],
        older_app: bool = False,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._backend = backend
        self._endpoint = endpoint
        self._now = now
        self._names = Names(app, schema, routines(older_app=older_app))
        self._rows = Rows(backend, reasoners)
        self._engine = Engine()
        self._statements = count()
        # The same few statements come thousands of times.
        self._planned = lru_cache(maxsize=_PLANS_KEPT)(self._plan)

    def execute(self, statement: str, binds: Sequence[object] = (), *, user: User) -> SqlResult:
        """Answer one statement.

        Args:
            statement: the statement, with `?` for values; a trailing `;` may be there.
            binds: the values, in the order of the question marks.
            user: who is asking.

        Raises:
            SqlFailure: it is refused.
        """
        query_id = _query_id(next(self._statements))
        try:
            plan = self._planned(statement)
            if len(binds) != plan.binds:
                raise wrong_bind_count(plan.binds, len(binds))
            table = plan.run(binds, user)
        except Refusal as refusal:
            failure = backend_refusal(refusal)
            failure.query_id = query_id
            raise failure from refusal
        except SqlFailure as failure:
            failure.query_id = query_id
            raise
        return SqlResult(table.columns, table.rows, query_id)

    def _plan(self, statement: str) -> _Plan:
        parsed = parse(statement)
        if isinstance(parsed, Invocation):
            return self._invocation(parsed)
        if isinstance(parsed, Query):
            query = QueryPlan(parsed, self._names, self._rows, self._engine, self._now)
            return _Plan(parsed.binds, query.run)
        answer = command_answer(parsed.word)
        return _Plan(0, lambda binds, user: answer)  # noqa: ARG005

    def _invocation(self, invocation: Invocation) -> _Plan:
        routine = self._names.routine(invocation)

        def run(binds: Sequence[object], user: User) -> SqlTable:
            values = fitted(routine.name, routine.forms, invocation.arguments, binds)
            asked = Asked(self._backend, user, values, invocation.heading, self._endpoint)
            return routine.run(asked)

        return _Plan(invocation.binds, run)


def _query_id(number: int) -> str:
    # Clients refuse to ask for the status of anything that does not look like a UUID.
    return str(UUID(bytes=blake2b(f"query:{number}".encode(), digest_size=16).digest(), version=4))
