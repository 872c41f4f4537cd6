"""Scripts that look like real work."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rai_jobs_fakes import (
    At,
    FakeBackend,
    JobScript,
    Outcome,
    ScriptError,
    aborted,
    failed,
    query_run,
    solver_run,
    training_run,
)

from .making import payload_of

Generator = Callable[..., JobScript]
ALL: list[tuple[Generator, str]] = [
    (solver_run, "Prescriptive"),
    (query_run, "Logic"),
    (training_run, "Predictive"),
]
EACH = pytest.mark.parametrize(("run", "reasoner_type"), ALL, ids=["solver", "query", "training"])
SEEDS = st.integers(-(2**70), 2**70)
SECONDS = st.floats(0, 1e5)

SOLVED = "solve done: incumbent 94232.7023, gap 0.0100%, 11438 nodes, 60.0 s"
TRAINED = "epoch 10/10  loss 0.1000  held out 0.1064  60.0 s"
ASKED = "query done: 78 rows in 10.0 s"


def message_of(event: dict[str, Any]) -> str:
    """What a log message says."""
    assert event.keys() == {"type", "event"}
    assert event["type"] == "LogMessage"
    assert event["event"].keys() == {"message"}
    return event["event"]["message"]


def said(script: JobScript) -> list[str]:
    """What a script's log says."""
    return [message_of(dict(at.event)) for at in script.events if at.stream == "progress"]


def table_of(script: JobScript) -> list[list[float]]:
    """The rows of a solve's log: nodes, open, incumbent, bound, gap, time."""
    _, _, titles, *rows, _ = said(script)
    assert titles.split() == ["nodes", "open", "incumbent", "bound", "gap", "time"]
    return [[float(cell.rstrip("%s")) for cell in row.split()] for row in rows]


def profile_of(script: JobScript) -> dict[int, list[tuple[float, dict[str, Any]]]]:
    """What a query's profiler says, by operator."""
    told: dict[int, list[tuple[float, dict[str, Any]]]] = defaultdict(list)
    for at in script.events:
        if at.stream == "profiler":
            assert at.event.keys() == {"type", "event"}
            assert at.event["type"] == "OperatorProfile"
            told[at.event["event"]["operator"]].append((at.after_s, at.event["event"]))
    return told


def require_in_order(script: JobScript) -> None:
    """The events of a script are inside its run, in order."""
    times = [at.after_s for at in script.events]
    assert times == sorted(times)
    assert times[0] == 0
    assert times[-1] <= script.run_s


def falls(numbers: list[float]) -> bool:
    """Whether none is more than the one before."""
    return all(one >= other for one, other in itertools.pairwise(numbers))


class TestSolverRun:
    """The log of a solve."""

    @settings(deadline=None)
    @given(
        run_s=SECONDS,
        seed=SEEDS,
        gaps=st.tuples(st.floats(0, 1), st.floats(0, 1)),
        looks=st.floats(0.3, 60),
        sense=st.sampled_from(["minimize", "maximize"]),
        queue_s=SECONDS,
    )
    def test_its_gap_only_closes_as_bound_and_incumbent_meet(
        self,
        run_s: float,
        seed: int,
        gaps: tuple[float, float],
        looks: float,
        sense: Literal["minimize", "maximize"],
        queue_s: float,
    ) -> None:
        end_gap, start_gap = sorted(gaps)
        script = solver_run(
            run_s=run_s,
            seed=seed,
            start_gap=start_gap,
            end_gap=end_gap,
            every_s=max(run_s / looks, 1e-3),
            sense=sense,
            queue_s=queue_s,
        )
        assert (script.run_s, script.queue_s) == (run_s, queue_s)
        require_in_order(script)
        assert script.fits(logic=False)
        nodes, left, incumbents, bounds, shown, _ = map(list, zip(*table_of(script), strict=True))
        assert falls(shown)
        assert shown[0] == pytest.approx(start_gap * 100, abs=1e-4)
        assert shown[-1] == pytest.approx(end_gap * 100, abs=1e-4)
        minimize = sense == "minimize"
        assert falls(incumbents if minimize else incumbents[::-1])
        assert falls(bounds[::-1] if minimize else bounds)
        for incumbent, bound, gap in zip(incumbents, bounds, shown, strict=True):
            assert incumbent >= bound if minimize else incumbent <= bound
            assert abs(incumbent - bound) / incumbent * 100 == pytest.approx(gap, abs=1e-3)
        assert all(one < other for one, other in itertools.pairwise(nodes))
        assert (left[0], left[-1], min(left)) == (0, 0, 0)

    def test_there_is_a_row_at_every_look_and_one_at_the_end(self) -> None:
        script = solver_run(run_s=22, every_s=5)
        assert [row[5] for row in table_of(script)] == [0, 5, 10, 15, 20, 22]
        assert [at.after_s for at in script.events[3:]] == [0, 5, 10, 15, 20, 22, 22]
        assert len(table_of(solver_run(run_s=20, every_s=5))) == 5
        assert len(table_of(solver_run(run_s=1, every_s=5))) == 2
        assert len(table_of(solver_run(run_s=0))) == 2

    def test_better_solutions_are_found_now_and_then(self) -> None:
        incumbents = [row[2] for row in table_of(solver_run(run_s=500))]
        assert 20 < len(set(incumbents)) < len(incumbents) - 20

    def test_its_last_line_says_how_it_ended(self) -> None:
        done = said(solver_run(run_s=60))[-1]
        assert done.startswith("solve done: incumbent ")
        assert "gap 0.0100%" in done
        stopped = said(solver_run(outcome=failed("licence lost")))[-1]
        assert stopped.startswith("solve stopped, licence lost: ")

    def test_it_says_what_it_does(self) -> None:
        assert said(solver_run(sense="maximize"))[0].startswith("maximize over ")

    @pytest.mark.parametrize(
        ("argument", "values"),
        [
            ("run_s", [-1, math.inf, math.nan]),
            ("every_s", [0, -1, math.inf, math.nan, 1e-9]),
            ("start_gap", [-0.1, 1.1, math.nan]),
            ("end_gap", [-0.1, 0.31, math.nan]),
            ("sense", ["", "Minimize", None]),
            ("seed", [1.0, "1", None, True]),
            ("queue_s", [-1, math.inf]),
        ],
    )
    def test_an_argument_that_makes_no_sense_is_named(
        self, argument: str, values: list[Any]
    ) -> None:
        for value in values:
            with pytest.raises(ScriptError, match=rf"`(solver_run\({argument}\)|\w+.{argument})`"):
                solver_run(**{argument: value})


class TestQueryRun:
    """The profile of a query."""

    @settings(deadline=None)
    @given(
        run_s=SECONDS,
        seed=SEEDS,
        operators=st.integers(1, 40),
        looks=st.floats(0.3, 30),
        queue_s=SECONDS,
        outcome=st.sampled_from([None, aborted("out of memory")]),
    )
    def test_its_operators_only_grow_and_all_are_done_when_it_completes(
        self,
        run_s: float,
        seed: int,
        operators: int,
        looks: float,
        queue_s: float,
        outcome: Outcome | None,
    ) -> None:
        script = query_run(
            run_s=run_s,
            seed=seed,
            operators=operators,
            every_s=max(run_s / looks, 1e-3),
            queue_s=queue_s,
            outcome=outcome,
        )
        assert (script.run_s, script.queue_s) == (run_s, queue_s)
        require_in_order(script)
        assert script.fits(logic=True)
        assert not script.fits(logic=False)
        profile = profile_of(script)
        assert sorted(profile) == list(range(operators))
        for number, told in profile.items():
            [name] = {each["name"] for _, each in told}
            assert name
            for measure in ("rows", "seconds"):
                assert falls([each[measure] for _, each in told][::-1])
            for at, each in told:
                assert each["seconds"] == pytest.approx(at - told[0][0], abs=1e-6)
            states = [each["state"] for _, each in told]
            done = outcome is None or number < operators - 1
            assert set(states[:-1]) <= {"running"}
            assert states[-1] == ("completed" if done else "running")
            assert (told[0][1]["rows"], told[0][1]["seconds"]) == (0, 0)
            assert not done or told[-1][1]["rows"] > 0

    def test_an_operator_is_looked_at_regularly(self) -> None:
        script = query_run(run_s=100, operators=1, every_s=10)
        times = [at for at, _ in profile_of(script)[0]]
        assert times[1:] == pytest.approx([n * 10 for n in range(math.ceil(times[1] / 10), 11)])

    def test_some_progress_is_told_beside_it(self) -> None:
        plan, *shares, done = said(query_run(operators=8, run_s=40))
        assert plan == "plan ready: 8 operators"
        assert [line.split(" done after ")[1] for line in shares] == ["10.0 s", "20.0 s", "30.0 s"]
        finished = [int(line.split()[0]) for line in shares]
        assert finished == sorted(finished)
        assert 0 < finished[-1] < 8
        assert done.startswith("query done: ")
        assert len(said(query_run(outcome=aborted("out of memory")))) == 4

    @pytest.mark.parametrize(
        ("argument", "values"),
        [
            ("run_s", [-1, math.inf, math.nan]),
            ("every_s", [0, -1, math.inf, math.nan, 1e-9]),
            ("operators", [0, -1, 1.5, True, None, 10**9]),
            ("seed", [1.0, "1"]),
            ("queue_s", [-1, math.inf]),
        ],
    )
    def test_an_argument_that_makes_no_sense_is_named(
        self, argument: str, values: list[Any]
    ) -> None:
        for value in values:
            with pytest.raises(ScriptError, match=rf"`(query_run\({argument}\)|\w+.{argument})`"):
                query_run(**{argument: value})

    def test_looking_too_often_at_too_many_is_refused(self) -> None:
        with pytest.raises(ScriptError, match=r"`query_run\(every_s\)` is 0.01, which makes more"):
            query_run(operators=1000, every_s=0.01)
        assert query_run(operators=100, every_s=0.01).events


class TestTrainingRun:
    """The log of a training."""

    @settings(deadline=None)
    @given(
        run_s=SECONDS,
        seed=SEEDS,
        epochs=st.integers(1, 200),
        losses=st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)),
    )
    def test_its_loss_only_falls(
        self, run_s: float, seed: int, epochs: int, losses: tuple[float, float]
    ) -> None:
        end, start = sorted(losses)
        script = training_run(run_s=run_s, seed=seed, epochs=epochs, start_loss=start, end_loss=end)
        require_in_order(script)
        assert script.fits(logic=False)
        _, *lines = (line.split() for line in said(script))
        assert [line[1] for line in lines] == [f"{n}/{epochs}" for n in range(1, epochs + 1)]
        shown = [float(line[3]) for line in lines]
        assert falls(shown)
        assert shown[0] == pytest.approx(start, abs=1e-4)
        assert epochs == 1 or shown[-1] == pytest.approx(end, abs=1e-4)
        for loss, line in zip(shown, lines, strict=True):
            assert float(line[6]) >= loss

    def test_its_epochs_are_even(self) -> None:
        script = training_run(run_s=100, epochs=4)
        assert [at.after_s for at in script.events] == [0, 25, 50, 75, 100]

    @pytest.mark.parametrize(
        ("argument", "values"),
        [
            ("run_s", [-1, math.inf, math.nan]),
            ("epochs", [0, -1, 1.5, False, 10**9]),
            ("start_loss", [-1, math.inf, math.nan]),
            ("end_loss", [-1, 2.1, math.nan]),
            ("seed", [1.0, "1"]),
        ],
    )
    def test_an_argument_that_makes_no_sense_is_named(
        self, argument: str, values: list[Any]
    ) -> None:
        for value in values:
            with pytest.raises(ScriptError, match=rf"`training_run\({argument}\)`"):
                training_run(**{argument: value})


class TestEach:
    """What holds for all generators."""

    @EACH
    def test_a_seed_is_a_run(self, run: Generator, reasoner_type: str) -> None:
        runs = [run(seed=seed) for seed in range(50)]
        assert runs == [run(seed=seed) for seed in range(50)]
        assert len({repr(each) for each in runs}) == 50

    def test_a_seed_is_the_same_run_on_every_python(self) -> None:
        assert said(solver_run(seed=7))[-1] == SOLVED
        assert said(training_run(seed=7))[-1] == TRAINED
        assert said(query_run(seed=7))[-1] == ASKED

    @EACH
    @pytest.mark.parametrize("over", ["gateway", "http"])
    def test_it_is_followed_like_any_other_script(
        self, run: Generator, reasoner_type: str, over: Literal["gateway", "http"]
    ) -> None:
        script = run(run_s=60, seed=3, queue_s=2)
        backend = FakeBackend(event_page_size=7)
        backend.script(script, reasoner_type=reasoner_type)
        jobs = backend.jobs(over=over)
        operation = jobs.create(reasoner_type, "w", payload_of(reasoner_type))
        streams = {at.stream for at in script.events}
        assert streams == ({"progress", "profiler"} if run is query_run else {"progress"})
        for stream in streams:
            expected = [dict(at.event) for at in script.events if at.stream == stream]
            assert list(operation.follow(stream_name=stream)) == expected
        job = operation.wait()
        assert (job.state, job.duration) == ("COMPLETED", 62_000)

    @EACH
    def test_it_ends_as_it_is_told_to(self, run: Generator, reasoner_type: str) -> None:
        outcome = aborted("no luck") if reasoner_type == "Logic" else failed("no luck")
        backend = FakeBackend()
        backend.script(run(outcome=outcome), reasoner_type=reasoner_type)
        job = backend.jobs().create(reasoner_type, "w", payload_of(reasoner_type)).wait()
        assert job.abort_reason == "no luck"

    @EACH
    def test_it_can_be_changed_afterwards(self, run: Generator, reasoner_type: str) -> None:
        changed = replace(run(), cancel_latency_s=2)
        assert (changed.cancel_latency_s, changed.events) == (2, run().events)
        assert all(isinstance(at, At) for at in changed.events)
