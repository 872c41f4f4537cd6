"""The fast reader reads what we write; of anything else it says nothing rather than something."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rai_jobs_cassettes.errors import CassetteFormatError
from rai_jobs_cassettes.format import dumps
from rai_jobs_cassettes.format.loading import load
from rai_jobs_cassettes.format.reading import read

from .trees import HEADER, KEY, exact, http, interactions, sql

PATH = Path("x.yaml")


def require_agreement(text: str) -> bool:
    """Whatever the fast reader reads, the careful one reads the same. Tell whether it read."""
    fast = read(text)
    if fast is None:
        return False
    assert exact(fast) == exact(load(text, PATH, 1)), text
    return True


@pytest.mark.parametrize("interaction", [http(), sql(), http(text="a\n b\n", raised=None)])
def test_what_a_recording_is_mostly_made_of_is_read_fast(interaction: object) -> None:
    text = dumps(HEADER, [(interaction, KEY)]).decode()  # pyright: ignore[reportArgumentType]
    body = text.partition(f"{KEY}\n")[2].removesuffix("...\n")
    assert require_agreement(body)


@pytest.mark.parametrize(
    "text",
    [
        "a: b # said by hand\n",
        "# said by hand\na: b\n",
        "a: b\r\n",
        "a: b",
        "a:  b\n",
        "a: b \n",
        "a:\n- b\n",
        "a:\n   b: c\n",
        "a: b\na: c\n",
        "a: b\n  c\n",
        "a: |\n    b\n",
        "a: |\n  b\n   \n  c\n",
        "a: |\n  b\n\n",
        "a: >\n  b\n",
        "a: 'b'\n",
        "a: [b]\n",
        "a: {b: c}\n",
        "a: &b c\n",
        "a: *b\n",
        "a: !!str 1\n",
        "a: !unknown 1\n",
        "a: !decimal x\n",
        'a: "b\\\n  c"\n',
        'a: "b\\\\\n  c"\n',
        'a: "b\n  c"\n',
        'a: "\\x41"\n',
        'a: "\\ud83d\\ude00"\n',
        'a: "b" c\n',
        "a: 0x1f\n",
        "a: 007\n",
        "a: 1_000\n",
        "a: yes\n",
        "a:\n",
        "a\n",
        "- a\n",
        " a: b\n",
        "a: b\n...\n",
        "",
        "\n",
    ],
)
def test_what_is_written_otherwise_is_left_to_the_careful_reader(text: str) -> None:
    assert read(text) is None


_ALPHABET = (
    *" \n:#-\"'\\|>!&*?{}[],ab1.0~+",
    "\n  ", "\n    ", ": ", "- ", "\\n\\\n", "a: ", "|-\n", "|2\n",
    "!decimal ", "\t", "\r", "ä", "\u2028",
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from(_ALPHABET), max_size=12).map("".join))
def test_on_any_text_it_says_nothing_or_what_the_careful_one_says(text: str) -> None:
    require_agreement(text if text.endswith("\n") else f"a: {text}\n")


@settings(deadline=None, max_examples=150)
@given(interactions, st.data())
def test_on_a_text_changed_anywhere_it_says_nothing_or_what_the_careful_one_says(
    interaction: object, data: st.DataObject
) -> None:
    text = dumps(HEADER, [(interaction, KEY)]).decode()  # pyright: ignore[reportArgumentType]
    body = text.partition(f"{KEY}\n")[2].removesuffix("...\n")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body)))
        gone = data.draw(st.integers(0, 3))
        new = data.draw(st.lists(st.sampled_from(_ALPHABET), max_size=2).map("".join))
        body = body[:at] + new + body[at + gone :]
    try:
        require_agreement(body)
    except CassetteFormatError as error:
        raise AssertionError(f"read, and refused by the careful one: {body!r}") from error
