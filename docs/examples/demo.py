"""A tour on the embedded fake: create, follow, wait, cancel, time out, list. Nothing real runs."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from rai_jobs import Config, JobTimeoutError, connect_sync
from rai_jobs_fakes import At, FakeBackend, JobScript, VirtualClock


def log(after_s: float, message: str) -> At:
    return At(after_s, {"type": "LogMessage", "event": {"message": message}})


SOLVE = JobScript(
    queue_s=2,
    run_s=60,
    cancel_latency_s=1.5,
    events=[log(n * 10, f"gap {gap:.1%}") for n, gap in enumerate((0.9, 0.42, 0.11, 0.03, 0.004))],
)


def main() -> None:
    console = Console(highlight=False)
    clock = VirtualClock()
    backend = FakeBackend(clock=clock)
    backend.script(SOLVE, reasoner_type="Prescriptive")
    with backend.serve() as server:
        console.print(f"[yellow]The fake, in virtual time, on a real socket: {server.url}[/]")
        config = Config(base_url=server.url, token=server.token())
        with connect_sync(config=config, clock=clock) as client:
            solve = client.jobs.create("Prescriptive", "solver-1", {"model": "min x"})
            console.print(f"created    {solve.id}")
            for event in solve.follow():
                console.print(f"  {clock.monotonic():5.1f} s  {event['event']['message']}")
            job = solve.wait()
            console.print(f"finished   [green]{job.state}[/] after {job.duration or 0:,} ms")

            other = client.jobs.create("Prescriptive", "solver-1", {"model": "max y"})
            next(other.follow())  # it runs, and has said something
            other.cancel()
            console.print(f"cancelled  {other.id}: [red]{other.wait().state}[/]")

            slow = client.jobs.create("Prescriptive", "solver-1", {"model": "huge"})
            try:
                slow.wait(timeout_s=30)
            except JobTimeoutError as error:
                console.print(f"timed out  {error}")

            table = Table("id", "state", "created", "ms", title="client.jobs.list()")
            for row in client.jobs.list():
                table.add_row(row.id, row.state, f"{row.created_on:%H:%M:%S}", f"{row.duration:,}")
            console.print(table)
    print(backend.timeline())


if __name__ == "__main__":
    main()
