"""What the text of a cassette looks like, and that every tree comes back from it as it was."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings

from rai_jobs_cassettes.errors import CassetteError
from rai_jobs_cassettes.format import dumps
from rai_jobs_cassettes.format.loading import load
from rai_jobs_cassettes.format.reading import read
from rai_jobs_cassettes.format.writing import END
from rai_jobs_cassettes.interactions import Header, Interaction

from .trees import HEADER, KEY, MISREAD, exact, http, interactions, sql

PATH = Path("x.yaml")


def body_of(interaction: Interaction) -> str:
    text = dumps(HEADER, [(interaction, KEY)]).decode()
    marker = f"\n--- # 1 {interaction.kind} {KEY}\n"
    _, found, after = text.partition(marker)
    assert found
    assert after.endswith(f"\n{END}\n")
    return after.removesuffix(f"{END}\n")


def exchanged(interaction: Interaction) -> object:
    return exact(
        {
            "at": interaction.at,
            interaction.kind: {
                "request": interaction.request,
                "response": interaction.response,
            },
        }
    )


def test_a_reviewer_reads_json_rows_and_statements_as_they_are() -> None:
    assert dumps(HEADER, [(sql(1), KEY), (http(2, text="a\nb\n"), "0" * 16)]).decode() == (
        """# A cassette of rai-jobs: what was asked, and what was answered, in recorded order.
format: 1
recorded_on: "2026-01-01T00:00:00Z"
recorded_with:
  rai-jobs: "0.1"
source: the fake of rai-jobs
sanitizers:
  - headers
  - tokens
--- # 1 sql 3f9a8e5c0d1b2a47
at: 0.5
sql:
  request:
    call: execute
    statement: |-
      select *
      from t
        where a = ?
    binds:
      - 1
  response:
    query_id: "01b-2"
    columns:
      - name: A
        type: fixed
      - name: B
        type: binary
    rows:
      - - !decimal 1.50
        - !!binary "AAE="
      - - null
        - !!binary ""
    rowcount: 2
--- # 2 http 0000000000000000
at: 1.0
http:
  request:
    method: GET
    url: https://host-1.recorded.invalid/v1alpha1/jobs/job-000002?full=1
    headers:
      authorization: Bearer <token-1>
      x-request: "1"
  response:
    status: 200
    headers:
      content-type: application/json
    json:
      job:
        id: job-000002
        state: RUNNING
        rate: 0.25
    text: |
      a
      b
...
"""
    )


def test_a_line_whose_end_would_not_show_stands_in_quotes_a_line_each() -> None:
    text = body_of(http(1, text='select 1 \n  from "t"\n'))
    assert '    text: "select 1 \\n\\\n      \\  from \\"t\\"\\n"\n' in text


def test_what_yaml_has_no_word_for_bears_a_tag() -> None:
    zone = timezone(timedelta(hours=-5, minutes=-30))
    text = body_of(
        sql(
            2,
            rows=[
                [
                    datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=zone),
                    datetime(2024, 2, 29),  # noqa: DTZ001 - naive, as some columns are
                    date(1, 1, 1),
                    time(23, 59, 59, 1),
                    timedelta(days=-1, microseconds=1),
                    b"\xff" * 60,
                ]
            ],
        )
    )
    assert (
        "      - - !datetime 2024-02-29T01:02:03.000004-05:30\n"
        "        - !datetime 2024-02-29T00:00:00\n"
        "        - !date 0001-01-01\n"
        "        - !time 23:59:59.000001\n"
        "        - !seconds -86399.999999\n"
        "        - !!binary |-\n" + " " * 10 + "/" * 76 + "\n" + " " * 10 + "////\n"
    ) in text


@pytest.mark.parametrize("text", MISREAD)
def test_a_text_that_is_easily_misread_comes_back(text: str) -> None:
    interaction = Interaction(
        at=0.0,
        kind="http",
        request={text: text, "list": [text, [text, {text: [text]}]], "last": {text: {"a": text}}},
        response={"text": text},
    )
    written = body_of(interaction)
    assert exact(load(written, PATH, 1)) == exchanged(interaction)
    fast = read(written)
    if fast is not None:
        assert exact(fast) == exchanged(interaction)


@pytest.mark.parametrize("bits", [64, 12_999, 13_000, 13_001, 100_000])
def test_a_number_of_any_size_comes_back(bits: int) -> None:
    interaction = http(1, json=[2**bits - 1, 1 - 2**bits, 2**bits, "next"])
    written = body_of(interaction)
    assert exact(load(written, PATH, 1)) == exchanged(interaction)
    fast = read(written)
    assert fast is None or exact(fast) == exchanged(interaction)


@settings(deadline=None, max_examples=150)
@given(interactions)
def test_every_tree_comes_back_as_it_was_by_both_readers(interaction: Interaction) -> None:
    written = body_of(interaction)
    assert exact(load(written, PATH, 1)) == exchanged(interaction)
    fast = read(written)
    if fast is None:
        # What the fast one leaves to the other is rare: long names, and halves of characters.
        assert "? " in written or "!escaped" in written
    else:
        assert exact(fast) == exchanged(interaction)


@settings(deadline=None, max_examples=40)
@given(interactions)
def test_nothing_stands_at_the_start_of_a_line_but_names_and_the_marker(
    interaction: Interaction,
) -> None:
    lines = dumps(HEADER, [(interaction, KEY)]).decode().split("\n")
    after = lines[lines.index(f"--- # 1 {interaction.kind} {KEY}") + 1 :]
    starting = [line for line in after if line[:1] not in {" ", ""}]
    assert starting[0].startswith("at: ")
    assert starting[1:] == [f"{interaction.kind}:", "..."]


@settings(deadline=None, max_examples=50)
@given(interactions)
def test_other_readers_of_yaml_see_the_same_texts_and_numbers(interaction: Interaction) -> None:
    import yaml

    class Plain(yaml.SafeLoader):
        """Theirs, with tags passed over."""

    def scalar(loader: Any, suffix: str, node: Any) -> object:
        return f"!{suffix} {node.value}"

    Plain.add_multi_constructor("!", scalar)  # pyright: ignore[reportUnknownMemberType]
    theirs = yaml.load(body_of(interaction), Loader=Plain)  # noqa: S506 - a safe one
    assert_same(
        theirs[interaction.kind], {"request": interaction.request, "response": interaction.response}
    )


def assert_same(theirs: object, ours: object) -> None:
    if isinstance(theirs, str) and theirs.startswith("!"):
        return
    if isinstance(ours, dict):
        their_pairs = cast("dict[str, object]", theirs).items()
        pairs = cast("dict[str, object]", ours).items()
        for (their_name, their_value), (name, value) in zip(their_pairs, pairs, strict=True):
            if not their_name.startswith("!"):
                assert their_name == name
            assert_same(their_value, value)
    elif isinstance(ours, list):
        values = cast("list[object]", ours)
        for their_value, value in zip(cast("list[object]", theirs), values, strict=True):
            assert_same(their_value, value)
    else:
        assert exact(theirs) == exact(ours)


def test_the_same_input_is_written_to_the_same_bytes() -> None:
    entries = [(http(1), KEY), (sql(2), KEY)]
    assert dumps(HEADER, entries) == dumps(HEADER, iter(entries))


def test_what_no_file_can_hold_is_refused_by_its_place_and_type_without_the_value() -> None:
    secret: Any = frozenset(["s3cret"])
    with pytest.raises(
        CassetteError, match=r"interaction 2, sql\.response\.rows\[0\]\[1\] is of type"
    ) as told:
        dumps(HEADER, [(http(1), KEY), (sql(2, rows=[[1, secret]]), KEY)])
    assert "s3cret" not in str(told.value)


def test_a_name_that_is_no_text_is_refused() -> None:
    wrong: Any = {200: "x"}
    with pytest.raises(CassetteError, match=r"http\.response\.json has a key of type int"):
        dumps(HEADER, [(http(1, json=wrong), KEY)])


def test_a_tree_that_is_too_deep_or_endless_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(CassetteError, match="is nested deeper than 200 levels"):
        dumps(HEADER, [(http(1, json=endless), KEY)])


def test_a_tree_as_deep_as_may_be_comes_back() -> None:
    for in_list in (True, False):
        tree: Any = "end"
        for _ in range(197):
            tree = [tree] if in_list else {"a": tree}
        interaction = http(1, json=tree)
        written = body_of(interaction)
        assert exact(read(written)) == exact(load(written, PATH, 1)) == exchanged(interaction)


@pytest.mark.parametrize("key", ["", "3F9A8E5C0D1B2A47", "3f9a", f"{KEY}0", f"{KEY}\n"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(CassetteError, match="interaction 1: its key is not 16 digits"):
        dumps(HEADER, [(http(), key)])


@pytest.mark.parametrize("at", [-1.0, 0.5, float("nan"), float("inf")])
def test_a_time_that_goes_back_or_is_none_is_refused(at: float) -> None:
    late = Interaction(at=at, kind="http", request={}, response={})
    with pytest.raises(CassetteError, match="interaction 2: its time"):
        dumps(HEADER, [(http(2), KEY), (late, KEY)])


def test_a_header_of_another_version_is_not_written() -> None:
    with pytest.raises(CassetteError, match="written in version 1, not 2"):
        dumps(Header(recorded_on="2026-01-01T00:00:00Z", version=2), [])
