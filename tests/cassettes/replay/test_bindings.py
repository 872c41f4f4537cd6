"""Stand-ins, and what they stand for while a recording is replayed."""

from __future__ import annotations

import pytest

from rai_jobs_cassettes.interactions import Tree
from rai_jobs_cassettes.replay.bindings import Bindings


def bound(recorded: Tree, live: Tree) -> Bindings:
    bindings = Bindings()
    found = bindings.unified(recorded, live)
    assert found is not None
    bindings.bind(found)
    return bindings


def test_a_stand_in_stands_for_what_is_sent_in_its_place() -> None:
    bindings = bound({"by": "<user-1>", "n": [1, "x"]}, {"by": "ann", "n": [1, "x"]})
    assert bindings.told({"by": "<user-1>", "to": "<user-2>"}) == {"by": "ann", "to": "<user-2>"}
    assert bindings.stand_ins == {"ann": "<user-1>"}


def test_it_stands_for_the_same_from_then_on() -> None:
    bindings = bound("<user-1>", "ann")
    assert bindings.unified("<user-1>", "ann") == {}
    assert bindings.unified("<user-1>", "bob") is None


def test_one_value_has_one_stand_in() -> None:
    bindings = bound("<user-1>", "ann")
    assert bindings.unified("<user-2>", "ann") is None
    assert Bindings().unified(["<user-1>", "<user-2>"], ["ann", "ann"]) is None


def test_the_same_stand_in_twice_stands_for_one_value() -> None:
    assert Bindings().unified(["<user-1>", "<user-1>"], ["ann", "bob"]) is None
    assert Bindings().unified(["<user-1>", "<user-1>"], ["ann", "ann"]) == {"<user-1>": "ann"}


def test_a_stand_in_may_stand_in_a_longer_text() -> None:
    found = Bindings().unified(
        "by = '<user-1>' at host-1.recorded.invalid/x", "by = 'a.b' at h:1/x"
    )
    assert found == {"<user-1>": "a.b", "host-1.recorded.invalid": "h:1"}


def test_a_stand_in_may_stand_in_a_name() -> None:
    recorded: Tree = {"<user-1>": 1, "<user-2>": 2, "x": "<user-1>"}
    assert Bindings().unified(recorded, {"x": "ann", "bob": 2, "ann": 1}) == {
        "<user-1>": "ann",
        "<user-2>": "bob",
    }
    assert Bindings().unified(recorded, {"x": "ann", "bob": 2, "cat": 1}) is None


def test_what_is_sent_back_as_it_was_told_matches() -> None:
    assert Bindings().unified("Bearer <token-1>", "Bearer <token-1>") == {}


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        ("a", "b"),
        ("<user-1>", 7),
        ("<user-1>", ""),
        ("x<user-1>", "y<user-1>"),
        ({"a": "<user-1>"}, {"b": "ann"}),
        ({"a": "<user-1>"}, {"a": "ann", "b": 1}),
        (["<user-1>"], ["ann", "bob"]),
        ([["<user-1>", 1]], [["ann", True]]),
        ({"a": 1}, [1]),
        ([1], {"a": 1}),
    ],
    ids=str,
)
def test_what_cannot_be_the_same_is_not(recorded: Tree, live: Tree) -> None:
    assert Bindings().unified(recorded, live) is None


def test_a_request_is_written_with_the_stand_ins_it_has() -> None:
    bindings = bound("<user-1>", "ann")
    assert bindings.written({"a": ["ann", "anna", 1]}) == {"a": ["<user-1>", "anna", 1]}
