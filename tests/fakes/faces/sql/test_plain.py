"""Plain queries are read without the engine, and answered as the engine answers them."""

# ruff: noqa: S608  (statements are made of the test's own parts)

from __future__ import annotations

from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rai_jobs_fakes.faces.sql.engine import Engine
from rai_jobs_fakes.faces.sql.plain import Plain
from rai_jobs_fakes.machine.execution import User

from .test_queries import JOBS, ME, make_face, populated

# Full case mapping ("ß" to "SS") is Python's and, one hopes, Snowflake's, but not DuckDB's: letters
# whose mapping is one letter are what the two ways are compared on.
LETTERS = st.sampled_from("aAbBzZ 'éÉ0_")
TEXT_COLUMNS = ("ID", "STATE", "CREATED_BY", "ABORT_REASON")
NAMES = {"jobs": ("REASONER_NAME", "REASONER_TYPE"), "transactions": ("ENGINE_NAME",)}
VALUES = (
    st.sampled_from(
        [
            "a",
            "A",
            " a ",
            "b'c",
            "ML",
            "SOLVER",
            "RUNNING",
            "completed",
            "fake_user",
            "ann",
            "NO LUCK",
        ]
    )
    | st.text(LETTERS, max_size=3)
    | st.none()
)
IDS = st.sampled_from([view.id for view in populated().executions])
COUNTS = st.integers(0, 10) | st.none()


@st.composite
def conditions(draw: st.DrawFn, view: str) -> tuple[str, list[object]]:
    """One condition of those that are read without an engine, and its binds."""
    column = draw(st.sampled_from((*TEXT_COLUMNS, *NAMES[view], "DURATION")))
    if column == "DURATION":
        return draw(st.sampled_from(["duration = ?", "duration <> ?"])), [
            draw(st.sampled_from([0, 6000]))
        ]
    expression = draw(st.sampled_from([column, column.lower()]))
    for function in draw(st.lists(st.sampled_from(["UPPER", "lower", "TRIM"]), max_size=2)):
        expression = f"{function}({expression})"
    values = IDS if column == "ID" else VALUES
    form = draw(st.sampled_from(["= ?", "<> ?", "IN (?)", "IN (?, ?)", "NOT IN (?, ?)"]))
    return f"{expression} {form}", [draw(values) for _ in range(form.count("?"))]


@st.composite
def queries(draw: st.DrawFn) -> tuple[str, str, list[object]]:
    """A plain query, the same one in a form that needs the engine, and its binds."""
    view = draw(st.sampled_from(["jobs", "transactions"]))
    columns = draw(
        st.just("*")
        | st.lists(
            st.sampled_from((*TEXT_COLUMNS, *NAMES[view], "created_on", "finished_at AS f")),
            min_size=1,
            unique=True,
        ).map(", ".join)
    )
    drawn = draw(st.lists(conditions(view), max_size=3))
    binds = [bind for _, values in drawn for bind in values]
    where = " AND ".join(text for text, _ in drawn)
    tail = draw(st.sampled_from(["", " ORDER BY created_on DESC"]))
    for word in draw(st.sampled_from([(), ("LIMIT",), ("LIMIT", "OFFSET")])):
        tail += f" {word} ?"
        binds.append(draw(COUNTS if word == "LIMIT" else st.integers(0, 10)))
    head = f"SELECT {columns} FROM RELATIONALAI.api.{view}"
    plain = f"{head}{f' WHERE {where}' if where else ''}{tail}"
    return plain, f"{head} WHERE 1 = 1{f' AND {where}' if where else ''}{tail}", binds


@settings(max_examples=150, deadline=None)
@given(query=queries(), user=st.sampled_from([ME, User("root", admin=True)]))
@example(query=(f"SELECT * FROM {JOBS}", f"SELECT * FROM {JOBS} WHERE 1 = 1", []), user=ME)
def test_plain_queries_are_answered_as_the_engine_answers_them(
    query: tuple[str, str, list[object]], user: User
) -> None:
    plain, general, binds = query
    with patch.object(Engine, "run", side_effect=AssertionError("not read plainly")):
        answered = FACE.execute(plain, binds, user=user)
    with patch.object(Plain, "run", side_effect=AssertionError("read plainly")):
        expected = FACE.execute(general, binds, user=user)
    assert answered.columns == expected.columns
    assert answered.rows == expected.rows


FACE = make_face(populated())
