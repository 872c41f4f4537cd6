"""From rows to records: column spellings, instants, types."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rai_jobs import JobRecord, JobServerError
from rai_jobs.gateways.rows import parse_instant, record_from_row

ROW: dict[str, Any] = {"id": "x", "reasoner_type": "ML", "state": "RUNNING"}
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
LATER = datetime(2026, 2, 3, 4, 5, 6, tzinfo=timezone.utc)

# From 1e10 on it is milliseconds, which is April 1970. A double holds microseconds until 2106.
INSTANTS = st.datetimes(
    EPOCH.replace(month=5, tzinfo=None),
    EPOCH.replace(year=2100, tzinfo=None),
    timezones=st.just(timezone.utc),
)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def _offset(instant: datetime, separator: str) -> str:
    minutes = round((instant.utcoffset() or timedelta()).total_seconds() / 60)
    sign, minutes = "-" if minutes < 0 else "+", abs(minutes)
    return f"{sign}{minutes // 60:02}{separator}{minutes % 60:02}"


@given(instant=INSTANTS, zone=OFFSETS)
def test_an_instant_in_text_comes_back_from_every_form(instant: datetime, zone: timezone) -> None:
    local, naive = instant.astimezone(zone), instant.replace(tzinfo=None)
    wall = local.replace(tzinfo=None)
    forms: list[object] = [
        instant,
        local,
        naive,
        instant.isoformat(),
        local.isoformat(),
        naive.isoformat(),
        f"{naive.isoformat()}Z",
        f"{naive.isoformat()}z",
        f" {naive.isoformat(' ')}\n",
        f"{naive.isoformat(' ')} Z",
        f"{wall.isoformat()}{_offset(local, '')}",
        f"{wall.isoformat(' ')} {_offset(local, '')}",
        f"{wall.isoformat(' ')} {_offset(local, ':')}",
        f"{naive.isoformat(timespec='microseconds')}000Z",
        f"{naive.isoformat(' ', 'microseconds')}999",
        f"{naive.isoformat(timespec='microseconds')}+00",
    ]
    for form in forms:
        found = parse_instant(form)
        assert found == instant, form
        assert found is not None
        assert found.tzinfo is timezone.utc, form


@given(instant=INSTANTS)
def test_an_instant_in_epoch_numbers_comes_back(instant: datetime) -> None:
    whole = instant.replace(microsecond=0)
    seconds = int((whole - EPOCH).total_seconds())
    for form in (seconds, float(seconds), str(seconds), f" {seconds} ", f"{seconds}.0"):
        assert parse_instant(form) == whole, form
    milliseconds = seconds * 1000 + instant.microsecond // 1000
    expected = whole + timedelta(milliseconds=instant.microsecond // 1000)
    for form in (milliseconds, float(milliseconds), str(milliseconds)):
        assert parse_instant(form) == expected, form


@pytest.mark.usefixtures("far_from_utc")
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        (0, EPOCH),
        ("0", EPOCH),
        (-1, EPOCH - timedelta(seconds=1)),
        (9_999_999_999, EPOCH + timedelta(seconds=9_999_999_999)),
        (10_000_000_000, EPOCH + timedelta(seconds=10_000_000)),
        ("9999999999", EPOCH + timedelta(seconds=9_999_999_999)),
        ("10000000000", EPOCH + timedelta(seconds=10_000_000)),
        ("2026-02-03T04:05:06", LATER),
        ("2026-02-03 04:05:06", LATER),
        ("2026-02-03 04:05:06.5", LATER + timedelta(milliseconds=500)),
        ("2026-02-03T04:05:06.123456789Z", LATER + timedelta(microseconds=123_456)),
        ("2026-02-02 20:05:06.000 -0800", LATER),
        ("2026-02-03T04:05Z", LATER.replace(second=0)),
        ("2026-02-03", datetime(2026, 2, 3, tzinfo=timezone.utc)),
    ],
)
def test_an_instant_is_read(value: object, expected: datetime | None) -> None:
    assert parse_instant(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "2026-13-01",
        "2026-02-30T00:00:00Z",
        "2026-02-03T25:00:00Z",
        "2026-02-03T04:05:06+99:00",
        "04:05:06",
        "1e10",
        "12abc",
        "-",
        "NaN",
        "9" * 400,
        float("nan"),
        float("inf"),
        -float("inf"),
        1e300,
        10**18,
        True,
        False,
        b"2026-02-03",
        ["2026-02-03"],
        {"seconds": 1},
        timedelta(1),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_instant_is_a_value_error(value: object) -> None:
    with pytest.raises(ValueError, match="no instant: ") as caught:
        parse_instant(value)
    assert len(str(caught.value)) < 120


@given(st.text() | st.floats() | st.text("0123456789-:.+TZ ", max_size=30))
def test_anything_is_an_instant_or_a_value_error(value: object) -> None:
    try:
        found = parse_instant(value)
    except ValueError:
        return
    assert found is None or found.tzinfo is timezone.utc


ALIASES: list[tuple[str, str, object, object]] = [
    *((alias, "id", "i-1", "i-1") for alias in ("id", "job_id", "txn_id")),
    *(
        (alias, "reasoner_type", "SOLVER", "Prescriptive")
        for alias in ("reasoner_type", "type", "job_type")
    ),
    *((alias, "database_name", "d", "d") for alias in ("database_name", "dbname", "database")),
    *((alias, "read_only", False, False) for alias in ("read_only", "readonly")),
    *(
        (alias, "reasoner_name", "w", "w")
        for alias in ("reasoner_name", "engine_name", "worker_name")
    ),
    ("state", "state", "completed", "COMPLETED"),
    ("created_by", "created_by", "ann", "ann"),
    ("created_on", "created_on", "2026-02-03 04:05:06", LATER),
    ("finished_at", "finished_at", "2026-02-03T04:05:06Z", LATER),
    ("duration", "duration", 12, 12),
    ("duration", "duration", "12.0", 12),
    ("payload", "payload", '{"a": 1}', {"a": 1}),
    ("abort_reason", "abort_reason", "because", "because"),
    ("timeout_ms", "timeout_ms", "60000", 60_000),
]


@pytest.mark.parametrize("spelt", [str.lower, str.upper, str.title])
@pytest.mark.parametrize(("column", "field", "value", "expected"), ALIASES)
def test_a_column_is_known_by_any_of_its_names_in_any_case(
    spelt: Any, column: str, field: str, value: object, expected: object
) -> None:
    others = {name: held for name, held in ROW.items() if name != field}
    row = {spelt(name): held for name, held in {**others, column: value}.items()}
    assert getattr(record_from_row(row, operation="get"), field) == expected


def test_a_column_that_is_null_gives_way_to_its_other_name() -> None:
    row = {**ROW, "reasoner_name": None, "ENGINE_NAME": None, "worker_name": "w", "read_only": None}
    record = record_from_row({**row, "readonly": True}, operation="get")
    assert (record.reasoner_name, record.read_only) == ("w", True)


def test_what_a_row_lacks_is_none_and_what_it_has_too_much_is_ignored() -> None:
    record = record_from_row({**ROW, "colour": "red"}, operation="get")
    assert record == JobRecord(id="x", reasoner_type="Predictive", state="RUNNING")


@pytest.mark.parametrize("row_type", [None, ""])
def test_a_row_without_a_type_is_of_the_type_that_was_asked_for(row_type: object) -> None:
    row = {**ROW, "reasoner_type": row_type}
    assert record_from_row(row, operation="get", reasoner_type="LOGIC").reasoner_type == "Logic"


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("LOGIC", "Logic"),
        ("logic", "Logic"),
        ("Solver", "Prescriptive"),
        (" prescriptive ", "Prescriptive"),
        ("ml", "Predictive"),
        ("PREDICTIVE", "Predictive"),
        ("Oracle", "Oracle"),
        ("MLX", "MLX"),
    ],
)
def test_a_type_is_shown_by_its_label_and_an_unknown_one_as_it_came(
    written: str, label: str
) -> None:
    record = record_from_row({**ROW, "reasoner_type": written}, operation="get")
    assert record.reasoner_type == label


@pytest.mark.parametrize("state", ["Paused", "PAUSED", "paused"])
def test_an_unknown_state_passes_in_upper_case(state: str) -> None:
    assert record_from_row({**ROW, "state": state}, operation="get").state == "PAUSED"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (None, None),
        ({"a": 1}, {"a": 1}),
        ({}, {}),
        ('{"a": [1, {"b": null}]}', {"a": [1, {"b": None}]}),
        ("{}", {}),
        ("", ""),
        ("min x", "min x"),
        ('{"a": ', '{"a": '),
        ("[1, 2]", "[1, 2]"),
        ("null", "null"),
        ("7", "7"),
    ],
)
def test_a_payload_is_a_dict_where_it_is_an_object_else_its_text(
    payload: object, expected: object
) -> None:
    assert record_from_row({**ROW, "payload": payload}, operation="get").payload == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        *((written, True) for written in (True, "TRUE", " true ", 1, "1")),
        *((written, False) for written in (False, "False", 0, "0")),
        (None, None),
    ],
)
def test_read_only_is_read_in_every_form(written: object, expected: bool | None) -> None:
    assert record_from_row({**ROW, "read_only": written}, operation="get").read_only is expected


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("id", None, "id, type or state is missing"),
        ("id", "", "id, type or state is missing"),
        ("id", {}, "id, type or state is missing"),
        ("id", 1.5, "id, type or state is missing"),
        ("state", None, "id, type or state is missing"),
        ("state", "  ", "id, type or state is missing"),
        ("state", ["RUNNING"], "id, type or state is missing"),
        ("reasoner_type", None, "id, type or state is missing"),
        ("reasoner_type", 1.5, "id, type or state is missing"),
        ("created_on", "soon", "no instant: 'soon'"),
        ("finished_at", True, "no instant: True"),
        ("duration", "long", "no number: 'long'"),
        ("duration", [1], "no number"),
        ("duration", True, "no number"),
        ("timeout_ms", "inf", "no number"),
        ("read_only", "perhaps", "no boolean: 'perhaps'"),
        ("read_only", 2, "no boolean"),
    ],
)
def test_a_column_that_cannot_be_read_is_a_server_error_of_the_operation(
    column: str, value: object, says: str
) -> None:
    with pytest.raises(JobServerError, match=says) as caught:
        record_from_row({**ROW, column: value}, operation="list")
    assert caught.value.operation == "list"
    assert "columns: " in str(caught.value)
    assert column in str(caught.value)


def test_a_long_value_and_many_columns_do_not_flood_the_message() -> None:
    row = {**ROW, "created_on": "x" * 10_000, **{f"column_{n}": n for n in range(10_000)}}
    with pytest.raises(JobServerError) as caught:
        record_from_row(row, operation="get")
    assert len(str(caught.value)) < 450
