"""The chart of lives."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest

from rai_jobs.states import State
from rai_jobs_fakes import FakeBackend, JobScript, Timeline, aborted
from rai_jobs_fakes.reports.chart import PLOT_LEFT, PLOT_WIDTH

from ..making import payload_of

SVG = "{http://www.w3.org/2000/svg}"
NOTEBOOK = "_repr_svg_"
"""What a notebook asks a value for."""
LASTING = ("created", "queued", "pending", "running", "canceling")

CHART = """\
2026-01-01T00:00:00+00:00 + 59 s  . CREATED  - QUEUED  - PENDING  = RUNNING  ~ CANCELING
189264f7 Logic engine-1           .....-----===============|                                   \
ABORTED
94ced0f9 Prescriptive solver-1    ==============================|                              \
COMPLETED
38099531 Prescriptive solver-1    ------------------------------============================== \
RUNNING
c70e254d Logic engine-1                     ==========~~~~~|                                   \
CANCELED
cfd7713f Predictive a-reasoner-wi           |                                                  \
COMPLETED"""


@pytest.fixture
def backend() -> FakeBackend:
    """A backend whose clock stands at the start."""
    return FakeBackend(seed=7)


def lived(backend: FakeBackend) -> None:
    """Let five lives be lived."""
    backend.add_reasoner("solver-1", "Prescriptive", max_running=1)
    outcome = aborted("bad")
    backend.script(JobScript(created_s=5, queue_s=5, run_s=15, outcome=outcome), times=1)
    backend.script(JobScript(run_s=30), reasoner_type="Prescriptive")
    backend.script(JobScript(run_s=60, cancel_latency_s=5), reasoner_type="Logic")
    jobs = backend.jobs()
    jobs.create("Logic", "engine-1", payload_of("Logic"))
    for _ in range(2):
        jobs.create("Prescriptive", "solver-1", {})
    backend.clock.sleep(10)
    slow = jobs.create("Logic", "engine-1", payload_of("Logic"))
    jobs.create("Predictive", "a-reasoner-with-a-long-name", {})
    backend.clock.sleep(10)
    slow.cancel()
    backend.clock.sleep(39)


def test_a_line_is_a_life_from_left_to_right(backend: FakeBackend) -> None:
    lived(backend)
    assert str(backend.timeline()) == CHART


def test_no_lives_are_said_to_be_none(backend: FakeBackend) -> None:
    assert str(backend.timeline()) == "(no executions)"


def test_lives_of_no_length_are_shown(backend: FakeBackend) -> None:
    for _ in range(2):
        backend.jobs().create("Predictive", "w", {})
    head, *lines = str(backend.timeline()).splitlines()
    assert head.startswith("2026-01-01T00:00:00+00:00 + 1e-06 s")
    assert [line.split()[3:] for line in lines] == [["|", "COMPLETED"]] * 2


@pytest.mark.parametrize("seconds", [0, 1e-6, 0.5, 59, 60, 61, 1e6])
def test_every_line_is_as_wide_as_the_others(backend: FakeBackend, seconds: float) -> None:
    backend.script(JobScript(run_s=seconds), reasoner_type="Prescriptive")
    backend.script(JobScript(created_s=seconds / 3, queue_s=seconds / 3, run_s=math.inf))
    backend.jobs().create("Prescriptive", "w", {})
    backend.jobs().create("Predictive", "w", {})
    backend.clock.sleep(seconds)
    backend.jobs().create("Logic", "w", payload_of("Logic"))
    for line in str(backend.timeline()).splitlines()[1:]:
        state = line.split()[-1]
        assert len(line) == 8 + 1 + 24 + 1 + 60 + 1 + len(state)


def test_a_chart_asks_the_backend_nothing(backend: FakeBackend) -> None:
    backend.jobs().create("Predictive", "w", {})
    backend.timeline()
    assert len(backend.transcript) == 1


def rows_of(root: Element) -> list[Element]:
    """The rows of a picture, one an execution."""
    return [group for group in root.iter(f"{SVG}g") if group.get("class") == "life"]


def drawn(backend: FakeBackend) -> Element:
    """The picture of the backend's lives, read by a parser that knows no mercy."""
    return parsed(backend.timeline())


def parsed(timeline: Timeline) -> Element:
    """The picture of `timeline`."""
    return fromstring(timeline.svg())  # noqa: S314 - our own words


def states_of(row: Element) -> list[Element]:
    """The rectangles of one row."""
    return list(row.iterfind(f"{SVG}rect"))


def texts_of(element: Element) -> list[str]:
    """The words that are written in it."""
    return [text.text or "" for text in element.iter(f"{SVG}text")]


def place(instant: int, start: int, end: int) -> float:
    """Where an instant stands, from left to right."""
    return PLOT_LEFT + PLOT_WIDTH * (instant - start) / (end - start)


class TestPicture:
    """The chart as SVG."""

    def test_a_rectangle_is_a_state_from_its_first_instant_to_its_last(
        self, backend: FakeBackend
    ) -> None:
        lived(backend)
        rows = rows_of(drawn(backend))
        start, end = backend.executions[0].created_at, backend.executions[0].created_at + 59 * 10**6
        assert [[each.get("class") for each in states_of(row)] for row in rows] == [
            ["state created", "state queued", "state running"],
            ["state running"],
            ["state pending", "state running"],
            ["state running", "state canceling"],
            [],
        ]
        for view, row in zip(backend.executions, rows, strict=True):
            changes = {fact.after: fact.at for fact in reversed(view.history)}
            for rectangle in states_of(row):
                state = State((rectangle.get("class") or "").split()[1].upper())
                since = changes[state]
                later = [at for at in changes.values() if at > since]
                until = min(later, default=end)
                left, width = (float(rectangle.get(name) or "") for name in ("x", "width"))
                assert left == pytest.approx(place(since, start, end), abs=0.02)
                assert left + width == pytest.approx(place(until, start, end), abs=0.02)
                assert rectangle.get("fill") == f"url(#rai-{state.value.lower()})"
                shown = f"{(since - start) / 10**6:g} s to {(until - start) / 10**6:g} s"
                assert rectangle.findtext(f"{SVG}title") == f"{state.value}, {shown}"

    def test_a_state_is_one_rectangle_whatever_happens_in_it(self, backend: FakeBackend) -> None:
        backend.script(JobScript(run_s=60, cancel_latency_s=5))
        operation = backend.jobs().create("Predictive", "w", {})
        backend.clock.sleep(10)
        operation.cancel()  # a job stays what it was
        backend.clock.sleep(10)
        [running] = states_of(rows_of(drawn(backend))[0])
        assert running.findtext(f"{SVG}title") == "RUNNING, 0 s to 15 s"

    def test_a_bar_is_the_end(self, backend: FakeBackend) -> None:
        lived(backend)
        start = backend.executions[0].created_at
        for view, row in zip(backend.executions, rows_of(drawn(backend)), strict=True):
            ends = [path for path in row.iter(f"{SVG}path") if path.get("class") == "end"]
            assert len(ends) == (view.finished_at is not None)
            for path in ends:
                x = float((path.get("d") or "M").split()[0][1:])
                expected = place(view.finished_at or 0, start, start + 59 * 10**6)
                assert x == pytest.approx(expected, abs=0.02)
            assert texts_of(row)[-1] == view.state.value
            assert texts_of(row)[0] == (
                f"{view.id[:8]} {view.reasoner_type.label} {view.reasoner_name}"
            )

    def test_rows_do_not_overlap_and_stand_inside(self, backend: FakeBackend) -> None:
        lived(backend)
        root = drawn(backend)
        assert root.get("viewBox") == f"0 0 960 {root.get('height')}"
        lowest = 0.0
        for row in rows_of(root)[:-1]:
            tops = [float(each.get("y") or "") for each in states_of(row)]
            heights = [float(each.get("height") or "") for each in states_of(row)]
            assert min(tops) > lowest
            lowest = max(top + height for top, height in zip(tops, heights, strict=True))
        assert lowest < float(root.get("height") or "")

    def test_states_differ_without_colour(self, backend: FakeBackend) -> None:
        lived(backend)
        root = drawn(backend)
        patterns = {
            each.get("id"): [(part.tag, part.get("d"), part.get("class")) for part in each]
            for each in root.iter(f"{SVG}pattern")
        }
        assert list(patterns) == [f"rai-{state}" for state in LASTING]
        assert len({str(drawn) for drawn in patterns.values()}) == len(LASTING)
        keys = [each for each in root.iter(f"{SVG}rect") if each.get("class") == "key"]
        assert [key.get("fill") for key in keys] == [f"url(#rai-{state})" for state in LASTING]
        heights = {each.get("class"): each.get("height") for each in root.iter(f"{SVG}rect")}
        assert [key.get("height") for key in keys] == [heights[f"state {each}"] for each in LASTING]
        assert texts_of(root)[1:7] == [*(state.upper() for state in LASTING), "ended"]

    @pytest.mark.parametrize(
        ("seconds", "ticks"),
        [
            (59, ["0", "10 s", "20 s", "30 s", "40 s", "50 s"]),
            (60, ["0", "10 s", "20 s", "30 s", "40 s", "50 s", "60 s"]),
            (0.3, ["0", "50 ms", "100 ms", "150 ms", "200 ms", "250 ms", "300 ms"]),
            (4e-6, ["0", "1 µs", "2 µs", "3 µs", "4 µs"]),
            (0, ["0", "1 µs"]),
            (90, ["0", "15 s", "30 s", "45 s", "60 s", "75 s", "90 s"]),
            (900, ["0", "5 min", "10 min", "15 min"]),
            (5 * 3600, ["0", "1 h", "2 h", "3 h", "4 h", "5 h"]),
            (86_400 * 3650, ["0", "1000 d", "2000 d", "3000 d"]),
        ],
    )
    def test_a_few_round_ticks_tell_the_time(
        self, backend: FakeBackend, seconds: float, ticks: list[str]
    ) -> None:
        backend.jobs().create("Predictive", "w", {})
        backend.clock.sleep(seconds)
        root = drawn(backend)
        marks = [each for each in root.iter(f"{SVG}text") if each.get("class") == "tick"]
        assert [mark.text for mark in marks] == ticks
        places = [float(mark.get("x") or "") for mark in marks]
        assert places[0] == PLOT_LEFT
        assert places[-1] <= PLOT_LEFT + PLOT_WIDTH
        gaps = {round(b - a, 1) for a, b in itertools.pairwise(places)}
        assert max(gaps) - min(gaps) < 0.2

    def test_it_is_named_and_stands_alone(self, backend: FakeBackend) -> None:
        lived(backend)
        root = drawn(backend)
        assert (root.tag, root.get("role")) == (f"{SVG}svg", "img")
        title = root.findtext(f"{SVG}title")
        assert title == root.get("aria-label") == "The lives of 5 executions over 59 s"
        assert "2026-01-01T00:00:00+00:00" in (root.findtext(f"{SVG}desc") or "")
        assert not list(root.iter(f"{SVG}script"))
        text = backend.timeline().svg().replace('xmlns="http://www.w3.org/2000/svg"', "")
        for address in ("http", "href", "@import", "@font-face", "url(h"):
            assert address not in text
        assert "prefers-color-scheme:dark" in text

    def test_hostile_names_are_only_names(self, backend: FakeBackend) -> None:
        name = "</text><script>&\"'\n名前\x00\x1b\ud800\uffff ]]>"
        backend.jobs().create("Predictive", name, {})
        [row] = rows_of(drawn(backend))
        shown = "</text><script>&\"' 名前\ufffd\ufffd\ufffd\ufffd ]]>"
        assert texts_of(row)[0].endswith(f"Predictive {shown}")
        assert f"Predictive {shown}: COMPLETED" in (row.findtext(f"{SVG}title") or "")
        assert backend.timeline().svg().encode()

    def test_a_state_that_lasted_an_instant_can_still_be_seen(self, backend: FakeBackend) -> None:
        backend.script(JobScript(queue_s=1e-6, run_s=80_000))
        backend.jobs().create("Predictive", "w", {})
        backend.clock.sleep(80_000)
        pending, running = states_of(rows_of(drawn(backend))[0])
        assert pending.get("width") == "0.5"
        assert float(running.get("width") or "") == PLOT_WIDTH

    def test_no_lives_are_said_to_be_none(self, backend: FakeBackend) -> None:
        root = drawn(backend)
        assert root.findtext(f"{SVG}title") == "No executions"
        assert rows_of(root) == []

    def test_one_life_is_one(self, backend: FakeBackend) -> None:
        backend.jobs().create("Predictive", "w", {})
        assert drawn(backend).get("aria-label") == "The lives of 1 execution over 1 µs"

    def test_the_same_lives_give_the_same_bytes_everywhere(self, tmp_path: Path) -> None:
        pictures: list[bytes] = []
        for seed in (7, 7, 8):
            made = FakeBackend(seed=seed)
            lived(made)
            timeline = made.timeline()
            timeline.save(tmp_path / "lives.svg")
            pictures.append((tmp_path / "lives.svg").read_bytes())
            assert pictures[-1].decode() == timeline.svg() == getattr(timeline, NOTEBOOK)()
            timeline.save(str(tmp_path / "again"))
            assert (tmp_path / "again").read_bytes() == pictures[-1]
        assert pictures[0] == pictures[1]
        assert pictures[0] != pictures[2]
        assert b"\r" not in pictures[0]


class TestLongCharts:
    """More lives than anybody reads."""

    def test_the_newest_are_shown_and_the_others_counted(self, backend: FakeBackend) -> None:
        jobs = backend.jobs()
        jobs.create("Predictive", "first", {})
        jobs.create("Predictive", "second", {})
        backend.clock.sleep(10)
        for _ in range(499):
            jobs.create("Predictive", "later", {})
        assert "left out" not in str(Timeline(backend.executions[1:], 0))
        assert "left out" not in Timeline(backend.executions[1:], 0).svg()
        jobs.create("Predictive", "last", {})
        backend.clock.sleep(5)
        timeline = backend.timeline()
        head, *lines, note = str(timeline).splitlines()
        assert note == "(2 older executions are left out)"
        assert head.startswith("2026-01-01T00:00:10+00:00 + 5 s")
        assert len(lines) == 500
        assert ("later" in lines[0], "last" in lines[-1]) == (True, True)
        root = parsed(timeline)
        assert len(rows_of(root)) == 500
        assert texts_of(root)[-1] == "2 older executions are left out"
        assert root.get("aria-label") == "The lives of 500 executions over 5 s"


class TestValue:
    """What it is beside its two forms."""

    def test_it_stays_as_it_was_while_the_backend_goes_on(self, backend: FakeBackend) -> None:
        backend.script(JobScript(run_s=5))
        backend.jobs().create("Predictive", "w", {})
        before, again = backend.timeline(), backend.timeline()
        backend.clock.sleep(5)
        assert before == again != backend.timeline()
        assert str(before).endswith("RUNNING")
        assert str(backend.timeline()).endswith("COMPLETED")

    def test_its_repr_counts_the_executions_first(self, backend: FakeBackend) -> None:
        assert repr(backend.timeline()) == "<Timeline of 0 executions>\n(no executions)"
