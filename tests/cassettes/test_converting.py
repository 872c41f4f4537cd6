"""A plain vcrpy cassette becomes one of ours: sanitised, found by its keys, the same each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from rai_jobs_cassettes.converting import convert
from rai_jobs_cassettes.errors import CassetteFormatError, SecretsFoundError
from rai_jobs_cassettes.replay.views import key_of

pytest.importorskip("rai_jobs_cassettes.format")
pytest.importorskip("rai_jobs_cassettes.sanitize")

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJlLW9mLWl0LWFsbA"
PLAIN = f"""\
interactions:
- request:
    body: '{{"a": 1}}'
    headers:
      Authorization: ['Snowflake Token="{TOKEN}"']
      Content-Type: [application/json]
    method: POST
    uri: https://ann.snowflakecomputing.com/v1alpha1/jobs
  response:
    body: {{string: '{{"id": "job-1", "token": "{TOKEN}"}}'}}
    headers:
      Content-Type: [application/json]
    status: {{code: 200, message: OK}}
- request: {{body: null, headers: {{}}, method: GET, uri: "https://h/v1alpha1/jobs/SOLVER/job-1"}}
  response: {{body: {{string: done}}, headers: {{}}, status: {{code: 200, message: OK}}}}
version: 1
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "plain.yaml"
    path.write_text(PLAIN)
    return path


def test_a_plain_cassette_becomes_ours_without_its_secrets(source: Path, tmp_path: Path) -> None:
    from rai_jobs_cassettes.format import open_cassette

    target = tmp_path / "ours.yaml"
    convert(source, target)
    text = target.read_text()
    assert TOKEN not in text
    assert "source: converted from plain.yaml" in text
    made = open_cassette(target)
    stored = list(made.stored)
    read = [each.interaction() for each in stored]
    assert [each.request["method"] for each in read] == ["POST", "GET"]
    assert read[0].request["json"] == {"a": 1}
    assert read[1].response == {"status": 200, "headers": {}, "text": "done"}
    assert [each.key for each in stored] == [key_of("http", each.request) for each in read]


def test_the_same_source_makes_the_same_file(source: Path, tmp_path: Path) -> None:
    for name in ("one.yaml", "two.yaml"):
        convert(source, tmp_path / name)
    assert (tmp_path / "one.yaml").read_bytes() == (tmp_path / "two.yaml").read_bytes()


def test_what_still_looks_secret_is_not_written(source: Path, tmp_path: Path) -> None:
    key = "gH7kQ2mZx9LpW4vTn8RbYs3JdF6cAe1U"
    source.write_text(PLAIN.replace("string: done", f"string: 'is {key} it'"))
    target = tmp_path / "ours.yaml"
    with pytest.raises(SecretsFoundError) as raised:
        convert(source, target)
    assert key not in str(raised.value)
    assert not target.exists()
    convert(source, target, secrets=[key])
    assert key not in target.read_text()
    convert(source, target, allowed=[key])
    assert key in target.read_text()


def test_what_is_no_cassette_leaves_the_target_as_it_was(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "ours.yaml"
    target.write_text("before")
    source.write_text("interactions: 5\n")
    with pytest.raises(CassetteFormatError):
        convert(source, target)
    assert target.read_text() == "before"
