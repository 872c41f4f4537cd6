"""What a statement came to, as Snowflake tells it: at once, later, or when asked (wire §5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..sql import Outcome, SqlFailure, SqlSession
from .arrow_rows import arrow_stream, wants_arrow
from .messages import WireResponse, refused, succeeded
from .rows import row_set, row_types

__all__ = ["answered", "parameters_of", "status_of", "submitted"]

_SELECT = 4_096
"""Snowflake's number of a statement that answers rows."""
_IN_PROGRESS = "333334"
# The connector 4 reads a row by the parameters that came with it, and forgets all others.
_ALWAYS_TOLD = ("TIMEZONE",)


def answered(
    outcome: Outcome, session: SqlSession, *, binds: int = 0, tell_parameters: bool = False
) -> WireResponse:
    """Return the answer that has the rows, or the refusal.

    Args:
        outcome: what the statement came to.
        session: the session, which the answer tells where it is now.
        binds: how many values were bound.
        tell_parameters: whether the session's parameters changed, so that the client must know
            all of them.
    """
    if isinstance(outcome, SqlFailure):
        return _failed(outcome)
    rows = len(outcome.rows)
    told: dict[str, object] = (
        {"rowsetBase64": arrow_stream(outcome), "queryResultFormat": "arrow"}
        if wants_arrow(session)
        else {"rowset": row_set(outcome), "queryResultFormat": "json"}
    )
    return succeeded(
        {
            **told,
            "parameters": parameters_of(session, _ALWAYS_TOLD if not tell_parameters else None),
            "rowtype": row_types(outcome.columns),
            "total": rows,
            "returned": rows,
            "queryId": outcome.query_id,
            "databaseProvider": None,
            "finalDatabaseName": session.database,
            "finalSchemaName": session.schema,
            "finalWarehouseName": session.warehouse,
            "finalRoleName": session.role,
            "numberOfBinds": binds,
            "arrayBindSupported": False,
            "statementTypeId": _SELECT,
            "version": 1,
            "sendResultTime": 0,
            "sqlState": None,
        }
    )


def submitted(outcome: Outcome) -> WireResponse:
    """Return the answer to a client that does not wait: where to ask, whatever came of it."""
    query_id = outcome.query_id
    return succeeded(
        {
            "queryId": query_id,
            "getResultUrl": f"/queries/{query_id}/result",
            "queryAbortsAfterSecs": 300,
            "progressDesc": None,
        },
        code=_IN_PROGRESS,
    )


def status_of(query_id: str, outcome: Outcome) -> Mapping[str, object]:
    """Return how a query went: it has ended."""
    if not isinstance(outcome, SqlFailure):
        told = {"status": "SUCCESS", "state": "SUCCEEDED", "errorCode": None, "errorMessage": None}
        return {"id": query_id, **told}
    return {
        "id": query_id,
        "status": "FAILED_WITH_ERROR",
        "state": "FAILED",
        "errorCode": f"{outcome.errno:06d}",
        "errorMessage": outcome.message,
        "sqlState": outcome.sqlstate,
    }


def parameters_of(
    session: SqlSession, names: Sequence[str] | None = None
) -> list[dict[str, object]]:
    """Return the session's parameters as clients are told of them: those `names`, or all."""
    parameters = session.parameters
    return [{"name": name, "value": parameters[name]} for name in names or parameters]


def _failed(failure: SqlFailure) -> WireResponse:
    line, position = failure.at or (None, None)
    compiled = failure.message.startswith("SQL compilation error")
    return refused(
        f"{failure.errno:06d}",
        failure.message,
        {
            "internalError": False,
            "errorCode": f"{failure.errno:06d}",
            "age": 0,
            "sqlState": failure.sqlstate,
            "queryId": failure.query_id,
            "line": -1 if line is None else line,
            "pos": -1 if position is None else position,
            "type": "COMPILATION" if compiled else "EXECUTION",
        },
    )
