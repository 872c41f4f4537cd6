"""Recordings: what a request costs by how many were recorded, and beside plain vcrpy.

Every recording is of polls: a hundred of each of so many addresses, no two answers the same. Where
a recording is made, each address has one answer, which favours what remembers texts.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import yaml

from rai_jobs_cassettes import convert, use_cassette
from rai_jobs_cassettes.format import dumps
from rai_jobs_cassettes.interactions import Header, Interaction, Tree
from rai_jobs_cassettes.replay.views import key_of
from rai_jobs_fakes import FakeBackend

from .curves import Curve, table
from .measure import Result
from .memory import most_held_kib
from .recorded import Recorded, served

_SIZES = (100, 1_000, 10_000, 100_000)
_BESIDE = 10_000
"""How many interactions vcrpy's cassette holds."""
_RECORDED = 1_000
_POLLS = 100
_ROUNDS = 5
_FLAT = "1.3x or less"
_HOST = "http://recorded.test"
_JSON = "application/json"
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_VCR: Any = import_module("vcr")
# Untyped: vcrpy tells no types.


def _path(number: int) -> str:
    return f"/v1alpha1/jobs/ML/job-{number}"


def _answer(number: int, poll: int) -> dict[str, Tree]:
    state = "RUNNING" if poll < _POLLS - 1 else "COMPLETED"
    return {"job": {"id": f"job-{number}", "state": state, "progress": poll}}


def _all(size: int) -> Iterator[tuple[int, int]]:
    """Yield which address is asked, and for which time, in order."""
    return ((number, poll) for number in range(size // _POLLS) for poll in range(_POLLS))


def _write_ours(path: Path, size: int) -> None:
    entries: list[tuple[Interaction, str]] = []
    for at, (number, poll) in enumerate(_all(size)):
        request: dict[str, Tree] = {"method": "GET", "url": _HOST + _path(number), "headers": {}}
        response: dict[str, Tree] = {
            "status": 200,
            "headers": {"content-type": _JSON},
            "json": _answer(number, poll),
        }
        entries.append((Interaction(at / 2, "http", request, response), key_of("http", request)))
    path.write_bytes(dumps(Header("2026-01-01T00:00:00+00:00"), entries))


def _write_theirs(path: Path, size: int) -> None:
    interactions = [
        {
            "request": {
                "method": "GET",
                "uri": _HOST + _path(number),
                "body": "",
                "headers": {"accept": ["*/*"], "host": ["recorded.test"]},
            },
            "response": {
                "status": {"code": 200, "message": "OK"},
                "headers": {"content-type": [_JSON]},
                "body": {"string": json.dumps(_answer(number, poll))},
            },
        }
        for number, poll in _all(size)
    ]
    with path.open("w", encoding="utf-8") as file:
        yaml.dump({"interactions": interactions, "version": 1}, file, Dumper=_DUMPER)


@contextmanager
def _ours(path: Path, mode: Any = "none") -> Generator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # most of it is never asked for
        with use_cassette(path, mode=mode, strict=False):
            yield


def _theirs(path: Path, mode: str = "none") -> AbstractContextManager[Any]:
    return _VCR.use_cassette(str(path), record_mode=mode)


def _polled(client: httpx.Client, number: int, polls: int = _POLLS) -> list[float]:
    """Return how long each poll of an address took, in seconds."""
    times: list[float] = []
    url = _HOST + _path(number)
    for poll in range(polls):
        start = time.perf_counter()
        answer = client.get(url)
        times.append(time.perf_counter() - start)
        assert answer.json() == _answer(number, poll)
    return times


def measure_replay(folder: Path, sizes: tuple[int, ...] = _SIZES) -> list[Curve]:
    """Return what a request costs in the middle and near the end of a recording, by its size."""
    costs: dict[str, dict[int, list[float]]] = {}
    for size in sizes:
        _write_ours(folder / f"{size}.yaml", size)
    with httpx.Client() as client:
        for _ in range(_ROUNDS):
            for size in sizes:
                last = size // _POLLS - 1
                with _ours(folder / f"{size}.yaml"):
                    places = {"near the end": _polled(client, last)[_POLLS // 2 :]}
                with _ours(folder / f"{size}.yaml"):
                    places["in the middle"] = _polled(client, last // 2)[_POLLS // 4 :]
                for place, times in places.items():
                    costs.setdefault(place, {}).setdefault(size, []).extend(times)
    return [
        Curve(
            f"a request {place}",
            {size: statistics.median(times) * 1e6 for size, times in by_size.items()},
            _FLAT,
        )
        for place, by_size in costs.items()
    ]


def measure_beside(folder: Path, size: int = _BESIDE) -> list[Result]:
    """Return what replaying takes, beside vcrpy, with the same contents and requests."""
    theirs, ours = folder / "theirs.yaml", folder / "ours.yaml"
    _write_theirs(theirs, size)
    convert(theirs, ours)
    times: dict[Any, tuple[list[float], list[float]]] = {}
    with httpx.Client() as client:
        for used, path in ((_theirs, theirs), (_ours, ours)):
            firsts, lasts = times[used] = ([], [])
            for _ in range(3):
                start = time.perf_counter()
                with used(path):
                    client.get(_HOST + _path(0))
                    firsts.append(time.perf_counter() - start)
                    lasts += _polled(client, size // _POLLS - 1, 10)
    baseline = f"vcrpy {_VCR.__version__}"
    count = f"{size:,} interactions"
    return [
        Result(
            f"a request near the end of {count}",
            times[_ours][1],
            baseline,
            times[_theirs][1],
            "0.002x or less",
        ),
        Result(
            f"from opening {count} to the first answer",
            times[_ours][0],
            baseline,
            times[_theirs][0],
            "0.1x or less",
        ),
    ]


def measure_recording(folder: Path, count: int = _RECORDED) -> list[Result]:
    """Return what recording adds to a request, writing the file included, beside vcrpy."""
    backend = FakeBackend()
    addresses = count // _POLLS
    answers = {
        _path(number): json.dumps(_answer(number, 0)).encode() for number in range(addresses)
    }
    times: tuple[list[float], list[float]] = ([], [])
    with served(backend, Recorded(answers)) as server, httpx.Client(base_url=server.url) as client:

        def asked(using: AbstractContextManager[Any]) -> float:
            start = time.perf_counter()
            with using:
                for number, _ in _all(count):
                    client.get(_path(number))
            return time.perf_counter() - start

        for number in range(_ROUNDS + 1):
            bare = asked(nullcontext())
            ours = asked(_ours(folder / f"ours-{number}.yaml", "once"))
            theirs = asked(_theirs(folder / f"theirs-{number}.yaml", "once"))
            if number:
                times[0].append((ours - bare) / count)
                times[1].append((theirs - bare) / count)
    name = f"what recording adds to each of {count:,} requests, the writing included"
    return [Result(name, times[0], f"vcrpy {_VCR.__version__}", times[1])]


def memory_report(folder: Path) -> str:
    """Return a table of what a process holds more when a cassette is open, and was replayed."""
    lines = [
        "| memory beyond a process that imported all | its file | opened | replayed |",
        "|---|---:|---:|---:|",
    ]
    for who, size in (("ours", _SIZES[-1]), ("ours", _BESIDE), ("theirs", _BESIDE)):
        path = folder / f"{who}-{size}.yaml"
        (_write_ours if who == "ours" else _write_theirs)(path, size)
        command = [sys.executable, "-m", "tests.benchmarks.cassettes", who, str(path), str(size)]
        told = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
        before, opened, replayed = (float(line) / 1024 for line in told.stdout.split())
        name = "ours" if who == "ours" else f"vcrpy {_VCR.__version__}"
        lines.append(
            f"| {name}, {size:,} interactions | {path.stat().st_size / 1e6:.1f} MB"
            f" | {opened - before:.1f} MB | {replayed - before:.1f} MB |"
        )
    return "\n".join(lines)


def _hold(who: str, path: Path, size: int) -> None:
    """Print the most memory that this process held: before, with the cassette open, and replayed.

    Ours is replayed whole; the first hundredth of vcrpy's, which takes long enough.
    """
    with httpx.Client() as client:
        print(most_held_kib(), flush=True)
        with (_ours if who == "ours" else _theirs)(path):
            print(most_held_kib(), flush=True)
            for number in range(size // _POLLS if who == "ours" else 1):
                _polled(client, number)
            print(most_held_kib(), flush=True)


def report() -> str:
    """Measure, and return the tables."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        results = [*measure_beside(folder), *measure_recording(folder)]
        return "\n".join(
            [
                table(measure_replay(folder), "interactions recorded"),
                "",
                "| what | median | beside | median | ratio of pairs: median (least to most)"
                " | goal |",
                "|---|---|---|---|---|---|",
                *(result.line() for result in results),
                "",
                memory_report(folder),
            ]
        )


if __name__ == "__main__":
    if sys.argv[1:]:
        _hold(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
    else:
        print(report())
