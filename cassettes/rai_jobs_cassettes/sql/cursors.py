"""What stands in place of a cursor's methods while a cassette is in use."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

from ..errors import CassetteError
from ..interactions import Tree
from ..tape import is_passing
from . import codec
from .arguments import Arguments, Given
from .asking import Asking, Original
from .driver import is_reading_tuples

__all__ = ["CURSOR_METHODS"]

Making: TypeAlias = Callable[[Asking, Original], Any]

_NO_ARROW = (
    "Results as Arrow or pandas are not recorded, since rows do not tell what they would be: read"
    " rows, by `fetchall`, and make a table of them."
)
_NO_FILES = (
    "Files that go to or come from a stage are not recorded: do that outside of the cassette."
)


# Statements ------------------------------------------------------------------------------------


def _running(
    call: str, returned: Callable[[Any, dict[str, Tree]], Any]
) -> Callable[[Asking, Original], Original]:
    """Make the stand-in of a method that runs a statement.

    Args:
        call: what it is called in a request.
        returned: gives what the method returns, of the cursor and the response.
    """

    def make(asking: Asking, original: Original) -> Original:
        given_to = Arguments(original, asking.driver.cursors[0].execute)

        @functools.wraps(original)
        def run(cursor: Any, *args: Any, **kwargs: Any) -> Any:
            given = None if _is_left_alone(cursor) else given_to(cursor, args, kwargs)
            if given is None or not given.statement:
                return original(cursor, *args, **kwargs)
            # Without rows nothing is sent.
            if call == codec.EXECUTE_MANY and not given.has_rows():
                return original(cursor, *args, **kwargs)
            meant = _meant(call, given)
            response = _run(asking, cursor, meant, given, lambda: given.call(original))
            of = _submitted if meant == codec.EXECUTE_ASYNC else returned
            return of(cursor, response)

        return run

    return make


def _meant(call: str, given: Given) -> str:
    """Return what a call is, which in the connector 4 its arguments may say."""
    if given.all.get("_exec_async") or given.all.get("_no_results"):
        return codec.EXECUTE_ASYNC
    return codec.DESCRIBE if given.all.get("_describe_only") else call


def _run(
    asking: Asking, cursor: Any, call: str, given: Given, perform: Callable[[], Any]
) -> dict[str, Tree]:
    connection, statement = cursor.connection, given.statement

    def performed() -> dict[str, Tree]:
        perform()
        if call == codec.EXECUTE_ASYNC:
            return codec.Answer(query_id=cursor.sfqid).tree()
        return asking.driver.answer(cursor, statement, read=call != codec.DESCRIBE).tree()

    request = codec.statement_request(
        call, statement, given.binds, asking.user(connection), given.all.get("num_statements")
    )
    response = asking.ask(connection, request, performed, cursor)
    asking.show(cursor, response, statement)
    return response


def _itself(cursor: Any, _: dict[str, Tree]) -> Any:
    return cursor


def _submitted(_: Any, response: dict[str, Tree]) -> dict[str, Tree]:
    return {"queryId": response.get("query_id")}


def _description(cursor: Any, _: dict[str, Tree]) -> Any:
    return cursor.description


def _newer_description(cursor: Any, _: dict[str, Tree]) -> Any:
    return cursor._description_internal


# Earlier queries -------------------------------------------------------------------------------


def _getting_result(asking: Asking, original: Original) -> Original:
    @functools.wraps(original)
    def query_result(cursor: Any, qid: str) -> Any:
        if _is_left_alone(cursor):
            return original(cursor, qid)
        _load(asking, cursor, qid, lambda: original(cursor, qid))
        return cursor

    return query_result


def _getting_result_later(asking: Asking, original: Original) -> Original:
    @functools.wraps(original)
    def get_results_from_sfqid(cursor: Any, sfqid: str) -> None:
        if _is_left_alone(cursor):
            original(cursor, sfqid)
            return

        def wait_and_load() -> None:
            original(cursor, sfqid)
            asking.driver.load_deferred(cursor)

        cursor.connection.get_query_status_throw_if_error(sfqid)
        asking.driver.defer(cursor, sfqid, lambda: _load(asking, cursor, sfqid, wait_and_load))

    return get_results_from_sfqid


def _load(asking: Asking, cursor: Any, query_id: str, perform: Callable[[], Any]) -> None:
    connection = cursor.connection

    def performed() -> dict[str, Tree]:
        asking.driver.forget_rows(cursor)
        perform()
        return asking.driver.answer(cursor, None, read=True).tree()

    request = codec.query_request(codec.RESULTS, query_id, asking.user(connection))
    asking.show(cursor, asking.ask(connection, request, performed, cursor), None)


def _aborting(asking: Asking, original: Original) -> Original:
    @functools.wraps(original)
    def abort_query(cursor: Any, qid: str) -> Any:
        if _is_left_alone(cursor):
            return original(cursor, qid)
        connection = cursor.connection
        request = codec.query_request(codec.ABORT, qid, asking.user(connection))
        found = asking.ask(
            connection, request, lambda: {"aborted": bool(original(cursor, qid))}, cursor
        )
        return found["aborted"]

    return abort_query


def _going_on(asking: Asking, original: Original) -> Original:
    @functools.wraps(original)
    def nextset(cursor: Any) -> Any:
        if _is_left_alone(cursor):
            return original(cursor)
        asking.driver.load_deferred(cursor)
        following = asking.driver.sets(cursor)
        if not following:
            return original(cursor)
        cursor.query_result(following[0])
        asking.driver.remember_sets(cursor, following[1:])
        return cursor

    return nextset


# The rest --------------------------------------------------------------------------------------


def _refusing(kind: str, text: str) -> Making:
    def make(asking: Asking, original: Original) -> Original:
        # Snowpark falls back on rows when it meets the connector's own error.
        theirs: type[Exception] = asking.driver.connector.NotSupportedError
        error = type(kind, (CassetteError, theirs), {})

        @functools.wraps(original)
        def refuse(cursor: Any, *args: Any, **kwargs: Any) -> Any:
            if _is_left_alone(cursor):
                return original(cursor, *args, **kwargs)
            raise error(text)

        return refuse

    return make


def _as_dicts(_: Asking, original: Any) -> property:
    return property(lambda cursor: not is_reading_tuples() and original.__get__(cursor))


def _is_left_alone(cursor: Any) -> bool:
    """Tell whether a call is none of ours: one inside another, or one that only fails."""
    return is_passing() or cursor.is_closed()


_no_arrow = _refusing("ArrowNotRecordedError", _NO_ARROW)
_no_files = _refusing("FilesNotRecordedError", _NO_FILES)

CURSOR_METHODS: dict[str, Making] = {
    "execute": _running(codec.EXECUTE, _itself),
    "executemany": _running(codec.EXECUTE_MANY, _itself),
    "execute_async": _running(codec.EXECUTE_ASYNC, _submitted),
    "describe": _running(codec.DESCRIBE, _description),
    "_describe_internal": _running(codec.DESCRIBE, _newer_description),
    "query_result": _getting_result,
    "get_results_from_sfqid": _getting_result_later,
    "abort_query": _aborting,
    "nextset": _going_on,
    "_use_dict_result": _as_dicts,
    "fetch_arrow_all": _no_arrow,
    "fetch_arrow_batches": _no_arrow,
    "fetch_pandas_all": _no_arrow,
    "fetch_pandas_batches": _no_arrow,
    "get_result_batches": _no_arrow,
    "_download": _no_files,
    "_download_stream": _no_files,
    "_upload": _no_files,
    "_upload_stream": _no_files,
    "download_stream": _no_files,
}
"""By the name of each method, what makes its stand-in of it."""
