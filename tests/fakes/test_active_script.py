"""`ActiveScript`: what became of a script that was registered; and what can be registered."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from rai_jobs_fakes import ActiveScript, FakeBackend, JobScript, ScriptError

Register = Callable[[FakeBackend], ActiveScript]
BOTH: list[Register] = [
    lambda backend: backend.script(JobScript(run_s=9), name="m"),
    lambda backend: backend.on_create(lambda payload: JobScript(run_s=9), name="m"),
]


def create(backend: FakeBackend) -> None:
    backend.jobs().create("Predictive", "m", {})


@pytest.mark.parametrize("register", BOTH)
def test_it_tells_how_many_lived_by_it_and_where_it_was_registered(register: Register) -> None:
    backend = FakeBackend()
    active = register(backend)
    assert active.used == 0
    create(backend)
    create(backend)
    assert active.used == 2
    assert active.registered_at.startswith("fakes/test_active_script.py:")
    told = f"<script of {active.registered_at}: any type, 'm': used 2 times>"
    assert repr(active) == told


@pytest.mark.parametrize("register", BOTH)
def test_one_that_is_withdrawn_is_for_nobody_who_comes_later(register: Register) -> None:
    backend = FakeBackend()
    active = register(backend)
    create(backend)
    active.remove()
    active.remove()
    create(backend)
    assert active.used == 1
    assert [view.state.value for view in backend.executions] == ["RUNNING", "COMPLETED"]
    backend.clock.sleep(9)
    assert backend.executions[0].state.value == "COMPLETED"


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("register", BOTH)
def test_one_that_is_withdrawn_is_not_missed(register: Register, strict: bool) -> None:
    backend = FakeBackend(strict_scripts=strict)
    register(backend).remove()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        backend.close()


def test_only_the_one_is_withdrawn() -> None:
    backend = FakeBackend()
    first, second = (backend.script(JobScript(run_s=9)) for _ in range(2))
    first.remove()
    create(backend)
    assert (first.used, second.used) == (0, 1)


SCRIPT = JobScript()


def make(payload: object) -> JobScript:
    return SCRIPT


REFUSED: dict[str, tuple[Callable[[Any], object], str]] = {
    "script of text": (lambda on: on.script("x"), r"`script` must be a JobScript; got 'x'\.$"),
    "script of none": (lambda on: on.script(None, reasoner_type="ml"), "`script`.*None"),
    "a function": (lambda on: on.script(make), "`script`.*goes to `on_create`"),
    "callback of text": (lambda on: on.on_create("x"), r"`callback` must be .*got 'x'\.$"),
    "a script": (lambda on: on.on_create(SCRIPT), "`callback`.*goes to `script`"),
    "where of text": (lambda on: on.script(SCRIPT, where="x"), "`where` must be .*got 'x'"),
    "times for ever": (lambda on: on.script(SCRIPT, times=math.inf), "`times`.*got inf"),
    "times NaN": (lambda on: on.script(SCRIPT, times=math.nan), "`times`.*got nan"),
    "times of text": (lambda on: on.script(SCRIPT, times="x"), "`times`.*got 'x'"),
    "times True": (lambda on: on.script(SCRIPT, times=True), "`times`.*got True"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_registered_is_refused_by_the_name_of_the_argument(name: str) -> None:
    backend = FakeBackend(strict_scripts=True)
    register, message = REFUSED[name]
    with pytest.raises(ScriptError, match=message):
        register(backend)
    backend.close()
