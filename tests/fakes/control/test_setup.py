"""Filling a backend at once: all of it is done, or nothing."""

from __future__ import annotations

import threading
from dataclasses import fields
from inspect import signature
from typing import Any

import pytest

from rai_jobs_fakes import FakeBackend, WireSettings
from rai_jobs_fakes.control.setup import SettingsSaid, WireSaid

from .talking import Control

WHOLE: dict[str, list[dict[str, Any]]] = {
    "users": [{"name": "ann", "password": "new"}, {"name": "bob", "token": "t-bob"}],
    "reasoners": [{"name": "r", "reasoner_type": "ML"}],
    "scripts": [{"run_s": 5, "reasoner_type": "ML"}],
    "faults": [{"kind": "http", "status": 500, "user": "bob"}],
}
"""What is right, so that only what stands beside it is wrong."""


@pytest.mark.parametrize(
    ("part", "wrong", "said"),
    [
        ("users", {"name": "eve", "token": "t-bob"}, "is another user's already"),
        ("users", {"name": "eve", "public_key": "x"}, "public key given for 'eve'"),
        (
            "reasoners",
            {"name": "s", "reasoner_type": "ML", "ready_after_s": 5},
            "reasoners[1]: `ready_after_s`",
        ),
        (
            "scripts",
            {"reasoner_type": "Logic", "outcome": {"failed": "x"}},
            "scripts[1]: This script cannot be for Logic",
        ),
        ("faults", {"kind": "not_ready", "user": "carl"}, "There are: fake_user, ann, bob"),
    ],
    ids=str,
)
def test_what_is_refused_has_done_none_of_it(part: str, wrong: dict[str, Any], said: str) -> None:
    control = Control()
    control.backend.add_user("ann", password="old", token="t-ann")
    before = control.get("/control/snapshot").text
    answer = control.post("/control/setup", {**WHOLE, part: [*WHOLE[part], wrong]})
    assert answer.status == 422
    assert said in answer.error["message"]
    assert control.get("/control/snapshot").text == before
    assert control.backend.password("ann") == "old"
    assert [control.backend.user_of_token(each) is None for each in ("t-ann", "t-bob")] == [
        False,
        True,
    ]
    # What is right is done then, as if nothing had been asked before.
    assert control.post("/control/setup", WHOLE).status == 200
    other = Control()
    other.backend.add_user("ann", password="old", token="t-ann")
    other.post("/control/setup", WHOLE)
    assert control.get("/control/snapshot").text == other.get("/control/snapshot").text


def test_nothing_else_happens_between_what_is_said_at_once() -> None:
    backend = FakeBackend()
    asked, came = threading.Event(), list[str]()

    def ask() -> None:
        asked.set()
        came.append(backend.jobs().create("ML", "t", {}).id)

    thread = threading.Thread(target=ask)
    with backend.at_once():
        thread.start()
        assert asked.wait(5)
        thread.join(0.02)
        assert came == []
        backend.add_user("ann")
    thread.join(5)
    assert len(came) == 1


def test_what_can_be_set_of_the_wire_can_be_said() -> None:
    said = {name: field.default for name, field in WireSaid.model_fields.items()}
    assert said == {each.name: each.default for each in fields(WireSettings)}
    assert SettingsSaid(wire=WireSaid(requests_kept=3)).arguments() == {
        "wire": WireSettings(requests_kept=3)
    }


def test_what_a_backend_is_made_with_can_be_said() -> None:
    # A clock is the command's, and a namespace the server's.
    arguments = set(signature(FakeBackend).parameters) - {"clock", "namespace"}
    said = {field.alias or name for name, field in SettingsSaid.model_fields.items()}
    assert said - {"start"} == arguments
