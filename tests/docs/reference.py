"""The reference: pages whose directives name what is public; the site puts the docstrings there.

What stands on which page, in which order, is said here. A public name that no page names is an
error, so a new one cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module

from .reference_tables import command_line_page, control_api_page, pytest_page

__all__ = ["REFERENCE_PAGES", "named_on"]


@dataclass(frozen=True)
class _Page:
    """A page of directives.

    Args:
        module: whose public names it shows.
        says: what a reader finds there.
        groups: headings, and the names under each, in order; one heading is none.
        beside: names that are shown there too, though another module has them.
    """

    module: str
    says: str
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    beside: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])


_CLIENT = _Page(
    "rai_jobs",
    "The client: what production imports.",
    {
        "Connecting": (
            "connect_sync",
            "from_session_sync",
            "ClientSync",
            "Config",
            "StaticTokenAuth",
            "RetryPolicy",
        ),
        "Jobs and transactions": ("JobsClientSync", "JobOperationSync"),
        "Values": (
            "Job",
            "JobExpanded",
            "JobRecord",
            "JobEvents",
            "JobIncludeDict",
            "Operation",
        ),
        "Payloads": ("make_job_payload", "make_txn_payload", "compose_payload"),
        "Errors": (
            "JobError",
            "JobInvalidRequestError",
            "JobConfigurationError",
            "JobCapabilityError",
            "JobAuthError",
            "JobNotFoundError",
            "JobNotReadyError",
            "JobServerError",
            "JobTimeoutError",
            "JobUnknownError",
            "JobClientDisconnectedError",
            "AppMissingError",
            "JobExpansionWarning",
            "ClientError",
            "ClientAuthError",
            "ClientInvalidRequestError",
            "ClientNotFoundError",
            "ClientNotReadyError",
            "ClientServerError",
            "ClientTimeoutError",
            "ClientUnknownError",
        ),
        "Gateways": (
            "JobsGatewaySync",
            "HttpJobsGateway",
            "SqlJobsGateway",
            "HybridJobsGateway",
            "ConnectorExecutor",
            "SessionExecutor",
        ),
        "Time, and watching the client": (
            "Clock",
            "SystemClock",
            "ClientEvent",
            "Observer",
            "otel_observer",
            "__version__",
        ),
    },
)

_FAKES = _Page(
    "rai_jobs_fakes",
    "The fake backend, and what a test says to it and sees of it.",
    {
        "The backend": ("FakeBackend", "DEFAULT_USER", "HttpDialect", "WireSettings"),
        "What will happen": (
            "JobScript",
            "At",
            "Outcome",
            "End",
            "completed",
            "failed",
            "aborted",
            "solver_run",
            "query_run",
            "training_run",
            "ActiveScript",
            "ScriptError",
            "UnusedScriptWarning",
        ),
        "What goes wrong": (
            "Fault",
            "FaultPlan",
            "ActiveFault",
            "InjectedFault",
            "FaultError",
            "UnusedFaultWarning",
        ),
        "Every place for a fault": (
            "schedule_all",
            "Schedule",
            "ScheduledRun",
            "ScheduleReport",
            "Placement",
            "BrokenPlacementError",
            "ScheduleError",
        ),
        "Time": (
            "VirtualClock",
            "ClockThreads",
            "ClockExecutor",
            "ClockTask",
            "ClockEvent",
            "PacedClock",
            "ClockDeadlockError",
            "ClockStuckError",
        ),
        "What happened": (
            "Transcript",
            "Entry",
            "Timeline",
            "ExecutionView",
            "expect",
            "Expectation",
            "containing",
            "Containing",
        ),
        "Searching": ("JobsStateMachine", "History"),
        "Gateways": ("FakeGateway", "FakeAsyncGateway"),
        "The version": ("__version__",),
    },
    {
        "What a backend hands out": (
            "rai_jobs_fakes.doors.server.FakeServer",
            "rai_jobs_fakes.doors.dbapi.FakeConnection",
            "rai_jobs_fakes.doors.snowpark.FakeSession",
        ),
    },
)

_CASSETTES = _Page(
    "rai_jobs_cassettes",
    "Recordings: made, played, and compared with a backend.",
    {
        "Recording and replaying": (
            "use_cassette",
            "Cassette",
            "Mode",
            "Interaction",
            "Header",
            "convert",
        ),
        "Drift": (
            "verify",
            "diff",
            "Report",
            "Drift",
            "Changes",
            "Change",
            "DEFAULT_VOLATILE",
            "Volatile",
            "How",
        ),
        "Scripts of a recording": (
            "scripts_from",
            "reasoners_from",
            "RecordedScript",
            "RecordedReasoner",
        ),
        "Errors and warnings": (
            "CassetteError",
            "CassetteFileError",
            "CassetteFormatError",
            "UnrecordedRequestError",
            "UnusedRecordingError",
            "SecretsFoundError",
            "FoundSecret",
            "DriftError",
            "CassetteWarning",
        ),
        "The version": ("__version__",),
    },
)

_DIRECTIVES = {
    "docs/reference/client.md": _CLIENT,
    "docs/reference/fakes.md": _FAKES,
    "docs/reference/strategies.md": _Page(
        "rai_jobs_fakes.strategies",
        "What hypothesis can draw: [searching your own code](../searching.md) shows it at work.",
    ),
    "docs/reference/contract.md": _Page(
        "rai_jobs_fakes.contract",
        "The suite that every face passes, for a gateway of your own.",
    ),
    "docs/reference/scripts-file.md": _Page(
        "rai_jobs_fakes.scripts_file",
        "[Scripts in YAML](../server.md#scripts-in-yaml), read in Python.",
    ),
    "docs/reference/cassettes.md": _CASSETTES,
    "docs/reference/sanitize.md": _Page(
        "rai_jobs_cassettes.sanitize",
        "Rules of what is never written: [what they do](../never-written.md).",
    ),
}
"""Pages of directives."""

# Public modules that are names of a package too, and have a page of their own.
_MODULES = {"rai_jobs_fakes": ("strategies",), "rai_jobs_cassettes": ("sanitize",)}


def named_on(path: str) -> tuple[str, Sequence[str]]:
    """Return what a page of directives is of: a module, and all that is public in it.

    Args:
        path: the page.
    """
    module = _DIRECTIVES[path].module
    public: Sequence[str] = import_module(module).__all__
    return module, [name for name in public if name not in _MODULES.get(module, ())]


def _page(path: str) -> str:
    page = _DIRECTIVES[path]
    module, public = named_on(path)
    groups = page.groups or {"": public}
    shown = [name for names in groups.values() for name in names]
    if sorted(shown) != sorted(public):
        wrong = sorted(set(shown) ^ set(public))
        raise ValueError(f"tests/docs/reference.py: {module}: say on which page {wrong} stand.")
    parts = [
        f"# {module}",
        "",
        f"Generated by `make docs`. {page.says}",
        "On the site each line that begins with `:::` is that name's signature and docstring.",
        *_directives({head: [f"{module}.{name}" for name in groups[head]] for head in groups}),
        *_directives(page.beside),
    ]
    return "\n".join(parts) + "\n"


def _directives(groups: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for head, names in groups.items():
        if head:
            yield from ("", f"## {head}")
        for name in names:
            yield from ("", f"::: {name}")


REFERENCE_PAGES: dict[str, Callable[[], str]] = {
    **{path: partial(_page, path) for path in _DIRECTIVES},
    "docs/reference/pytest.md": pytest_page,
    "docs/reference/command-line.md": command_line_page,
    "docs/reference/control-api.md": control_api_page,
}
"""Every page of the reference that is made: its path, and what makes it."""
