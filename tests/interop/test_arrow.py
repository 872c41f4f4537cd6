"""The connector and Snowpark where they ask for Arrow: the same rows, and frames of pandas."""

from __future__ import annotations

import datetime as dt
import re
from base64 import b64decode
from collections.abc import Generator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rai_jobs_fakes import FakeBackend, JobScript, aborted
from rai_jobs_fakes.doors.server import FakeServer
from rai_jobs_fakes.faces.sql import SqlResult
from rai_jobs_fakes.faces.sql.values import column_of
from rai_jobs_fakes.faces.wire.arrow_rows import arrow_stream

pyarrow: Any = pytest.importorskip("pyarrow", reason="pyarrow is not installed here")
pandas: Any = pytest.importorskip("pandas", reason="pandas is not installed here")
connector: Any = pytest.importorskip("snowflake.connector")
snowpark: Any = pytest.importorskip("snowflake.snowpark", reason="Snowpark is not installed here")

ARROW = {"session_parameters": {"PYTHON_CONNECTOR_QUERY_RESULT_FORMAT": "ARROW"}}
UTC = dt.timezone.utc
VALUES: dict[str, object] = {
    "1": 1,
    "12345678901234567890123::number(38,0)": 12345678901234567890123,
    "-1.50::number(10,2)": Decimal("-1.50"),
    "1.5::float": 1.5,
    "'ä''b'": "ä'b",
    "true": True,
    "null": None,
    "'2020-02-03'::date": dt.date(2020, 2, 3),
    "'10:11:12.500001'::time": dt.time(10, 11, 12, 500001),
    "'1901-01-02 03:04:05.678'::timestamp_ltz": dt.datetime(
        1901, 1, 2, 3, 4, 5, 678000, tzinfo=UTC
    ),
    "'2020-01-02 03:04:05'::timestamp_ltz": dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC),
    """parse_json('{"a": [1]}')""": "as JSON is written",
    "to_binary('ff00', 'hex')": b"\xff\x00",
}


@pytest.fixture(scope="module")
def server() -> Generator[FakeServer]:
    backend = FakeBackend()
    backend.script(JobScript(run_s=5, outcome=aborted("why", [{"n": 1}])), reasoner_type="Logic")
    for number in range(3):
        backend.jobs().create("Prescriptive", "solver-1", {"n": number})
    backend.jobs().create("Logic", "engine-1", {"dbname": "d", "query": "q"})
    backend.clock.sleep(60)
    with backend.serve() as running:
        yield running


@pytest.fixture(scope="module")
def as_json(server: FakeServer) -> Generator[Any]:
    with connector.connect(**server.connection_parameters()) as connection:
        yield connection


@pytest.fixture(scope="module")
def as_arrow(server: FakeServer) -> Generator[Any]:
    with connector.connect(**server.connection_parameters(), **ARROW) as connection:
        yield connection


@pytest.mark.parametrize("expression", VALUES)
def test_a_value_of_each_type_is_what_it_is_as_json(
    as_json: Any, as_arrow: Any, expression: str
) -> None:
    query = f"select {expression} as a, null as b"
    (told,) = as_arrow.cursor().execute(query).fetchall()
    (said,) = as_json.cursor().execute(query).fetchall()
    assert told == said
    # The connector gives a `bytearray` where it read Arrow.
    assert type(told[0]) is type(said[0]) or isinstance(told[0], bytearray)
    assert told == ((VALUES[expression] if "json" not in expression else said[0]), None)


@pytest.mark.parametrize(
    "statement",
    [
        "select * from relationalai.api.jobs order by id",
        "select * from relationalai.api.transactions",
        "select * from relationalai.api.jobs where id = 'nobody'",
        "show parameters like 'time%'",
    ],
)
def test_rows_and_descriptions_are_the_same(as_json: Any, as_arrow: Any, statement: str) -> None:
    told, said = as_arrow.cursor().execute(statement), as_json.cursor().execute(statement)
    assert told.description == said.description
    assert told.fetchall() == said.fetchall()
    assert told.rowcount == said.rowcount


def test_timestamps_of_every_kind_are_parts_of_an_instant() -> None:
    zone = dt.timezone(dt.timedelta(hours=2))
    moment = dt.datetime(1969, 12, 31, 23, 59, 58, 250_000, tzinfo=UTC)
    columns = (
        column_of("N", "timestamp_ntz"),
        column_of("L", "timestamp_ltz"),
        column_of("Z", "timestamp_tz"),
    )
    row = (moment.replace(tzinfo=None), moment, moment.astimezone(zone))
    stream = arrow_stream(SqlResult(columns, (row, (None, None, None))))
    with pyarrow.ipc.open_stream(b64decode(stream)) as reader:
        told, nothing = reader.read_all().to_pylist()
    parts = {"epoch": -2, "fraction": 250_000_000}
    assert told == {"N": parts, "L": parts, "Z": {**parts, "timezone": 1_440 + 120}}
    assert nothing == {"N": None, "L": None, "Z": None}


def test_a_frame_has_a_row_for_each_and_types_that_pandas_computes_with(as_arrow: Any) -> None:
    frame = as_arrow.cursor().execute("select * from relationalai.api.jobs").fetch_pandas_all()
    assert len(frame) == 3
    assert set(frame["STATE"]) == {"COMPLETED"}
    assert str(frame["DURATION"].dtype) == "int64"
    assert str(frame["CREATED_ON"].dtype) == "datetime64[ns, UTC]"
    batches = as_arrow.cursor().execute("select 1 as a").fetch_pandas_batches()
    assert [each["A"].tolist() for each in batches] == [[1]]
    assert as_arrow.cursor().execute("select 1 as a").fetch_arrow_all().to_pylist() == [{"A": 1}]


# Snowpark looks into the connector, and the connector 5 says so.
@pytest.mark.filterwarnings("ignore:.*only for backward compatibility:DeprecationWarning")
def test_a_session_of_snowpark_gives_frames_until_it_asks_for_json_again(
    server: FakeServer,
) -> None:
    parameters = {**server.connection_parameters(), **ARROW}
    with snowpark.Session.builder.configs(parameters).create() as session:
        query = session.sql("select 1.5::float as a, 'x' as b")
        assert query.to_pandas().to_dict("list") == {"A": [1.5], "B": ["x"]}
        assert query.to_arrow().to_pylist() == [{"A": 1.5, "B": "x"}]
        assert [row.as_dict() for row in query.collect()] == [{"A": 1.5, "B": "x"}]
        session.sql("alter session set PYTHON_CONNECTOR_QUERY_RESULT_FORMAT = 'JSON'").collect()
        if connector.__version__.startswith("4."):  # the connector 5 makes Arrow of JSON
            with pytest.raises(connector.errors.NotSupportedError):
                query.to_arrow()
        assert query.to_pandas().to_dict("list") == {"A": [1.5], "B": ["x"]}


def test_the_example_of_the_docs_runs() -> None:
    page = (Path(__file__).parents[2] / "docs/server.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(# where pyarrow .*?)```", page, re.DOTALL)
    exec(compile(example, "docs/server.md", "exec"), {})  # noqa: S102
