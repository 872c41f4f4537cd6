"""Payloads of `create`: composing them, and a transaction's parts in one (spec §5, §7)."""

from __future__ import annotations

from typing import Any

from .errors import JobInvalidRequestError
from .reasoners import LOGIC, PRESCRIPTIVE, ReasonerType
from .validation import shown

__all__ = [
    "compose_payload",
    "make_job_payload",
    "make_txn_payload",
    "transaction_database",
    "transaction_query",
    "transaction_read_only",
]


def compose_payload(
    *,
    reasoner_type: str,
    database: str | None = None,
    raw_code: str,
    inputs: dict[str, Any] | None = None,
    readonly: bool = True,
    nowait_durable: bool = False,
    language: str = "rel",
    headers: dict[str, Any] | None = None,
    timeout_mins: int | None = None,
    bypass_index: bool = False,
    gi_setup_skipped: bool = False,
) -> dict[str, Any]:
    """Return a payload for `create` on any reasoner type (spec §7).

    Args:
        reasoner_type: `Logic`, `Prescriptive` or `Predictive`, in any accepted spelling.
        database: the database to work on; required for Logic.
        raw_code: the program text.
        inputs: values by name that the program may read.
        readonly: whether the program may only read.
        nowait_durable: whether to answer before a write is durable.
        language: the program's language.
        headers: request headers that the backend passes on.
        timeout_mins: the execution's own timeout, in minutes from creation.
        bypass_index: whether to skip the graph index.
        gi_setup_skipped: whether the graph index was not set up.

    Raises:
        JobInvalidRequestError: `reasoner_type` names no type.
        ValueError: Logic without a database.
    """
    kind = ReasonerType.parse(reasoner_type)
    if kind.is_logic and not database:
        raise ValueError(
            f"`database` is required for Logic: the database that the transaction works on;"
            f" got {shown(database)}."
        )
    payload: dict[str, Any] = {
        "raw_code": raw_code,
        "inputs": dict(inputs or {}),
        "readonly": readonly,
        "nowait_durable": nowait_durable,
        "language": language,
        "bypass_index": bypass_index,
        "gi_setup_skipped": gi_setup_skipped,
    }
    optional = {"database": database, "headers": headers, "timeout_mins": timeout_mins}
    payload.update({name: value for name, value in optional.items() if value is not None})
    if kind.is_logic:
        payload.update(dbname=database, query=raw_code, v1_inputs=dict(inputs or {}))
    return payload


def make_txn_payload(
    *,
    dbname: str,
    query: str,
    v1_inputs: dict[str, Any] | None = None,
    readonly: bool = True,
    nowait_durable: bool = False,
    language: str = "rel",
    headers: dict[str, Any] | None = None,
    timeout_mins: int | None = None,
) -> dict[str, Any]:
    """Return the payload of a Logic transaction: `compose_payload` in a transaction's own words.

    Raises:
        ValueError: `dbname` is empty.
    """
    return compose_payload(
        reasoner_type=LOGIC.label,
        database=dbname,
        raw_code=query,
        inputs=v1_inputs,
        readonly=readonly,
        nowait_durable=nowait_durable,
        language=language,
        headers=headers,
        timeout_mins=timeout_mins,
    )


def make_job_payload(
    *,
    database: str | None = None,
    raw_code: str,
    inputs: dict[str, Any] | None = None,
    readonly: bool = True,
    nowait_durable: bool = False,
    language: str = "rel",
    headers: dict[str, Any] | None = None,
    timeout_mins: int | None = None,
    bypass_index: bool = False,
    gi_setup_skipped: bool = False,
) -> dict[str, Any]:
    """Return the payload of a Prescriptive or Predictive job: `compose_payload` without a type."""
    return compose_payload(
        reasoner_type=PRESCRIPTIVE.label,
        database=database,
        raw_code=raw_code,
        inputs=inputs,
        readonly=readonly,
        nowait_durable=nowait_durable,
        language=language,
        headers=headers,
        timeout_mins=timeout_mins,
        bypass_index=bypass_index,
        gi_setup_skipped=gi_setup_skipped,
    )


def transaction_database(payload: dict[str, Any]) -> str:
    """Return the database of a transaction's payload.

    Raises:
        JobInvalidRequestError: none of `dbname`, `database`, `database_name` holds one (spec §5).
    """
    return _first_text(payload, ("dbname", "database", "database_name"), "a database")


def transaction_query(payload: dict[str, Any]) -> str:
    """Return the program of a transaction's payload.

    Raises:
        JobInvalidRequestError: none of `query`, `raw_code`, `code` holds one (spec §5).
    """
    return _first_text(payload, ("query", "raw_code", "code"), "a query")


def transaction_read_only(payload: dict[str, Any]) -> bool:
    """Return whether a transaction may only read: so it is unless told otherwise (spec §5)."""
    given = (payload.get("readonly"), payload.get("read_only"))
    return next((bool(value) for value in given if value is not None), True)


def _first_text(payload: dict[str, Any], names: tuple[str, ...], what: str) -> str:
    for name in names:
        value = payload.get(name)
        if isinstance(value, str) and value.strip():
            return value
    raise JobInvalidRequestError(
        f"A Logic `payload` needs {what}: a non-empty string under "
        + " or ".join(f"`{name}`" for name in names)
        + f"; it has the keys {shown(sorted(map(str, payload)))}."
    )
