"""The SQL face: Snowflake without a Snowflake; a statement and binds go in, a result comes out.

The one way in is `SqlFace.execute` (spec §5). What a statement is, is in `parsing`; which
functions there are, in `routines`; which views, in `views`; every refusal, in
`failures`. No Snowflake library is known here: those are the doors'.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from hashlib import blake2b
from itertools import count
from uuid import UUID

from ...faults.plan import InjectedFault
from ...machine.execution import User
from ...machine.refusals import Refusal
from ..seam import CallHandler, Struck, StruckApart, told_late
from .arguments import fitted, value_of
from .engine import Engine
from .failures import (
    backend_refusal,
    come_of_fault,
    nested_too_deeply,
    unfitting_arguments,
    wrong_bind_count,
)
from .names import Names
from .parsing import Invocation, Query, is_function, parse
from .queries import QueryPlan
from .results import Results
from .routines import Asked, routines
from .session import ASYNCHRONOUS_KEPT, SqlSession
from .values import SqlFailure, SqlResult, SqlTable
from .views import ReasonerRow, Rows

__all__ = ["SqlFace"]

_PLANS_KEPT = 1024
_LONGEST_KEPT = 10_000


@dataclass(frozen=True)
class _Plan:
    """What a statement comes to."""

    binds: int
    run: Callable[[Sequence[object], SqlSession, CallHandler], SqlTable]


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
        self._usual = StruckApart(backend, partial(told_late, backend))
        self._endpoint = endpoint
        self._now = now
        self._names = Names(app, schema, routines(older_app=older_app))
        self._rows = Rows(reasoners)
        self._engine = Engine()
        self._statements = count()
        self._sessions = count(1)
        self._asynchronous: dict[str, Results] = {}
        # The same few statements come thousands of times.
        self._kept = lru_cache(maxsize=_PLANS_KEPT)(self._plan)

    def open(self, user: User) -> SqlSession:
        """Return a new session of `user`."""
        shared = self._asynchronous.setdefault(user.name, Results(ASYNCHRONOUS_KEPT))
        return SqlSession(user, next(self._sessions), shared)

    def execute(
        self,
        statement: str,
        binds: Sequence[object] = (),
        *,
        user: User,
        session: SqlSession | None = None,
        asynchronous: bool = False,
        struck: Struck | None = None,
    ) -> SqlResult:
        """Answer one statement.

        Args:
            statement: the statement, with `?` for values; a trailing `;` may be there.
            binds: the values, in the order of the question marks.
            user: who is asking.
            session: the session that it belongs to, which keeps what it comes to; without one it
                is in a session of its own.
            asynchronous: whether its result is to be fetched later.
            struck: what comes of a call that a fault struck, for who has other words for some; the
                `InjectedFault` itself, raised, is told as SQL tells it.

        Raises:
            SqlFailure: it is refused.
        """
        backend = self._usual if struck is None else StruckApart(self._backend, struck)
        query_id = _query_id(next(self._statements))
        session = session or SqlSession(user)
        try:
            plan = self._planned(statement)
            if len(binds) != plan.binds:
                raise wrong_bind_count(plan.binds, len(binds))
            table = plan.run(binds, session, backend)
        except RecursionError:
            failure = nested_too_deeply().anew(query_id)
            session.keep(failure.anew(query_id), asynchronous=asynchronous)
            raise failure from None
        except InjectedFault as injected:
            come = come_of_fault(injected)
            if isinstance(come, SqlFailure):
                come.query_id = query_id
                session.keep(come.anew(query_id), asynchronous=asynchronous)
                raise come from injected
            table = come
        except Refusal as refusal:
            failure = backend_refusal(refusal).anew(query_id)
            session.keep(failure.anew(query_id), asynchronous=asynchronous)
            raise failure from refusal
        except SqlFailure as failure:
            failure.query_id = query_id
            session.keep(failure.anew(query_id), asynchronous=asynchronous)
            raise
        result = SqlResult(table.columns, table.rows, query_id)
        session.keep(result, asynchronous=asynchronous)
        return result

    def describe(
        self, statement: str, *, session: SqlSession, struck: Struck | None = None
    ) -> tuple[SqlResult, int]:
        """Answer what columns a query has, and how many bind variables; nothing is carried out.

        Of a procedure or a word to the session no column is known beforehand. [choice]

        Args:
            statement: the statement.
            session: the session that it belongs to.
            struck: as in `execute`.

        Raises:
            SqlFailure: it is refused.
        """
        try:
            plan = self._planned(statement)
            is_query = isinstance(parse(statement), Query)
        except SqlFailure as failure:
            raise self.refused(statement, failure, session=session) from None
        if not is_query:
            return SqlResult((), (), _query_id(next(self._statements))), plan.binds
        nothing = [None] * plan.binds
        result = self.execute(statement, nothing, user=session.user, session=session, struck=struck)
        return SqlResult(result.columns, (), result.query_id), plan.binds

    def refused(
        self,
        statement: str,
        failure: SqlFailure,
        *,
        session: SqlSession,
        asynchronous: bool = False,
    ) -> SqlFailure:
        """Return, and keep, the failure of a statement that was not carried out.

        Args:
            statement: the statement; what is wrong with itself comes first.
            failure: what else is wrong.
            session: the session that it belongs to.
            asynchronous: whether its result is to be fetched later.
        """
        try:
            self._planned(statement)
        except SqlFailure as own:
            failure = own
        failure = failure.anew(_query_id(next(self._statements)))
        session.keep(failure, asynchronous=asynchronous)
        return failure

    def _planned(self, statement: str) -> _Plan:
        # Long ones would fill the memory, and do not come again.
        try:
            return (self._kept if len(statement) <= _LONGEST_KEPT else self._plan)(statement)
        except RecursionError:
            raise nested_too_deeply() from None

    def _plan(self, statement: str) -> _Plan:
        parsed = parse(statement)
        if isinstance(parsed, Invocation):
            return self._invocation(parsed)
        if isinstance(parsed, Query):
            query = QueryPlan(parsed, self._names, self._rows, self._engine, self._now, statement)
            return _Plan(parsed.binds, query.run)
        text = parsed.text
        return _Plan(0, lambda binds, session, backend: session.command(text))  # noqa: ARG005

    def _invocation(self, invocation: Invocation) -> _Plan:
        if (invocation.form, invocation.path) == ("table", ("RESULT_SCAN",)):
            return _Plan(invocation.binds, _scan_of(invocation))
        routine = self._names.routine(invocation)

        def run(binds: Sequence[object], session: SqlSession, backend: CallHandler) -> SqlTable:
            values = fitted(routine.name, routine.forms, invocation.arguments, binds)
            told = session.endpoint
            endpoint = self._endpoint if told is None else lambda: told
            asked = Asked(backend, session.user, values, invocation.heading, endpoint)
            return routine.run(asked)

        return _Plan(invocation.binds, run)


def _scan_of(
    invocation: Invocation,
) -> Callable[[Sequence[object], SqlSession, CallHandler], SqlTable]:
    """Return what `RESULT_SCAN` does: it is of the session, not of the app."""

    def run(binds: Sequence[object], session: SqlSession, backend: CallHandler) -> SqlTable:
        del backend
        given = [each.value for each in invocation.arguments]
        if len(given) != 1:
            raise unfitting_arguments("RESULT_SCAN", ["ANY"] * len(given), ["(VARCHAR)"])
        if is_function(given[0], "LAST_QUERY_ID"):
            return session.scanned(session.last_query_id() or "")
        return session.scanned(str(value_of(given[0], binds)))

    return run


def _query_id(number: int) -> str:
    # Clients refuse to ask for the status of anything that does not look like a UUID.
    return str(UUID(bytes=blake2b(f"query:{number}".encode(), digest_size=16).digest(), version=4))
