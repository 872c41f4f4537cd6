"""The published `relationalai` client, unmodified: on our gateway face, called and awaited, and by
its own `from_session_sync` on our session. What the matrix does not hold is here: values in full.

It is proprietary and is driven as a black box. `make interop` installs it in an environment of its
own; elsewhere these tests are skipped.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from rai_jobs.errors import JobInvalidRequestError
from rai_jobs_fakes import At, FakeBackend, JobScript, VirtualClock, aborted, failed

published = pytest.importorskip(
    "relationalai.services.jobs.client_sync",
    reason="the published relationalai package is not installed here: `make interop` runs this",
)
published_client = pytest.importorskip("relationalai.client")
published_errors = pytest.importorskip("relationalai.services.jobs.errors")

TYPES = ("Logic", "Prescriptive", "Predictive")
EACH_TYPE = pytest.mark.parametrize("reasoner_type", TYPES)
DISCRIMINATORS = {"Logic": "LOGIC", "Prescriptive": "SOLVER", "Predictive": "ML"}


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend(event_page_size=2)


def by_gateway(backend: FakeBackend, user: str | None = None) -> Any:
    return published.JobsClientSync(backend.gateway(user))


def by_session(backend: FakeBackend, user: str | None = None) -> Any:
    session = backend.session(user)
    return published_client.from_session_sync(session=session, app_name=backend.app).jobs


@pytest.fixture(params=[by_gateway, by_session])
def connect(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    # It wants settings of its own before it takes the session; nothing in them is used.
    settings = tmp_path / "raiconfig.yaml"
    settings.write_text(
        "connections:\n  fake: {type: snowflake, authenticator: username_password, account: fake,"
        " warehouse: fake, user: fake, password: fake}\n"
    )
    monkeypatch.setenv("RAI_CONFIG_FILE_PATH", str(settings))
    return request.param


@pytest.fixture
def jobs(backend: FakeBackend, connect: Callable[..., Any]) -> Any:
    return connect(backend)


def payload_of(reasoner_type: str) -> dict[str, Any]:
    return {"dbname": "sales", "query": "def output = 1"} if reasoner_type == "Logic" else {"a": 1}


def log(after_s: float, message: str) -> At:
    return At(after_s, {"type": "LogMessage", "event": {"message": message}})


@EACH_TYPE
def test_create_ready_returns_the_completed_job(jobs: Any, reasoner_type: str) -> None:
    job = jobs.create_ready(reasoner_type, "worker-1", payload_of(reasoner_type))
    assert (job.state, job.reasoner_type, job.name) == ("COMPLETED", reasoner_type, "worker-1")


def test_create_ready_waits_on_virtual_time(backend: FakeBackend, jobs: Any) -> None:
    assert isinstance(backend.clock, VirtualClock)
    backend.script(JobScript(run_s=14 * 60))
    # The published client sleeps by the `time` module, so the clock is put under its modules.
    with ExitStack() as patched:
        for module in _modules_that_sleep():
            patched.enter_context(backend.clock.patch(module))
        job = jobs.create_ready("Predictive", "w", {})
    assert (job.state, job.duration) == ("COMPLETED", 840_000)


@EACH_TYPE
def test_events_are_read_page_by_page(backend: FakeBackend, jobs: Any, reasoner_type: str) -> None:
    backend.script(JobScript(run_s=5, events=[log(n, f"line {n}") for n in range(5)]))
    operation = jobs.create(reasoner_type, "worker-1", payload_of(reasoner_type))
    backend.clock.sleep(5)
    seen: list[str] = []
    token: str | None = ""
    while token is not None:
        page = jobs.get_events(reasoner_type, operation.id, token)
        seen += [event["event"]["message"] for event in page.events]
        token = page.continuation_token or None
    assert seen == [f"line {n}" for n in range(5)]


@EACH_TYPE
def test_list_is_newest_first_and_filtered(
    backend: FakeBackend, jobs: Any, reasoner_type: str
) -> None:
    backend.script(JobScript(run_s=60), name="busy")
    ids: list[str] = []
    for name in ("idle", "busy", "idle"):
        ids.append(jobs.create(reasoner_type, name, payload_of(reasoner_type)).id)
        backend.clock.sleep(1)
    assert [job.id for job in jobs.list(reasoner_type)] == ids[::-1]
    assert [job.id for job in jobs.list(name="IDLE", state="COMPLETED")] == [ids[2], ids[0]]
    assert [job.id for job in jobs.list(only_active=True, limit=5)] == [ids[1]]


@EACH_TYPE
def test_cancel_takes_effect(backend: FakeBackend, jobs: Any, reasoner_type: str) -> None:
    backend.script(JobScript(run_s=60))
    operation = jobs.create(reasoner_type, "worker-1", payload_of(reasoner_type))
    jobs.cancel(reasoner_type, operation.id)
    assert jobs.get(reasoner_type, operation.id).state == "CANCELED"
    assert jobs.get_operation(reasoner_type, operation.id).status == "CANCELLED"


def test_an_admin_cancels_for_all_users_and_only_logic(
    backend: FakeBackend, connect: Callable[..., Any], jobs: Any
) -> None:
    backend.add_user("root", admin=True)
    backend.script(JobScript(run_s=60))
    admin = connect(backend, "root")
    transaction = jobs.create("Logic", "worker-1", payload_of("Logic"))
    admin.cancel("Logic", transaction.id, all_users=True)
    assert jobs.get("Logic", transaction.id).state == "CANCELED"
    job = jobs.create("Predictive", "worker-1", {})
    with pytest.raises((JobInvalidRequestError, published_errors.JobInvalidRequestError)):
        admin.cancel("Predictive", job.id, all_users=True)


@EACH_TYPE
def test_get_operation_follows_the_life(
    backend: FakeBackend, jobs: Any, reasoner_type: str
) -> None:
    assert jobs.get_operation(reasoner_type, "nobody").status == "PENDING"
    outcome = aborted("bad") if reasoner_type == "Logic" else failed("bad")
    backend.script(JobScript(run_s=5, outcome=outcome))
    operation = jobs.create(reasoner_type, "worker-1", payload_of(reasoner_type))
    assert jobs.get_operation(reasoner_type, operation.id).status == "RUNNING"
    backend.clock.sleep(5)
    found = jobs.get_operation(reasoner_type, operation.id)
    assert (found.status, found.error) == ("FAILED", "bad")
    assert found.raw["reasoner_type"] in {reasoner_type, DISCRIMINATORS[reasoner_type]}


def test_every_include_is_filled(backend: FakeBackend, jobs: Any) -> None:
    backend.script(
        JobScript(
            events=[log(0, "hello")],
            artifacts={"out.arrow": {"presigned_url": "https://storage.test/out"}},
            problems=[{"type": "WARNING"}],
        )
    )
    operation = jobs.create("Logic", "worker-1", payload_of("Logic"))
    job = jobs.get(
        "Logic",
        operation.id,
        include=dict.fromkeys(("details", "events", "artifacts", "problems", "raw"), True),
    )
    assert job.details["model"] == "sales"
    assert [event["event"]["message"] for event in job.events.events] == ["hello"]
    # Over SQL the published client gives a single artifact's columns themselves, not by file name.
    assert job.artifacts.get("out.arrow", job.artifacts)["PRESIGNED_URL"].endswith("/out")
    [problem] = job.problems["problems"]
    assert {name.lower(): value for name, value in problem.items()} == {"type": "WARNING"}
    assert job.raw["id"] == operation.id


def test_a_silent_owner_is_the_published_error(backend: FakeBackend, jobs: Any) -> None:
    backend.script(JobScript(run_s=600))
    payload = {**payload_of("Logic"), "abort_detached": True}
    job_id = backend.gateway().create("LOGIC", "worker-1", payload)
    backend.clock.sleep(60)
    with pytest.raises(published_errors.JobClientDisconnectedError):
        jobs.wait("Logic", job_id)


def _modules_that_sleep() -> list[Any]:
    """Return the modules of the published client that use the `time` module."""
    return [
        module
        for name, module in sorted(sys.modules.items())
        if name.startswith("relationalai.") and time in vars(module).values()
    ]
