"""What a server's process holds after many requests: no more than after a tenth of them.

Each way in has a process of its own, which asks its own server through a bare socket. The
transcript is bounded (`transcript_limit`); without that it keeps every call, which is what it is
for.
"""

from __future__ import annotations

import gc
import json
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from rai_jobs_fakes import FakeBackend
from rai_jobs_fakes.doors.server import FakeServer

from .direct_access import Client, get_request

__all__ = ["most_held_kib", "report"]

_MANY = 100_000
_KEPT = 100
_GOAL = 1.02
_STATUS = Path("/proc/self/status")


def most_held_kib() -> float:
    """Return the most memory that this process has held so far, in KiB."""
    # Linux has a child's `ru_maxrss` begin with its parent's, which may be the larger.
    found = re.search(r"VmHWM:\s*(\d+)", _STATUS.read_text()) if _STATUS.exists() else None
    if found is not None:
        return float(found[1])
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1024 if sys.platform == "darwin" else most


@contextmanager
def _direct_access(server: FakeServer, job_id: str) -> Generator[Callable[[], object]]:
    """Give what looks at an execution."""
    client, request = Client(server), get_request(server, f"/v1alpha1/jobs/ML/{job_id}")
    yield lambda: client.ask(request)
    client.close()


@contextmanager
def _wire(server: FakeServer, job_id: str) -> Generator[Callable[[], object]]:
    """Give what runs a statement, each with an id of its own, in one session."""
    parameters = server.connection_parameters()
    login = {
        "LOGIN_NAME": parameters["user"],
        "PASSWORD": parameters["password"],
        "ACCOUNT_NAME": parameters["account"],
    }
    client, numbers = Client(server), count()
    opened = client.ask(_posted("/session/v1/login-request", {"data": login}))
    session = f'authorization: Snowflake Token="{json.loads(opened)["data"]["token"]}"'
    statement = {"sqlText": f"call RELATIONALAI.api.GET_JOB('ML', '{job_id}')"}

    def run() -> None:
        path = f"/queries/v1/query-request?requestId={next(numbers)}"
        assert b'"success": true' in client.ask(_posted(path, statement, session))

    yield run
    client.close()


def _posted(path: str, body: object, *headers: str) -> bytes:
    told = json.dumps(body).encode()
    length = f"content-length: {len(told)}"
    head = "\r\n".join([f"POST {path} HTTP/1.1", "host: x", length, *headers, "\r\n"])
    return head.encode() + told


_WAYS = {"Direct Access": _direct_access, "the wire": _wire}


def _grow(way: str) -> None:
    """Print the most memory that this process held after a tenth of the requests, and after all."""
    backend = FakeBackend(transcript_limit=_KEPT)
    job_id = backend.jobs().create("Predictive", "worker-1", {"a": 1}).id
    with backend.serve() as server, _WAYS[way](server, job_id) as ask:
        for number in range(1, _MANY + 1):
            ask()
            if number in {_MANY // 10, _MANY}:
                gc.collect()
                print(most_held_kib(), flush=True)


def report() -> str:
    """Return a table of how much memory is held after many requests, beside after a tenth."""
    lines = [
        f"| memory of a server's process | after {_MANY // 10:,} | after {_MANY:,} | by | goal |",
        "|---|---:|---:|---:|---|",
    ]
    for way in _WAYS:
        command = [sys.executable, "-m", "tests.benchmarks.memory", way]
        told = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
        early, late = (float(line) / 1024 for line in told.stdout.split())
        lines.append(
            f"| requests by {way} | {early:.1f} MB | {late:.1f} MB | {late / early:.2f}x"
            f" | {_GOAL:.2f}x or less |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    if sys.argv[1:]:
        _grow(sys.argv[1])
    else:
        print(report())
