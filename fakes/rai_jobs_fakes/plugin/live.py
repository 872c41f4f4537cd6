"""A client on a real account, from the user's own settings, that touches only what it made."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import pytest

from rai_jobs import ClientError, JobInvalidRequestError, JobsClientSync, connect_sync

from ..stacks import line_of_asker
from .endings import error_of
from .strictness import tell

if TYPE_CHECKING:
    from rai_jobs import JobsGatewaySync

__all__ = ["OwnAlone", "guarded", "live_client", "skip_what_is_scripted"]

_OF_THE_FAKE = ("jobs_script", "jobs_faults")


@contextmanager
def live_client(request: pytest.FixtureRequest) -> Generator[JobsClientSync]:
    """Give a client on the account of the settings; what it made and left running is cancelled.

    Raises:
        pytest.skip.Exception: the test says what happens on the fake.
        pytest.fail.Exception: something was left running, under `--jobs-strict`.
    """
    skip_what_is_scripted(request, "a real account")
    with connect_sync() as client:
        own = guarded(client.jobs)
        try:
            yield client.jobs
        finally:
            left = own.cancel_own(client.jobs)
    if error_of(request.config) is None:
        tell(left, request.node)


def skip_what_is_scripted(request: pytest.FixtureRequest, on: str) -> None:
    """Skip a test that says what happens on the fake.

    Args:
        request: the test's.
        on: what does not do that.
    """
    told = [each for each in _OF_THE_FAKE if request.node.get_closest_marker(each) is not None]
    if "fake_backend" in request.fixturenames:
        told.append("fake_backend")
    if told:
        pytest.skip(f"jobs_over: {on} does not do what `{told[0]}` says")


def guarded(jobs: JobsClientSync) -> OwnAlone:
    """Have a client cancel nothing but what it created, and return what sees to it."""
    gateway = OwnAlone(jobs.gateway)
    jobs.gateway = cast("JobsGatewaySync", gateway)  # the rest is passed on
    return gateway


class OwnAlone:
    """A gateway that cancels nothing but what was created through it.

    Args:
        gateway: the gateway behind it.
    """

    def __init__(self, gateway: Any) -> None:
        self._gateway = gateway
        self._own: dict[str, tuple[str, str]] = {}

    def create(self, reasoner_type: str, *args: Any, **kwargs: Any) -> str:
        """Start an execution, which is one's own from now on."""
        made: str = self._gateway.create(reasoner_type, *args, **kwargs)
        self._own[made] = reasoner_type, line_of_asker()
        return made

    def cancel(self, reasoner_type: str, job_id: str, *, all_users: bool = False) -> None:
        """Cancel what was created here.

        Raises:
            JobInvalidRequestError: it was not; nothing is sent.
        """
        if job_id not in self._own:
            raise JobInvalidRequestError(
                f"{job_id} was not created by this test, so that it is not cancelled on a live"
                " account. Create it through `jobs_client`, or run this test over a fake."
            )
        self._gateway.cancel(reasoner_type, job_id, all_users=all_users)

    def cancel_own(self, jobs: JobsClientSync) -> list[str]:
        """Cancel what was created here and has not ended.

        Args:
            jobs: this one's client, or another of the same account where this one is closed.

        Returns:
            What there was, in words.
        """
        given: Any = jobs.gateway
        gateway = self._gateway if given is self else given
        return [told for job_id in self._own if (told := self._ended(gateway, job_id))]

    def _ended(self, gateway: Any, job_id: str) -> str | None:
        kind, line = self._own[job_id]
        try:
            record = gateway.get(kind, job_id)
            if record is None or record.finished_at is not None:
                return None
            gateway.cancel(kind, job_id)
        except ClientError as error:
            # The others must be cancelled all the same.
            return (
                f"execution {job_id} may run on, created at {line}: {type(error).__name__}: {error}"
            )
        return f"execution {job_id} was left {record.state}, and cancelled, created at {line}"

    def __repr__(self) -> str:
        return repr(self._gateway)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)
