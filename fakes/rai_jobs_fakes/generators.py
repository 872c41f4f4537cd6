"""Scripts that look like real work: a solve, a query, a training, made from a seed.

Each gives a `JobScript` like any other, and the same one for the same arguments. The words are our
own, no solver's log; to change what a generator does not take, use `dataclasses.replace`. [choice]
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal

from .kinds import is_span, is_whole
from .script import At, End, JobScript, Outcome, ScriptError, completed

__all__ = ["query_run", "solver_run", "training_run"]

MOST_EVENTS = 100_000
"""The most events that a run may say: more would be a slip of the unit."""

_OPERATORS = ("scan", "filter", "join", "project", "aggregate", "sort", "union", "distinct")


def solver_run(
    *,
    run_s: float = 60.0,
    seed: int = 0,
    start_gap: float = 0.3,
    end_gap: float = 0.0001,
    every_s: float = 5.0,
    sense: Literal["minimize", "maximize"] = "minimize",
    outcome: Outcome | None = None,
    queue_s: float = 0.0,
) -> JobScript:
    """Return the script of a solve by branch and bound, for Prescriptive.

    Its progress is the log: what presolve did, a row every `every_s` whose bound and incumbent come
    nearer, and a last line. The gap is |incumbent - bound| / |incumbent|; it never grows.

    Args:
        run_s: how long it runs, in seconds: finite.
        seed: what the numbers are made from.
        start_gap: the gap of the first row: 0 to 1.
        end_gap: the gap of the last row: 0 to `start_gap`.
        every_s: the seconds from row to row.
        sense: `minimize` (the incumbent falls) or `maximize` (it rises).
        outcome: how it ends; it completes when not given. The gap closes all the same.
        queue_s: how long it waits in the queue, in seconds.

    Raises:
        ScriptError: an argument is not as described; names it.
    """
    dice = _Dice("solver_run", seed)
    times = _times("solver_run", run_s, every_s)
    if sense not in ("minimize", "maximize"):
        raise ScriptError(f"`solver_run(sense)` must be minimize or maximize; got {sense!r}.")
    _require("solver_run(start_gap)", start_gap, "from 0 to 1", fits=0 <= start_gap <= 1)
    fits = 0 <= end_gap <= start_gap
    _require("solver_run(end_gap)", end_gap, "from 0 to `start_gap`", fits=fits)
    left = dice.falling(len(times), rest=0.001)
    gaps = [end_gap + (start_gap - end_gap) * share for share in left]
    messages = [(0.0, line) for line in _presolve(dice, sense)]
    rows = _search(dice, times, gaps, sense)
    messages += [(row.at, row.text()) for row in rows]
    messages.append((run_s, _verdict(rows[-1], outcome)))
    return _script(run_s, queue_s, [_log(at, text) for at, text in messages], outcome)


def query_run(
    *,
    run_s: float = 10.0,
    seed: int = 0,
    operators: int = 12,
    every_s: float = 1.0,
    outcome: Outcome | None = None,
    queue_s: float = 0.0,
) -> JobScript:
    """Return the script of a query, for Logic: a profile of its operators, and some progress.

    The `profiler` stream has an event for each operator at work, every `every_s` and when it is
    done: `{"type": "OperatorProfile", "event": {"operator", "name", "rows", "seconds", "state"}}`.
    Rows and seconds of an operator never fall; its `state` is `running`, then `completed`.

    Args:
        run_s: how long it runs, in seconds: finite.
        seed: what the numbers are made from.
        operators: how many operators its plan has: 1 or more.
        every_s: the seconds from one look at the operators to the next.
        outcome: how it ends; it completes when not given. Else the last operator stays `running`.
        queue_s: how long it waits in the queue, in seconds.

    Raises:
        ScriptError: an argument is not as described; names it.
    """
    dice = _Dice("query_run", seed)
    _require_count("query_run(operators)", operators)
    times = _times("query_run", run_s, every_s, events_each=operators)
    lives = _plan(dice, operators, run_s)
    if outcome is not None and outcome.end is not End.COMPLETED:
        lives[-1] = lives[-1].unfinished()
    events = [_log(0.0, f"plan ready: {operators} operators")]
    for life in lives:
        events += life.profile(times)
    for share in (0.25, 0.5, 0.75):
        at = run_s * share
        done = sum(life.ends <= at for life in lives)
        events.append(_log(at, f"{done} of {operators} operators done after {at:.1f} s"))
    if lives[-1].finishes:
        events.append(_log(run_s, f"query done: {lives[-1].rows} rows in {run_s:.1f} s"))
    return _script(run_s, queue_s, events, outcome)


def training_run(
    *,
    run_s: float = 60.0,
    seed: int = 0,
    epochs: int = 10,
    start_loss: float = 2.0,
    end_loss: float = 0.1,
    outcome: Outcome | None = None,
    queue_s: float = 0.0,
) -> JobScript:
    """Return the script of a training, for Predictive: a line an epoch, with a loss that falls.

    Args:
        run_s: how long it runs, in seconds: finite.
        seed: what the numbers are made from.
        epochs: how many epochs it has, evenly over `run_s`: 1 or more.
        start_loss: the loss of the first epoch: finite, 0 or more.
        end_loss: the loss of the last epoch, of more than one: 0 to `start_loss`.
        outcome: how it ends; it completes when not given.
        queue_s: how long it waits in the queue, in seconds.

    Raises:
        ScriptError: an argument is not as described; names it.
    """
    dice = _Dice("training_run", seed)
    _require_seconds("training_run(run_s)", run_s)
    _require_count("training_run(epochs)", epochs)
    fits = 0 <= start_loss < math.inf
    _require("training_run(start_loss)", start_loss, "finite, 0 or more", fits=fits)
    fits = 0 <= end_loss <= start_loss
    _require("training_run(end_loss)", end_loss, "from 0 to `start_loss`", fits=fits)
    events = [_log(0.0, f"training {epochs} epochs on {dice.whole(1_000, 90_000, 'rows')} rows")]
    for number, left in enumerate(dice.falling(epochs, rest=0.05), start=1):
        at = run_s if number == epochs else run_s * (number / epochs)
        loss = end_loss + (start_loss - end_loss) * left
        held_out = loss * (1.02 + 0.1 * dice.share("held out", number))
        text = f"epoch {number}/{epochs}  loss {loss:.4f}  held out {held_out:.4f}  {at:.1f} s"
        events.append(_log(at, text))
    return _script(run_s, queue_s, events, outcome)


@dataclass(frozen=True)
class _Dice:
    """Numbers that follow from a seed and from what they are for, on every Python alike."""

    where: str
    seed: int

    def __post_init__(self) -> None:
        _require(f"{self.where}(seed)", self.seed, "an integer", fits=is_whole(self.seed))

    def share(self, *words: object) -> float:
        """Return a number from 0 until 1."""
        digest = blake2b(repr((self.where, self.seed, *words)).encode(), digest_size=6).digest()
        return int.from_bytes(digest, "big") / 2**48

    def whole(self, least: int, most: int, *words: object) -> int:
        """Return a whole number from `least` to `most`."""
        return least + int((most - least + 1) * self.share(*words))

    def falling(self, count: int, *, rest: float) -> list[float]:
        """Return numbers that fall from exactly 1 to exactly 0: fast at first, never evenly.

        Args:
            count: how many numbers.
            rest: what a plain decay would leave at the end; the smaller, the steeper the start.
        """
        steps = [0.25 + self.share("step", number) for number in range(count - 1)]
        passed, total, falling = 0.0, sum(steps), [1.0]
        for step in steps[:-1]:
            passed += step
            falling.append((rest ** (passed / total) - rest) / (1 - rest))
        return [*falling, 0.0][:count]


@dataclass(frozen=True)
class _Row:
    """One row of a branch-and-bound log."""

    at: float
    nodes: int
    left: int
    incumbent: float
    bound: float

    @property
    def gap(self) -> float:
        return abs(self.incumbent - self.bound) / abs(self.incumbent)

    def text(self) -> str:
        return (
            f"{self.nodes:>8} {self.left:>8} {self.incumbent:>14.4f} {self.bound:>14.4f}"
            f" {self.gap:>10.4%} {self.at:>8.1f}s"
        )


@dataclass(frozen=True)
class _Operator:
    """One operator of a query: when it works, and how much comes out."""

    number: int
    name: str
    starts: float
    ends: float
    rows: int
    finishes: bool = True

    def unfinished(self) -> _Operator:
        return _Operator(self.number, self.name, self.starts, self.ends, self.rows, finishes=False)

    def profile(self, times: list[float]) -> Iterator[At]:
        for at in (self.starts, *(at for at in times if self.starts < at < self.ends)):
            share = (at - self.starts) / (self.ends - self.starts) if at > self.starts else 0.0
            yield self._event(at, int(self.rows * share), "running")
        if self.finishes:
            yield self._event(self.ends, self.rows, "completed")

    def _event(self, at: float, rows: int, state: str) -> At:
        told: dict[str, Any] = {
            "operator": self.number,
            "name": self.name,
            "rows": rows,
            "seconds": round(at - self.starts, 6),
            "state": state,
        }
        return At(at, {"type": "OperatorProfile", "event": told}, "profiler")


def _presolve(dice: _Dice, sense: str) -> Iterator[str]:
    rows, columns = dice.whole(200, 20_000, "rows"), dice.whole(200, 20_000, "columns")
    gone = dice.whole(10, 199, "rows gone"), dice.whole(10, 199, "columns gone")
    yield f"{sense} over {rows} constraints and {columns} variables"
    yield f"presolve dropped {gone[0]} constraints and {gone[1]} variables"
    titles = ("nodes", "open", "incumbent", "bound", "gap", "time")
    widths = (8, 8, 14, 14, 10, 9)
    yield " ".join(f"{title:>{width}}" for title, width in zip(titles, widths, strict=True))


def _search(dice: _Dice, times: list[float], gaps: list[float], sense: str) -> list[_Row]:
    best = 1_000 + 99_000 * dice.share("best")
    # How much of the gap is the incumbent's to close. Below 1/3 the bound moves one way only,
    # whatever the gap: at most 1.
    part = 0.1 + 0.2 * dice.share("part")
    toward = 1 if sense == "minimize" else -1
    peak = dice.whole(50, 5_000, "peak")
    rows: list[_Row] = []
    nodes, incumbent = 1, math.nan
    for number, (at, gap) in enumerate(zip(times, gaps, strict=True)):
        reached = best * (1 + toward * part * gap)
        # A better solution is found now and then; the first and the last row have theirs.
        found = dice.share("found", number) < 0.4
        if found or number in (0, len(times) - 1):
            incumbent = reached
        share = number / (len(times) - 1)
        left = int(4 * peak * share * (1 - share))
        rows.append(_Row(at, nodes, left, incumbent, reached * (1 - toward * gap)))
        nodes += dice.whole(1, 2 * peak, "nodes", number)
    return rows


def _verdict(last: _Row, outcome: Outcome | None) -> str:
    numbers = f"incumbent {last.incumbent:.4f}, gap {last.gap:.4%}, {last.nodes} nodes"
    if outcome is None or outcome.end is End.COMPLETED:
        return f"solve done: {numbers}, {last.at:.1f} s"
    return f"solve stopped, {outcome.reason}: {numbers}, {last.at:.1f} s"


def _plan(dice: _Dice, count: int, run_s: float) -> list[_Operator]:
    lives: list[_Operator] = []
    for number in range(count):
        # They overlap, and the last one ends last. Rounding must not lead past the end.
        least = min(run_s, run_s * (number + 1) / count)
        ends = min(run_s, least + (run_s - least) * 0.5 * dice.share("ends", number))
        starts = min(ends, run_s * number / count * (0.5 + 0.5 * dice.share("starts", number)))
        name = _OPERATORS[dice.whole(0, len(_OPERATORS) - 1, "name", number) if number else 0]
        rows = dice.whole(1, 10 ** dice.whole(2, 7, "size", number), "rows", number)
        lives.append(_Operator(number, name, starts, run_s if number == count - 1 else ends, rows))
    return lives


def _times(where: str, run_s: float, every_s: float, *, events_each: int = 1) -> list[float]:
    _require_seconds(f"{where}(run_s)", run_s)
    fits = 0 < every_s < math.inf
    _require(f"{where}(every_s)", every_s, "a finite number of seconds, more than 0", fits=fits)
    if run_s / every_s * events_each > MOST_EVENTS:
        raise ScriptError(
            f"`{where}(every_s)` is {every_s!r}, which makes more than {MOST_EVENTS} events in"
            f" {run_s:g} s: take a longer one."
        )
    looks = (every_s * number for number in range(1, math.ceil(run_s / every_s) + 1))
    return [0.0, *(at for at in looks if at < run_s), run_s]


def _log(at: float, message: str) -> At:
    return At(at, {"type": "LogMessage", "event": {"message": message}})


def _script(run_s: float, queue_s: float, events: list[At], outcome: Outcome | None) -> JobScript:
    in_order = tuple(sorted(events, key=lambda event: event.after_s))
    ending = completed() if outcome is None else outcome
    return JobScript(queue_s=queue_s, run_s=run_s, events=in_order, outcome=ending)


def _require_seconds(argument: str, value: object) -> None:
    _require(argument, value, "a finite number of seconds, 0 or more", fits=is_span(value))


def _require_count(argument: str, value: object) -> None:
    fits = is_whole(value) and 1 <= value <= MOST_EVENTS
    _require(argument, value, f"a whole number from 1 to {MOST_EVENTS}", fits=fits)


def _require(argument: str, value: object, what: str, *, fits: bool) -> None:
    if not fits:
        raise ScriptError(f"`{argument}` must be {what}; got {value!r}.")
