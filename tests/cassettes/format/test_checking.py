"""The whole of a file is held to the schema and to every rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rai_jobs_cassettes.errors import CassetteError, CassetteFormatError
from rai_jobs_cassettes.format import check, dumps, open_cassette, schema
from rai_jobs_cassettes.interactions import Header, Interaction, Tree

from .trees import HEADER, KEY, http, sql

RAISED = Interaction(
    at=2.0,
    kind="http",
    request={"method": "POST", "url": "https://h/", "form": {"a": ["1", "2"]}},
    response={"raised": "httpx.ConnectError", "message": "refused"},
)


def put(tmp_path: Path, *interactions: Interaction, header: Header = HEADER) -> Path:
    path = tmp_path / "x.yaml"
    path.write_bytes(dumps(header, [(each, KEY) for each in interactions]))
    return path


def test_what_is_written_by_the_rules_passes(tmp_path: Path) -> None:
    check(put(tmp_path, http(1, json=None), sql(2), RAISED))
    check(put(tmp_path))


def test_the_schema_is_a_schema_and_a_cassette_as_one_value_passes(tmp_path: Path) -> None:
    whole = schema()
    jsonschema.Draft202012Validator.check_schema(whole)
    path = put(tmp_path, http(1))
    opened = open_cassette(path)
    instance: dict[str, Any] = {
        "format": 1,
        "recorded_on": opened.header.recorded_on,
        "interactions": [
            {"at": 0.5, "http": {"request": http(1).request, "response": http(1).response}}
        ],
    }
    validator = jsonschema.Draft202012Validator(whole)
    assert validator.is_valid(instance)  # pyright: ignore[reportUnknownMemberType]
    wrongs: list[dict[str, Any]] = [
        {**instance, "format": 2},
        {**instance, "more": 1},
        {**instance, "interactions": [{"at": 0.5}]},
        {"interactions": []},
    ]
    for wrong in wrongs:
        assert not validator.is_valid(wrong)  # pyright: ignore[reportUnknownMemberType]


def request(**changed: Tree) -> Interaction:
    return Interaction(
        at=1.0, kind="http", request={**http().request, **changed}, response={"status": 200}
    )


@pytest.mark.parametrize(
    ("interaction", "what"),
    [
        (request(method=None), "request.method` breaks `type`"),
        (request(url=""), "request.url` breaks `minLength`"),
        (request(headers={"a": 1}), "request.headers.a` breaks"),
        (request(headers=["a"]), "request.headers` breaks `type`"),
        (request(text="a", json={}), "breaks `not`"),
        (request(text="a", body=b"a"), "breaks `not`"),
        (request(body=b"a", form={}), "breaks `not`"),
        (request(form={"a": 1}), "request.form.a` breaks"),
        (http(1, status=99), "`http.response` breaks `anyOf`"),
        (http(1, status="200"), "`http.response` breaks `anyOf`"),
        (Interaction(at=0, kind="http", request=http().request, response={}), "breaks `anyOf`"),
        (Interaction(at=0, kind="sql", request={}, response={}), "`sql.request` breaks `required`"),
        (sql(1, rows={}), "sql.response.rows` breaks `type`"),
        (sql(1, rowcount="2"), "sql.response.rowcount` breaks `type`"),
        (sql(1, query_id=1), "sql.response.query_id` breaks `type`"),
        (sql(1, raised=None), "sql.response.raised` breaks `type`"),
    ],
)
def test_what_the_schema_forbids_is_refused_by_its_line(
    tmp_path: Path, interaction: Interaction, what: str
) -> None:
    before = Interaction(at=0, kind="sql", request={"call": "x"}, response={})
    path = put(tmp_path, before, interaction)
    with pytest.raises(CassetteFormatError, match=what.replace(".", r"\.")) as told:
        check(path)
    assert told.value.line == open_cassette(path).stored[1].line
    assert "record the cassette again" in told.value.what


def test_no_value_is_shown(tmp_path: Path) -> None:
    for wrong in (request(headers={"a": {"s3cret": "s3cret"}}), http(1, status="s3cret")):
        with pytest.raises(CassetteError) as told:
            check(put(tmp_path, wrong))
        assert "s3cret" not in str(told.value)


def test_a_header_that_the_schema_forbids_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CassetteFormatError, match="`recorded_on` breaks `pattern`") as told:
        check(put(tmp_path, header=Header(recorded_on="yesterday")))
    assert told.value.line == 1


def test_a_time_that_goes_back_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, http(1), sql(2))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("at: 1.0", "at: 0.4"), encoding="utf-8")
    with pytest.raises(CassetteFormatError, match=r"its time is 0.4 s, .* at 0.5 s") as told:
        check(path)
    assert told.value.line == open_cassette(path).stored[1].line


@pytest.mark.parametrize("marker", ["---", "--- # 2", "--- # 2 sql"])
def test_a_marker_that_bears_no_key_is_refused(tmp_path: Path, marker: str) -> None:
    path = put(tmp_path, http(1), sql(2))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(f"--- # 2 sql {KEY}", marker), encoding="utf-8")
    with pytest.raises(CassetteFormatError, match="bears no number, kind and key") as told:
        check(path)
    assert told.value.line == open_cassette(path).stored[1].line
