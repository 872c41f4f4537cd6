"""Scripts that are made by what is written down."""

from __future__ import annotations

from dataclasses import replace
from inspect import signature
from typing import Any, cast

import pytest

from rai_jobs_fakes import aborted, failed, generators
from rai_jobs_fakes.control.generated import GENERATORS, GeneratedSaid
from rai_jobs_fakes.control.scripts import ScriptSaid
from rai_jobs_fakes.scripts_file import ScriptsFileError, scripts_of

from .talking import Control


def test_every_generator_can_be_named_with_every_argument_and_its_default() -> None:
    assert sorted(GENERATORS) == sorted(generators.__all__)
    for name in GENERATORS:
        model = cast("Any", GeneratedSaid.model_fields[name].annotation).__args__[0]
        said = {each: field.default for each, field in model.model_fields.items()}
        parameters = signature(getattr(generators, name)).parameters
        assert said == {
            # To write nothing is to write `completed`.
            **{each: of.default for each, of in parameters.items()},
            "outcome": "completed",
        }


@pytest.mark.parametrize(
    ("said", "script"),
    [
        ({"solver_run": {}}, generators.solver_run()),
        (
            {"solver_run": {"seed": 7, "sense": "maximize", "outcome": {"failed": "oom"}}},
            generators.solver_run(seed=7, sense="maximize", outcome=failed("oom")),
        ),
        (
            {"query_run": {"operators": 3, "every_s": 2, "outcome": {"aborted": "no"}}},
            generators.query_run(operators=3, every_s=2.0, outcome=aborted("no")),
        ),
        (
            {"training_run": {"run_s": 30, "epochs": 3, "queue_s": 2, "outcome": "completed"}},
            generators.training_run(run_s=30.0, epochs=3, queue_s=2.0),
        ),
    ],
    ids=str,
)
def test_it_is_what_the_function_makes(said: dict[str, Any], script: object) -> None:
    assert ScriptSaid.model_validate({"generate": said}).made() == script


def test_what_no_generator_takes_is_said_beside_it() -> None:
    said: dict[str, Any] = {
        "generate": {"query_run": {}},
        "cancel_latency_s": 3,
        "artifacts": {"f": {"a": 1}},
    }
    made = ScriptSaid.model_validate({**said, "name": "x", "times": 2}).made()
    assert made == replace(generators.query_run(), cancel_latency_s=3.0, artifacts={"f": {"a": 1}})


def test_an_execution_lives_by_it_and_it_is_told_as_any_other() -> None:
    control = Control()
    said = {"generate": {"training_run": {"epochs": 3, "run_s": 30}}, "reasoner_type": "ML"}
    [told] = control.post("/control/scripts", said).json["scripts"]
    assert len(told["script"]["events"]) == 4
    operation = control.backend.jobs().create("ML", "t", {})
    assert operation.wait().duration == 30_000
    assert len(list(operation.follow())) == 4
    other = Control()
    [again] = other.post("/control/scripts", told["script"]).json["scripts"]
    assert again["script"] == told["script"]


@pytest.mark.parametrize(
    ("text", "where", "wrong"),
    [
        ("{solver: {}}", ".generate.solver", "use one of solver_run, query_run, training_run"),
        ("{}", ".generate", "solver_run, query_run, training_run, with its arguments"),
        ("{solver_run: }", ".generate", "got none"),
        ("{solver_run: {}, query_run: {}}", ".generate", "got solver_run and query_run"),
        ("solver_run", ".generate", "dictionary"),
        ("{solver_run: {sed: 1}}", ".generate.solver_run.sed", "seed"),
        ("{solver_run: {end_gap: 0.9}}", ".generate.solver_run", "from 0 to `start_gap`"),
        ("{solver_run: {run_s: .inf}}", ".generate.solver_run.run_s", "finite"),
        ("{solver_run: {sense: max}}", ".generate.solver_run.sense", "'maximize'"),
        ("{query_run: {outcome: {failed: x}}}", ".generate.query_run", "only jobs"),
        ("{training_run: {epochs: 0}}", ".generate.training_run.epochs", "1"),
        ("{training_run: {epochs: 100001}}", ".generate.training_run", "from 1 to 100000"),
        ("{training_run: {}}\n  run_s: 5", "", "`run_s` is what `generate` makes"),
        ("{training_run: {}}\n  events: []", "", "`events` is what `generate` makes"),
        ("{solver_run: {}}\n  guard_rail_after_s: 61", "", "never be violated"),
    ],
)
def test_what_no_generator_makes_is_refused_with_its_place(
    text: str, where: str, wrong: str
) -> None:
    with pytest.raises(ScriptsFileError) as caught:
        scripts_of(f"scripts:\n- generate: {text}\n", name="day.yaml")
    assert str(caught.value).startswith(f"day.yaml:2: scripts[0]{where}: ")
    assert wrong in str(caught.value)
