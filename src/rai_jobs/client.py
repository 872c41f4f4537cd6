"""`JobsClientSync`: the rules that a user sees, over any gateway (seed, spec §7).

Every argument is checked before anything is sent. Time comes from the clock that was handed in.
How a request travels is the gateway's business, and never shows here.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from .clock import Clock, SystemClock, require_clock
from .errors import JobInvalidRequestError, JobNotFoundError
from .filters import aware, creation_key, page
from .gateways.protocol import JobsGatewaySync
from .includes import Includes, drained_page, job_of
from .models import Job, JobEvents, JobIncludeDict, JobRecord, Operation
from .observe import Observer
from .operations import JobOperationSync, operation_of, raise_if_disconnected
from .polling import Polling, require_pace
from .reasoners import REASONER_TYPES, ReasonerType, refuse_all_users
from .states import is_terminal
from .validation import (
    optional_filter,
    require_bool,
    require_id,
    require_int,
    require_minutes,
    require_name,
    require_payload,
    require_string,
)

if TYPE_CHECKING:
    from .config import Config

__all__ = ["JobsClientSync"]


class JobsClientSync:
    """The synchronous jobs client (seed).

    Args:
        gateway: how to reach the backend; also any gateway of the published client's shape.
        config: the settings that the gateway was made from; `wait_max_failures` is read here.
        clock: the time that `wait` and `follow` live by; the system's when not given.
        on_event: who is told of each poll of `wait` and `follow`.

    Raises:
        JobInvalidRequestError: `clock` is none.
    """

    def __init__(
        self,
        gateway: JobsGatewaySync,
        *,
        config: Config | None = None,
        clock: Clock | None = None,
        on_event: Observer | None = None,
    ) -> None:
        require_clock(clock, JobInvalidRequestError)
        self._on_event = on_event
        self._max_failures = 10 if config is None else config.wait_max_failures
        self.gateway = gateway
        self.config = config
        self.clock: Clock = clock or SystemClock()

    def close(self) -> None:
        """Free what the gateway holds (seed)."""
        self.gateway.close()

    def get(
        self, reasoner_type: str, job_id: str, *, include: JobIncludeDict | None = None
    ) -> Job | None:
        """Return one execution, or `None` when it does not exist or may not be seen (seed).

        Args:
            reasoner_type: `Logic`, `Prescriptive` or `Predictive`, in any accepted spelling.
            job_id: the id that `create` gave.
            include: what to expand: `details`, `events`, `artifacts`, `problems`, `raw`.

        Returns:
            A `Job`; a `JobExpanded` when at least one expansion is asked for.

        Raises:
            JobInvalidRequestError: an argument is wrong; nothing was sent.
            JobServerError, JobAuthError, JobNotReadyError: the backend did not answer well.
        """
        kind, job_id = ReasonerType.parse(reasoner_type), require_id("job_id", job_id)
        includes = Includes.parse(include, kind)
        record = self.gateway.get(kind.discriminator, job_id)
        return None if record is None else job_of(record, includes, self.gateway, kind)

    def create(
        self,
        reasoner_type: str,
        reasoner_name: str,
        payload: dict[str, Any],
        *,
        timeout_mins: int | None = None,
    ) -> JobOperationSync:
        """Start an execution and return a handle at once (seed).

        Args:
            reasoner_type: `Logic`, `Prescriptive` or `Predictive`, in any accepted spelling.
            reasoner_name: the reasoner, engine or worker to run on; its case matters.
            payload: what to run: a dict that has a JSON form; see `compose_payload`. An
                `abort_detached` in it is dropped: only `create_ready` may set it.
            timeout_mins: the execution's own timeout, in whole minutes from creation.

        Raises:
            JobInvalidRequestError: an argument is wrong, or the backend refuses the payload.
            JobNotReadyError: the reasoner does not accept jobs now.
            JobServerError, JobAuthError: the backend did not answer well. A create that may have
                been accepted is never sent a second time.
        """
        return self._create(reasoner_type, reasoner_name, payload, timeout_mins, attached=False)

    def create_ready(
        self,
        reasoner_type: str,
        reasoner_name: str,
        payload: dict[str, Any],
        *,
        timeout_mins: int | None = None,
        timeout_s: float = 900,
        poll_interval_s: float = 0.5,
        include: JobIncludeDict | None = None,
    ) -> Job:
        """Start an execution and block until it has ended (seed).

        A Logic transaction is created so that the backend aborts it when this client goes silent.

        Args:
            reasoner_type, reasoner_name, payload, timeout_mins: as in `create`.
            timeout_s, poll_interval_s, include: as in `wait`.

        Raises:
            JobError: as `create` and `wait` do; all arguments are checked before anything is
                created.
        """
        kind = ReasonerType.parse(reasoner_type)
        require_pace(timeout_s, poll_interval_s)
        Includes.parse(include, kind)
        operation = self._create(
            reasoner_type, reasoner_name, payload, timeout_mins, attached=kind.is_logic
        )
        return operation.wait(timeout_s=timeout_s, poll_interval_s=poll_interval_s, include=include)

    def list(
        self,
        reasoner_type: str | None = None,
        *,
        job_id: str | None = None,
        state: str | None = None,
        name: str | None = None,
        created_by: str | None = None,
        only_active: bool = False,
        all_users: bool = False,
        limit: int | None = None,
        offset: int | None = None,
        include: JobIncludeDict | None = None,
    ) -> builtins.list[Job]:
        """Return executions, newest first (seed).

        Args:
            reasoner_type: one type, or `None` for all types merged.
            job_id: only this id.
            state: only this state, in any case; given, it beats `only_active`.
            name: only this reasoner, in any case.
            created_by: only this user's, in any case.
            only_active: only what has not ended, in whichever of the five active states (our
                choice: the published client hides QUEUED and CANCELING).
            all_users: whoever created it: `created_by` is ignored.
            limit: at most so many; 0 or less gives `[]` without a request.
            offset: leave out the first so many, before `limit` counts.
            include: what to expand in each; Logic-only expansions need `reasoner_type="Logic"`.

        Raises:
            JobInvalidRequestError: an argument is wrong; nothing was sent.
            JobServerError, JobAuthError: the backend did not answer well.
        """
        kind = None if reasoner_type is None else ReasonerType.parse(reasoner_type)
        includes = Includes.parse(include, kind)
        limit = None if limit is None else require_int("limit", limit)
        offset = 0 if offset is None else require_int("offset", offset)
        if offset < 0:
            raise JobInvalidRequestError(f"`offset` must be 0 or more; got {offset}.")
        filters: dict[str, Any] = {
            "job_id": None if job_id is None else require_id("job_id", job_id),
            "state": optional_filter("state", state),
            "name": optional_filter("name", name),
            "created_by": optional_filter("created_by", created_by),
            "only_active": require_bool("only_active", only_active),
            "all_users": require_bool("all_users", all_users),
        }
        if limit is not None and limit <= 0:
            return []
        if kind is not None:
            records = self.gateway.list(kind.discriminator, **filters, limit=limit, offset=offset)
            return [job_of(record, includes, self.gateway, kind) for record in records]
        # Each type must bring all that could stand on the merged page, so the offset applies after.
        reach = None if limit is None else limit + offset
        found: builtins.list[tuple[JobRecord, ReasonerType]] = [
            (record, each)
            for each in REASONER_TYPES
            for record in self.gateway.list(each.discriminator, **filters, limit=reach, offset=0)
        ]
        found.sort(key=lambda pair: creation_key(pair[0]), reverse=True)
        return [
            job_of(record, includes, self.gateway, each)
            for record, each in page(found, limit=limit, offset=offset)
        ]

    def get_events(
        self,
        reasoner_type: str,
        job_id: str,
        continuation_token: str = "",
        *,
        stream_name: str = "progress",
    ) -> JobEvents:
        """Return one page of an execution's events (seed).

        Args:
            reasoner_type: `Logic`, `Prescriptive` or `Predictive`, in any accepted spelling.
            job_id: the id that `create` gave.
            continuation_token: where to read on, from the page before; `""` for the start.
            stream_name: `progress`, or `profiler` for transactions over HTTP.

        Returns:
            The page; its token is `None` when the execution has ended and everything was read.

        Raises:
            JobInvalidRequestError: an argument is wrong, the token is malformed or belongs to
                another stream, or there is no such stream.
            JobNotFoundError: the execution does not exist or may not be read.
            JobServerError, JobAuthError: the backend did not answer well.
        """
        kind, job_id = ReasonerType.parse(reasoner_type), require_id("job_id", job_id)
        token = require_string("continuation_token", continuation_token)
        stream = require_id("stream_name", stream_name)
        return drained_page(
            self.gateway.events(
                kind.discriminator, job_id, continuation_token=token, stream_name=stream
            )
        )

    def follow(
        self,
        reasoner_type: str,
        job_id: str,
        *,
        stream_name: str = "progress",
        timeout_s: float = 900,
        poll_interval_s: float = 0.5,
        continuation_token: str = "",
    ) -> Iterator[dict[str, Any]]:
        """Yield an execution's events as they come, each once, until it has ended (our choice).

        Args:
            reasoner_type, job_id, stream_name: as in `get_events`.
            timeout_s: how long to follow, in seconds from the first event asked for.
            poll_interval_s: how long to wait when nothing new has come, in seconds, below 20.
            continuation_token: where to begin, from an earlier page; `""` for the start.

        Returns:
            An iterator that ends when the execution is terminal and its stream is drained.

        Raises:
            JobInvalidRequestError: an argument is wrong; raised by the call itself.
            JobTimeoutError: the deadline passed before the end. An execution that is not there
                yet is waited for, as in `wait`.
            JobServerError, JobAuthError: the backend did not answer well.
        """
        kind, job_id = ReasonerType.parse(reasoner_type), require_id("job_id", job_id)
        token = require_string("continuation_token", continuation_token)
        stream = require_id("stream_name", stream_name)
        require_pace(timeout_s, poll_interval_s)
        return self._follow(kind, job_id, stream, token, timeout_s, poll_interval_s)

    def cancel(self, reasoner_type: str, job_id: str, *, all_users: bool = False) -> None:
        """Request that an execution be cancelled; its state follows (seed, spec §3).

        Args:
            reasoner_type: `Logic`, `Prescriptive` or `Predictive`, in any accepted spelling.
            job_id: the id that `create` gave.
            all_users: cancel a Logic transaction whoever created it; needs the admin role.

        Raises:
            JobInvalidRequestError: an argument is wrong, or `all_users` outside Logic.
            JobNotFoundError: the execution does not exist or is not yours to cancel.
            JobCapabilityError: this transport cannot cancel for all users.
            JobServerError, JobAuthError: the backend did not answer well.
        """
        kind, job_id = ReasonerType.parse(reasoner_type), require_id("job_id", job_id)
        if require_bool("all_users", all_users):
            refuse_all_users(kind)
        self.gateway.cancel(kind.discriminator, job_id, all_users=all_users)

    def wait(
        self,
        reasoner_type: str,
        job_id: str,
        *,
        timeout_s: float = 900,
        poll_interval_s: float = 0.5,
        include: JobIncludeDict | None = None,
    ) -> Job:
        """Poll until an execution has ended, and return it whatever its end (seed).

        Polls at once, then every `poll_interval_s`, and never sleeps past the deadline; there it
        looks once more, and returns what ended before it. An execution that is not there yet is
        waited for. A poll that fails for a while does not end the wait (our choice): it ends when
        the deadline passes, or `wait_max_failures` polls in a row have failed.

        Args:
            reasoner_type: `Logic`, `Prescriptive` or `Predictive`, in any accepted spelling.
            job_id: the id that `create` gave.
            timeout_s: how long to wait, in seconds, more than 0.
            poll_interval_s: how long between polls, in seconds, more than 0 and less than 20.
            include: what to expand in the final job, as in `get`.

        Raises:
            JobInvalidRequestError: an argument is wrong; nothing was sent.
            JobTimeoutError: `timeout_s` passed; the execution goes on.
            JobClientDisconnectedError: a Logic transaction was aborted because its owner was
                silent for too long.
            JobServerError, JobAuthError: the backend did not answer well.
        """
        kind, job_id = ReasonerType.parse(reasoner_type), require_id("job_id", job_id)
        includes = Includes.parse(include, kind)
        require_pace(timeout_s, poll_interval_s)
        polling = self._polling("wait", kind, job_id, timeout_s, poll_interval_s)
        last_instant = self.clock.now() + timedelta(seconds=timeout_s)
        while True:
            record = polling.look(lambda: self.gateway.get(kind.discriminator, job_id))
            left = polling.left()
            over = record is not None and is_terminal(record.state)
            if record is not None and over:
                ended = aware(record.finished_at)
                if left > 0 or ended is None or ended < last_instant:
                    raise_if_disconnected(kind, record)
                    return job_of(record, includes, self.gateway, kind)
            seen = "nothing was found" if record is None else record.state
            polling.pause(left, seen, ended=over)

    def get_operation(self, reasoner_type: str, job_id: str) -> Operation:
        """Return an execution's state as that of a long-running operation (seed, spec §7).

        Raises:
            JobInvalidRequestError: an argument is wrong; nothing was sent.
            JobServerError, JobAuthError: the backend did not answer well.
        """
        kind, job_id = ReasonerType.parse(reasoner_type), require_id("job_id", job_id)
        return operation_of(job_id, self.get(kind.discriminator, job_id))

    def __repr__(self) -> str:
        return f"JobsClientSync({self.gateway!r})"

    def _create(
        self,
        reasoner_type: str,
        reasoner_name: str,
        payload: dict[str, Any],
        timeout_mins: int | None,
        *,
        attached: bool,
    ) -> JobOperationSync:
        kind = ReasonerType.parse(reasoner_type)
        name = require_name("reasoner_name", reasoner_name)
        sent = require_payload(payload)
        minutes = require_minutes("timeout_mins", timeout_mins)
        sent.pop("abort_detached", None)
        if attached:
            sent["abort_detached"] = True
        job_id = self.gateway.create(kind.discriminator, name, sent, timeout_mins=minutes)
        return JobOperationSync(self, job_id, {"reasoner_type": kind.label, "name": name})

    def _follow(
        self,
        kind: ReasonerType,
        job_id: str,
        stream: str,
        token: str,
        timeout_s: float,
        poll_interval_s: float,
    ) -> Iterator[dict[str, Any]]:
        polling = self._polling("follow", kind, job_id, timeout_s, poll_interval_s)
        found = bool(token)
        while True:
            ask = partial(
                self.gateway.events,
                kind.discriminator,
                job_id,
                continuation_token=token,
                stream_name=stream,
            )
            try:
                current = polling.look(ask)
            except JobNotFoundError:
                if found:
                    raise
                current = None
            if current is not None:
                found = True
                yield from current.events
                if not current.continuation_token:
                    return
                token = current.continuation_token
            if current is None or not current.events or polling.left() <= 0:
                seen = "it had not ended" if found else "nothing was found"
                polling.pause(polling.left(), seen)

    def _polling(
        self,
        operation: str,
        kind: ReasonerType,
        job_id: str,
        timeout_s: float,
        poll_interval_s: float,
    ) -> Polling:
        return Polling(
            operation,
            kind,
            job_id,
            clock=self.clock,
            timeout_s=timeout_s,
            poll_interval_s=poll_interval_s,
            max_failures=self._max_failures,
            on_event=self._on_event,
        )
