"""A small process that lets others write a file and kills them in the middle: run by a test.

It is small so that a fork costs little, and has one thread. Arguments: who writes (`writer`: the
function that puts a file in place, over and over; `recording`: `use_cassette` around a client), the
file, how many to kill, a seed. It prints what was seen as JSON.
"""

from __future__ import annotations

import json
import mmap
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Protocol

import httpx

from rai_jobs_cassettes import use_cassette
from rai_jobs_cassettes.format import open_cassette
from rai_jobs_cassettes.format.files import locked, write_whole

REQUESTS = 5


class Stage(Protocol):
    """Who writes a file that says which time it is written."""

    def write(self, path: Path, number: int) -> None:
        """Write it the `number`th time."""
        ...

    def number_of(self, path: Path) -> int | None:
        """Return which time it was written; `None` for one that is torn."""
        ...


class Writer:
    """What puts a file in place: as many lines as the file says at its start."""

    def write(self, path: Path, number: int) -> None:
        with locked(path):
            write_whole(path, self._contents(number))

    def number_of(self, path: Path) -> int | None:
        content = path.read_bytes()
        number = int(content.partition(b"\n")[0])
        return number if content == self._contents(number) else None

    def _contents(self, number: int) -> bytes:
        line = f"{number}\n".encode()
        return line * (10_000 + 5_000 * (number % 3))


class Recording:
    """A client that is recorded, and all that it asked for is asked for again each time."""

    def __init__(self) -> None:
        self._now = 0
        self._client = httpx.Client(transport=httpx.MockTransport(self._answer))

    def write(self, path: Path, number: int) -> None:
        self._now = number
        with use_cassette(path, mode="all"):
            for which in range(REQUESTS):
                self._client.get(f"https://backend.test/{which}")

    def number_of(self, path: Path) -> int | None:
        answers = [each.interaction().response for each in open_cassette(path).stored]
        numbers = {str(answer["json"]) for answer in answers}
        return int(numbers.pop()) if len(answers) == REQUESTS and len(numbers) == 1 else None

    def _answer(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=self._now)


def write_for_ever(stage: Stage, path: Path, progress: mmap.mmap, begin: int) -> None:
    number = begin
    while True:
        number += 1
        stage.write(path, number)
        progress[:8] = number.to_bytes(8, "little")


def main() -> None:
    stage: Stage = {"writer": Writer, "recording": Recording}[sys.argv[1]]()
    path, kills, seed = Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    chance = random.Random(seed)  # noqa: S311 - a moment, no secret
    progress = mmap.mmap(-1, 8)
    number = 1
    stage.write(path, number)  # what is loaded for it is loaded here, not in each child
    begun = time.perf_counter()
    stage.write(path, number)
    # A moment is anywhere in a writing, or after it, however fast this machine is.
    longest_s = 2 * (time.perf_counter() - begun)
    torn, aside, seen_new = 0, 0, 0
    for _ in range(kills):
        progress[:8] = number.to_bytes(8, "little")
        child = os.fork()
        if child == 0:
            write_for_ever(stage, path, progress, number)
        wanted = number + chance.randrange(2)
        while int.from_bytes(progress[:8], "little") < wanted:
            pass
        until = time.perf_counter() + chance.uniform(0, longest_s)
        while time.perf_counter() < until:
            pass
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        found = stage.number_of(path)
        if found is None:
            torn += 1
            break
        told = int.from_bytes(progress[:8], "little")
        number = found
        # What was said to be written is there; the next may be.
        if number not in {told, told + 1}:
            torn += 1
        seen_new += number == told + 1
        aside += any(each.name.endswith(".tmp") for each in path.parent.iterdir())
    seen = {"torn": torn, "aside": aside, "new": seen_new, "written": number}
    print(json.dumps(seen))  # noqa: T201 - to the test


if __name__ == "__main__":
    main()
