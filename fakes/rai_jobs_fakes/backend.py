"""`FakeBackend`: what a test makes, says what will happen on, serves and closes.

What is told of the machine is in `core`, the ways to talk to it are in `ways`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING

from rai_jobs.clock import Clock
from rai_jobs.reasoners import ReasonerType

from .accounts import DEFAULT_USER, PublicKey
from .active_script import ActiveScript, require_callback, require_script
from .clocks.paced_clock import anew
from .clocks.virtual_clock import VirtualClock
from .core import duration
from .faces.http import MAX_BODY_BYTES, HttpDialect
from .faults.plan import ActiveFault
from .faults.which import UnusedFaultWarning
from .instants import micros
from .kinds import is_count
from .machine.machine import Machine
from .machine.queue import LaneLimits
from .machine.scripts import Payload, ScriptEntry
from .machine.settings import MachineSettings
from .script import JobScript, ScriptError, UnusedScriptWarning
from .ways import BackendWays, FaceSettings
from .wire_settings import WireSettings

if TYPE_CHECKING:
    from .doors.server import FakeServer

__all__ = ["FakeBackend"]


class FakeBackend(BackendWays):
    """A RelationalAI jobs backend in memory.

    Same seed, same calls: same ids, times, tokens and transcript, byte for byte.
    What shall go wrong is injected into `faults`.

    Args:
        clock: the backend's time; a new `VirtualClock` when not given. Hand the same clock to the
            client (or let `jobs` do it), so that waiting costs nothing.
        app: the name of the native app, as SQL names it.
        schema: the app's API schema, as SQL names it.
        event_page_size: the most events on one page. [choice]
        detach_grace_s: how long, in seconds, the owner of a transaction with `abort_detached` may
            be silent before it is aborted. [choice]
        default_timeout_mins: the timeout of an execution that was created without one, in minutes
            from creation. [docs for transactions; choice for jobs]
        strict_reasoners: whether only reasoners that were added exist; else any name does.
        strict_scripts: whether an execution that no script matches is refused, and a script that
            nobody used is an error at `close`; else the one completes at once, and the other is
            warned of.
        retention_s: how long, in seconds, an execution can be seen by users after it has ended; for
            ever when not given. The test still sees it, so that it takes up memory. [choice]
        get_lag_s: how long, in seconds, after its creation an execution is not found by its id.
            [choice: 0]
        list_lag_s: how far, in seconds, lists are behind: they show what was so long ago.
            [choice: 0]
        clock_skew_s: how far, in seconds, the backend's clock is ahead of `clock`; behind it when
            negative. [choice: 0]
        transcript_limit: how many calls the transcript keeps, the newest; all when not given. What
            was answered is kept with each, so a backend that serves for days wants a limit.
        seed: what ids and tokens are made from.
        http_dialect: how the HTTP face spells what the protocol leaves open.
        max_body_bytes: the largest body that the HTTP face reads; what is larger is 413. [choice]
        service_endpoint: the address of Direct Access that SQL tells; that of the running server
            when not given.
        older_app: whether the app's `exec_async_v2` knows no `abort_detached` yet (spec §5).
        wire: lives and bounds of the face that speaks Snowflake's HTTP protocol.
        namespace: which namespace of a server it is, where it is not the default one; `serve` makes
            those.

    Raises:
        ValueError: a number makes no sense; names it.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        app: str = "RELATIONALAI",
        schema: str = "api",
        event_page_size: int = 100,
        detach_grace_s: float = 60.0,
        default_timeout_mins: int = 1440,
        strict_reasoners: bool = False,
        strict_scripts: bool = False,
        retention_s: float = math.inf,
        get_lag_s: float = 0.0,
        list_lag_s: float = 0.0,
        clock_skew_s: float = 0.0,
        transcript_limit: int | None = None,
        seed: int = 0,
        http_dialect: HttpDialect | None = None,
        max_body_bytes: int = MAX_BODY_BYTES,
        older_app: bool = False,
        service_endpoint: str | None = None,
        wire: WireSettings | None = None,
        namespace: str | None = None,
    ) -> None:
        settings = MachineSettings(
            seed=seed,
            event_page_size=event_page_size,
            detach_grace_s=detach_grace_s,
            default_timeout_mins=default_timeout_mins,
            strict_reasoners=strict_reasoners,
            strict_scripts=strict_scripts,
            retention_s=retention_s,
            get_lag_s=get_lag_s,
            list_lag_s=list_lag_s,
        )
        faces = FaceSettings(
            app=app,
            schema=schema,
            http_dialect=http_dialect or HttpDialect(),
            max_body_bytes=max_body_bytes,
            older_app=older_app,
            service_endpoint=service_endpoint,
            wire=wire,
            namespace=namespace,
        )
        super().__init__(
            settings,
            faces,
            clock=clock or VirtualClock(),
            clock_skew_s=clock_skew_s,
            transcript_limit=transcript_limit,
        )
        self.add_user(DEFAULT_USER)

    def add_user(
        self,
        name: str,
        *,
        admin: bool = False,
        password: str | None = None,
        token: str | None = None,
        public_key: PublicKey | None = None,
    ) -> None:
        """Make a user exist, or change one that does, who is as the arguments say.

        Args:
            name: the name, as `created_by` shows it.
            admin: whether they hold the admin application role, which sees everybody's executions
                and cancels anybody's transactions.
            password: what they log in with over Snowflake's wire; one made from the seed when not
                given.
            token: the token that they present over HTTP, and may log in with; one made from the
                seed when not given.
            public_key: the RSA key that proves a login by key pair: itself, PEM, or base64.

        Raises:
            ValueError: the name is none, the token is another user's, the password is empty, or
                what is given is no text, or no key.
        """
        with self._held():
            self._accounts.put(
                name, admin=admin, token=token, password=password, public_key=public_key
            )

    def add_reasoner(
        self,
        name: str,
        reasoner_type: str,
        *,
        max_running: int | None = None,
        status: str = "READY",
        ready_after_s: float | None = None,
        resume_s: float | None = None,
        auto_suspend_mins: float | None = None,
    ) -> None:
        """Make a reasoner exist, or change one that does, from now on.

        One that exists is as the arguments say, those with their defaults too: to change the
        status alone, use `set_status`.

        What runs on it goes on whatever its status is; what waits starts when it is READY. [choice]

        Args:
            name: its name; the case matters.
            reasoner_type: `Logic`, `Prescriptive` or `Predictive`, in any accepted spelling.
            max_running: how many executions run at once; `None` for no bound. [choice]
            status: READY, PENDING, SUSPENDING, SUSPENDED, UPGRADING or DELETING [docs]; only a
                READY one accepts executions, or one that resumes.
            ready_after_s: how long, in seconds, until it is READY by itself; `None` for never.
            resume_s: how long, in seconds, a SUSPENDED one takes to be READY when an execution is
                created on it, which waits; `None` when it refuses instead. [choice]
            auto_suspend_mins: after how many minutes without an execution it is SUSPENDED; `None`
                for never. [docs]

        Raises:
            JobInvalidRequestError: `reasoner_type` names no type.
            ValueError: `name` is none, `max_running` is less than 1, there is no such status, or a
                time makes no sense.
        """
        kind = ReasonerType.parse(reasoner_type)
        if max_running is not None and not is_count(max_running):
            raise ValueError(
                f"`max_running` must be an integer, 1 or more, or None; got {max_running!r}."
            )
        duration("auto_suspend_mins", auto_suspend_mins)  # refuses what is none, by its own name
        idle_s = None if auto_suspend_mins is None else auto_suspend_mins * 60
        limits = LaneLimits(
            max_running,
            resume=duration("resume_s", resume_s),
            auto_suspend=None if idle_s is None else micros(idle_s),
        )
        self._put_reasoner(kind, name, limits, status, ready_after_s)

    def set_status(
        self,
        name: str,
        reasoner_type: str,
        status: str,
        *,
        ready_after_s: float | None = None,
    ) -> None:
        """Change what a reasoner is doing, and nothing else of it.

        Args:
            name: its name; one that nobody added is without bound.
            reasoner_type: its type.
            status: as for `add_reasoner`.
            ready_after_s: how long, in seconds, until it is READY by itself; `None` for never.

        Raises:
            JobInvalidRequestError: `reasoner_type` names no type.
            ValueError: there is no such status, or the time makes no sense.
        """
        self._put_reasoner(ReasonerType.parse(reasoner_type), name, None, status, ready_after_s)

    def script(
        self,
        script: JobScript,
        *,
        reasoner_type: str | None = None,
        name: str | None = None,
        where: Callable[[Payload], bool] | None = None,
        times: int | None = None,
    ) -> ActiveScript:
        """Say what will happen to executions that are created from now on.

        The first script that matches, in the order of registration, is the one. What none matches
        completes at once, or is refused under `strict_scripts`. A script with `failed()` matches
        jobs only, one with `aborted()`, artifacts, problems, profiler events or a guard rail
        matches transactions only.

        Args:
            script: what will happen.
            reasoner_type: only to executions of this type.
            name: only to executions on this reasoner.
            where: only to executions of whose payload (a copy) it is true.
            times: only to so many; `None` for any number.

        Returns:
            What tells how many lived by it, and withdraws it.

        Raises:
            JobInvalidRequestError: `reasoner_type` names no type.
            ScriptError: the script cannot be for that type, `times` is less than 1, or an argument
                is no such thing.
        """
        require_script(script)
        kind = None if reasoner_type is None else ReasonerType.parse(reasoner_type)
        if kind is not None and not script.fits(logic=kind.is_logic):
            raise ScriptError(
                f"This script cannot be for {kind.label}: only jobs end with failed(), and only"
                " Logic transactions with aborted(), artifacts, problems, a profiler stream or a"
                " guard rail."
            )
        return self._register(script, kind, name, times, where)

    def on_create(
        self,
        callback: Callable[[Payload], JobScript | None],
        *,
        reasoner_type: str | None = None,
        name: str | None = None,
        times: int | None = None,
    ) -> ActiveScript:
        """Have a script made for each execution that is created from now on.

        Args:
            callback: is given the payload (a copy), and returns what will happen; `None` leaves the
                execution to the scripts registered later. What it raises refuses the create.
            reasoner_type: only for executions of this type.
            name: only for executions on this reasoner.
            times: only for so many; `None` for any number.

        Returns:
            What tells how many lived by what it made, and withdraws it.

        Raises:
            JobInvalidRequestError: `reasoner_type` names no type.
            ScriptError: `times` is less than 1, or an argument is no such thing.
        """
        require_callback(callback)
        kind = None if reasoner_type is None else ReasonerType.parse(reasoner_type)
        return self._register(callback, kind, name, times, None)

    def serve(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        allow_remote: bool = False,
        control_token: str | None = None,
        control_hosts: Sequence[str] = (),
        prepare: Callable[[FakeBackend], object] | None = None,
    ) -> FakeServer:
        """Return a server of all faces and the control API on a real socket; start it with `with`.

        Requests that name another namespace reach a backend of their own, made as this one was,
        with a clock of its own.

        Args:
            host: the address to listen on: loopback.
            port: the port; 0 for any that is free.
            allow_remote: whether `host` may be another address; the control API then asks for a
                token, made up where none is given.
            control_token: what the control API asks for; nothing when not given, on loopback.
            control_hosts: names that the control API may be called by, beside loopback's.
            prepare: fills the backend of another namespace when it is made, and any that is reset.

        Raises:
            ValueError: the control token is empty, or `host` or `port` can be none.
            FakeServerError: `host` is not loopback, without `allow_remote`; or, on entering, the
                port cannot be had.
        """
        from .control.namespaces import Namespaces
        from .doors.namespaced import served

        namespaces = Namespaces(self, self._sibling, prepare=prepare)
        server = served(
            namespaces,
            host=host,
            port=port,
            allow_remote=allow_remote,
            control_token=control_token,
            control_hosts=control_hosts,
            login_of=self._login,
            proxied=[] if self._faces.service_endpoint is None else [self._faces.service_endpoint],
        )
        self._servers.append(server)
        return server

    def clear_scripts(self) -> None:
        """Forget all scripts; executions that live by one go on."""
        with self._held():
            self._machine.scripts.forget(self._machine.scripts.entries)

    def reset(self) -> None:
        """Forget users, reasoners, scripts, faults, executions and transcript; time goes on."""
        with self._held():
            self._machine = Machine(self._machine.settings, now=self._now())
            self._accounts.forget()
            self.faults.clear()
            self._log.clear()
            self.add_user(DEFAULT_USER)

    def close(self) -> None:
        """Stop the servers, and tell of what was never used; a second call tells nothing new.

        Warns:
            UnusedFaultWarning: a fault struck no call; names where it was injected.
            UnusedScriptWarning: no execution lived by a script; names where it was registered.

        Raises:
            ScriptError: the same, under `strict_scripts`.
        """
        with ExitStack() as stopping:
            while self._servers:
                stopping.callback(self._servers.pop().stop)
        scripts, faults = self._unused()
        self._tell(scripts, faults)

    def unused(self) -> tuple[str, ...]:
        """Return what was said and never used so far, in words, each with the line that said it."""
        with self._held():
            scripts = [f"no execution lived by {each}" for each in self._machine.scripts.unused()]
            return (*scripts, *(f"no call was struck by {e}" for e in self.faults.never_fired()))

    def discard(self) -> None:
        """Stop the servers, and tell of nothing."""
        self._unused()
        self.close()

    def _unused(self) -> tuple[list[ScriptEntry], list[ActiveFault]]:
        with self._held():
            scripts, faults = self._machine.scripts.unused(), list(self.faults.never_fired())
            self._machine.scripts.forget(scripts)
            self.faults.clear()
            return scripts, faults

    def _tell(self, scripts: list[ScriptEntry], faults: list[ActiveFault]) -> None:
        told = f"No execution lived by: {'; '.join(map(str, scripts))}."
        if scripts and self._machine.settings.strict_scripts:
            struck = f" No call was struck by: {'; '.join(map(str, faults))}." if faults else ""
            raise ScriptError(f"{told} Is a filter of it wrong? (strict_scripts){struck}")
        if scripts:
            warnings.warn(UnusedScriptWarning(told), stacklevel=3)
        if faults:
            told = f"No call was struck by: {'; '.join(map(str, faults))}."
            warnings.warn(UnusedFaultWarning(told), stacklevel=3)

    def __enter__(self) -> FakeBackend:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
            return
        # What went wrong first is what the user must see.
        with suppress(Exception):
            self.discard()

    def _sibling(self, namespace: str) -> FakeBackend:
        """Return a backend made as this one was, for another namespace of its servers."""
        made = FakeBackend(
            **vars(self._machine.settings),
            **vars(replace(self._faces, namespace=namespace)),
            clock=anew(self.clock),
            clock_skew_s=self._clock_skew_s,
            transcript_limit=self.transcript_limit,
        )
        made._servers = self._servers
        return made

    def __repr__(self) -> str:
        return (
            f"<FakeBackend at {self.clock.now().isoformat()}: {len(self._log)} calls,"
            f" {len(self._machine.executions())} executions>"
        )
