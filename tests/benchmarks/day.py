"""A simulated day: 10⁵ executions with 10 events each, on reasoners that hold a few at once."""

from __future__ import annotations

import gc
import time

from rai_jobs_fakes import At, FakeBackend, JobScript

_EXECUTIONS, _EVENTS, _REASONERS = 100_000, 10, 10
_DAY_S = 24 * 3600.0


def live() -> tuple[FakeBackend, list[str]]:
    """Let a day pass: executions come evenly, wait where a reasoner is full, and all end."""
    backend = FakeBackend()
    names = [f"solver-{number}" for number in range(_REASONERS)]
    for name in names:
        backend.add_reasoner(name, "Prescriptive", max_running=7)
    events = [At(6.0 * number, {"type": "progress", "n": number}) for number in range(_EVENTS)]
    backend.script(JobScript(run_s=60, events=events))
    gateway, ids = backend.gateway(), list[str]()
    for number in range(_EXECUTIONS):
        ids.append(gateway.create("SOLVER", names[number % _REASONERS], {"n": number}))
        backend.clock.sleep((_DAY_S - 3600) / _EXECUTIONS)
    backend.clock.sleep(3600)
    assert not gateway.list("SOLVER", only_active=True, limit=1)
    return backend, ids


def report() -> str:
    """Live a day and read all of its events; return how long that took."""
    lines = ["| a simulated day | seconds of one core |", "|---|---:|"]
    for named, collects in (("", True), (", garbage collection off", False)):
        gc.collect()
        (gc.enable if collects else gc.disable)()
        try:
            start = time.process_time()
            backend, ids = live()
            lived = time.process_time()
            gateway = backend.gateway()
            read = sum(len(gateway.events("SOLVER", job_id).events) for job_id in ids)
            done = time.process_time()
        finally:
            gc.enable()
        assert read == _EXECUTIONS * _EVENTS
        lines += [
            f"| {_EXECUTIONS:,} executions come, wait, run and end{named} | {lived - start:.1f} |",
            f"| their {read:,} events are read{named} | {done - lived:.1f} |",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(report())
