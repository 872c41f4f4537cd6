"""One history on several sides: the model, and a backend behind every face, asked the same.

Ids and tokens are made from the seed, so answers are compared as they are. What a face cannot do is
said here, each with its source; there the history goes on beside the face, so that all sides stay
in step:

- Direct Access cancels only one's own (spec §3): `JobCapabilityError`;
- SQL offers the `progress` stream alone (spec §4): `JobInvalidRequestError`, and nothing is sent;
- SQL has no header for the guard rails: they are in the headers of `exec_async_v2` [choice].

What is left out of histories, and why:

- payloads that are not as JSON gives them back (tuples, numbers as keys) or whose `timeout_mins` is
  no integer: the gateway face takes them, HTTP cannot or refuses;
- predicates and callbacks: `exec_async_v2` names a transaction's parts, so a payload's other keys
  do not reach the backend over SQL (spec §5);
- problems with keys in upper case and empty ones, and artifacts with other columns: rows of SQL
  have neither (docs/choices.md).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rai_jobs import (
    ConnectorExecutor,
    HttpJobsGateway,
    JobCapabilityError,
    JobError,
    JobEvents,
    JobInvalidRequestError,
    JobsClientSync,
    JobsGatewaySync,
    SessionExecutor,
    SqlJobsGateway,
    StaticTokenAuth,
)
from rai_jobs_fakes import FakeBackend
from rai_jobs_fakes.machine.execution import StatusFact, User

from .drawing import USERS, Creation
from .model import Model, ModelJobs

DISCRIMINATORS = {"Logic": "LOGIC", "Prescriptive": "SOLVER", "Predictive": "ML"}
_MACHINE: dict[str, Any] = {"seed": 11, "event_page_size": 2, "detach_grace_s": 20.0}

Jobs = JobsClientSync | ModelJobs
Ask = Callable[[Jobs], object]


@dataclass(frozen=True)
class Face:
    """A face: how a client reaches a backend through it, and what it cannot do."""

    name: str
    connect: Callable[[FakeBackend, str, bool], JobsGatewaySync]
    cancels_for_all: bool = True
    rows: bool = False
    """Whether it answers in rows: SQL."""


def _by_gateway(backend: FakeBackend, user: str, guard_rails: bool) -> JobsGatewaySync:
    return backend.gateway(user, guard_rails=guard_rails)


def _by_http(backend: FakeBackend, user: str, guard_rails: bool) -> JobsGatewaySync:
    return HttpJobsGateway(
        "https://backend.test",
        auth=StaticTokenAuth(backend.token(user)),
        transport=backend.http_transport(),
        guard_rails=guard_rails,
        clock=backend.clock,
    )


def _by_connection(backend: FakeBackend, user: str, guard_rails: bool) -> JobsGatewaySync:
    return SqlJobsGateway(ConnectorExecutor(backend.connection(user)), clock=backend.clock)


def _by_session(backend: FakeBackend, user: str, guard_rails: bool) -> JobsGatewaySync:
    return SqlJobsGateway(SessionExecutor(backend.session(user)), clock=backend.clock)


FACES = (
    Face("gateway", _by_gateway),
    Face("http", _by_http, cancels_for_all=False),
    Face("sql-connection", _by_connection, rows=True),
    Face("sql-session", _by_session, rows=True),
)


@dataclass
class Side:
    """One backend behind one face, and a client for every user, with and without guard rails."""

    face: Face
    backend: FakeBackend
    clients: dict[tuple[str, bool], JobsClientSync] = field(
        default_factory=dict[tuple[str, bool], JobsClientSync]
    )

    def jobs(self, user: str, guard_rails: bool = False) -> JobsClientSync:
        key = (user, guard_rails)
        if key not in self.clients:
            gateway = self.face.connect(self.backend, *key)
            self.clients[key] = JobsClientSync(gateway, clock=self.backend.clock)
        return self.clients[key]

    def create(self, user: str, creation: Creation) -> str:
        """Create it by the gateway, which takes `abort_detached`."""
        kind, payload = creation.reasoner_type, creation.payload
        if creation.script is not None:
            self.backend.script(creation.script, reasoner_type=kind, times=1)
        if self.face.rows and creation.guard_rails and kind == "Logic":
            payload = {**payload, "headers": {"X-Enable-Guard-Rails": "True"}}
        return self.jobs(user, creation.guard_rails).gateway.create(
            DISCRIMINATORS[kind], creation.name, payload, timeout_mins=creation.timeout_mins
        )


class Sides:
    """The model and every face.

    Args:
        settings: how the backends differ from the usual one, by `FakeBackend`'s own arguments.
        faces: which faces.
    """

    def __init__(
        self, settings: dict[str, Any] | None = None, faces: Sequence[Face] = FACES
    ) -> None:
        given = {**_MACHINE, **(settings or {})}
        self.model = Model(**given)
        self.users = {name: User(name, admin=name == "root") for name in USERS}
        self.sides = [Side(face, FakeBackend(**given)) for face in faces]
        for side in self.sides:
            for user in self.users.values():
                side.backend.add_user(user.name, admin=user.admin)

    def ask(self, user: str, ask: Ask) -> object:
        """Ask all sides; return what all answered, or the type of what all raised."""
        return self._agreed(
            _answered(lambda: ask(self.model.jobs(self.users[user]))),
            [(side, _answered(lambda at=side: ask(at.jobs(user)))) for side in self.sides],
        )

    def create(self, user: str, creation: Creation) -> str | None:
        """Create on all sides; return the id, `None` when it is refused."""
        made = self._agreed(
            _answered(lambda: self.model.create(self.users[user], creation)),
            [(side, _answered(lambda at=side: at.create(user, creation))) for side in self.sides],
        )
        return made if isinstance(made, str) else None

    def cancel_for_all(self, user: str, reasoner_type: str, job_id: str) -> object:
        """Cancel whoever's it is; beside the faces that cannot."""
        able = [side for side in self.sides if side.face.cancels_for_all]

        def ask(jobs: Jobs) -> object:
            return jobs.cancel(reasoner_type, job_id, all_users=True)

        expected = _answered(lambda: ask(self.model.jobs(self.users[user])))
        for side in self.sides:
            if side not in able and reasoner_type == "Logic":
                refused = _answered(lambda at=side: ask(at.jobs(user)))
                assert refused is JobCapabilityError, side.face.name
                beside = JobsClientSync(side.backend.gateway(user), clock=side.backend.clock)
                assert _answered(lambda by=beside: ask(by)) == expected
        if reasoner_type != "Logic":
            able = self.sides
        return self._agreed(
            expected, [(side, _answered(lambda at=side: ask(at.jobs(user)))) for side in able]
        )

    def read_other_stream(
        self, user: str, reasoner_type: str, job_id: str, token: str, stream: str
    ) -> object:
        """Read a stream that is not `progress`; where there is none, nothing is sent."""

        def ask(jobs: Jobs) -> object:
            return jobs.get_events(reasoner_type, job_id, token, stream_name=stream)

        # Asking counts as a sign of life on all sides or on none.
        self.ask(user, lambda jobs: jobs.get(reasoner_type, job_id))
        able = [side for side in self.sides if not side.face.rows]
        for side in self.sides:
            if side not in able:
                refused = _answered(lambda at=side: ask(at.jobs(user)))
                assert refused is JobInvalidRequestError, side.face.name
        return self._agreed(
            _answered(lambda: ask(self.model.jobs(self.users[user]))),
            [(side, _answered(lambda at=side: ask(at.jobs(user)))) for side in able],
        )

    def add_reasoner(self, name: str, reasoner_type: str, told: dict[str, Any]) -> None:
        """Make a reasoner exist on all sides, or change it."""
        self.model.add_reasoner(name, reasoner_type, **told)
        for side in self.sides:
            side.backend.add_reasoner(name, reasoner_type, **told)

    def advance(self, seconds: float) -> None:
        """Let time pass on all sides."""
        self.model.clock.sleep(seconds)
        for side in self.sides:
            side.backend.clock.sleep(seconds)

    def require_same_instant(self) -> None:
        """Check that whatever was asked took the same time."""
        for side in self.sides:
            assert side.backend.clock.now() == self.model.clock.now(), side.face.name

    def require_same_story(self) -> None:
        """Check that the same happened in all machines: every fact, at its instant."""
        # What happened since the last call is told with the next.
        self.ask("root", lambda jobs: jobs.list())
        views, statuses = self.model.views(), self.model.machine.status_facts
        charts = {str(side.backend.timeline()) for side in self.sides}
        assert len(charts) == 1
        for side in self.sides:
            assert list(side.backend.executions) == views, side.face.name
            told = [fact for entry in side.backend.transcript for fact in entry.facts]
            changes = [fact for fact in told if isinstance(fact, StatusFact)]
            assert changes == statuses, side.face.name

    def close(self) -> None:
        """Close all clients."""
        for side in self.sides:
            for client in side.clients.values():
                client.close()

    def _agreed(self, expected: object, answers: Sequence[tuple[Side, object]]) -> object:
        for side, answer in answers:
            assert answer == expected, side.face.name
        return expected


def tokens_of(page: object) -> list[str]:
    """The token of a page, if it has one."""
    found = page.continuation_token if isinstance(page, JobEvents) else None
    return [found] if found else []


def _answered(ask: Callable[[], object]) -> object:
    """What is answered, or the type of what is raised."""
    try:
        with warnings.catch_warnings():
            # An expansion that fails is left empty and warned of, on all sides.
            warnings.simplefilter("ignore")
            return ask()
    except JobError as error:
        return type(error)
