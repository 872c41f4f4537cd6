"""The ways in which both clients are connected to a backend: one `Level` each.

On every level ours is our client by the same way, always called. The published one is called or
awaited, and knows nothing of the fake: on the upper levels it has its own settings file, and the
environment of the proxy.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rai_jobs import Config, JobsClientSync, connect_sync, from_session_sync
from rai_jobs.http.discovery import EndpointCache
from rai_jobs_fakes import FakeBackend, VirtualClock, WireSettings

from ..contract.faces import SWITCHBOARD
from .generation import OLD, SCHEMA
from .stage import Awaited, Impossible, Stage
from .ways import WAYS

__all__ = ["ENVIRONMENT", "LEVELS", "VERSIONS", "Level", "modules_that_sleep"]

ACCOUNT = "acme-prod"
# One virtual hour ends a session that nobody keeps alive, and some cases last longer.
FOR_DAYS = WireSettings(session_token_s=86_400, master_token_s=864_000)
_NO_SETTINGS = "connections:\n  fake: {type: snowflake, authenticator: username_password," + (
    " account: fake, warehouse: fake, user: fake, password: fake}\n"
)
_SLEEPERS = ("relationalai.runtime.", "relationalai.services.jobs.")

VERSIONS = {
    name: version(name)
    for name in ("relationalai", "snowflake-connector-python", "snowflake-snowpark-python")
}
ENVIRONMENT = "relationalai {}, connector {}".format(
    "1.0" if OLD else "latest", VERSIONS["snowflake-connector-python"].partition(".")[0]
)
"""What is installed here, as the outcomes name it."""


@dataclass(frozen=True)
class Level:
    """One way to connect.

    Args:
        name: that of its way.
        ours: opens our client on a backend, for a user.
        theirs: opens the published one.
    """

    name: str
    ours: Callable[[ExitStack, FakeBackend, str], Any]
    theirs: Callable[[ExitStack, FakeBackend, str], Any]

    @property
    def transport(self) -> str:
        return WAYS[self.name].transport

    @contextmanager
    def stage(self, side: str, user: str) -> Generator[Stage]:
        """Open one side, on a backend of its own, in virtual time."""
        # By the proxy, SQL tells a name that only the proxy stands for; ours goes without one.
        told = self.transport == "http" and side == "ours"
        backend = FakeBackend(
            event_page_size=2,
            wire=FOR_DAYS,
            schema=SCHEMA,
            service_endpoint=SWITCHBOARD.url if told else None,
        )
        assert isinstance(backend.clock, VirtualClock)
        backend.add_user("ann", password="anns own")
        backend.add_user("root", admin=True, password="roots own")
        with ExitStack() as stack:
            client = (self.ours if side == "ours" else self.theirs)(stack, backend, user)
            for module in modules_that_sleep():
                stack.enter_context(backend.clock.patch(module))
            stack.enter_context(_asyncio_sleeps_on(backend.clock))
            yield Stage(backend, client)


# Ours -----------------------------------------------------------------------------------------


def our_gateway(stack: ExitStack, backend: FakeBackend, user: str) -> Any:
    return JobsClientSync(backend.gateway(user), clock=backend.clock)


def our_session(stack: ExitStack, backend: FakeBackend, user: str) -> Any:
    config = Config(schema=SCHEMA)
    client = from_session_sync(session=backend.session(user), config=config, clock=backend.clock)
    return stack.enter_context(client).jobs


def our_connection(stack: ExitStack, backend: FakeBackend, user: str) -> Any:
    SWITCHBOARD.serve(backend)
    config = Config(connection=_parameters(user), schema=SCHEMA)
    return stack.enter_context(connect_sync(config=config, clock=backend.clock)).jobs


def our_direct_access(stack: ExitStack, backend: FakeBackend, user: str) -> Any:
    EndpointCache.forget_all()
    SWITCHBOARD.serve(backend)
    config = Config(
        connection=_parameters(user),
        schema=SCHEMA,
        direct_access=True,
        token=backend.token(user),
    )
    return stack.enter_context(connect_sync(config=config, clock=backend.clock)).jobs


# Theirs ---------------------------------------------------------------------------------------


def gateway(stack: ExitStack, backend: FakeBackend, user: str) -> Any:
    published = importlib.import_module("relationalai.services.jobs.client_sync")
    return published.JobsClientSync(backend.gateway(user))


def gateway_awaited(stack: ExitStack, backend: FakeBackend, user: str) -> Any:
    published = importlib.import_module("relationalai.services.jobs.client")
    return Awaited(published.JobsClient(backend.async_gateway(user)), _loop(stack))


def session(stack: ExitStack, backend: FakeBackend, user: str) -> Any:
    _settings(stack, _NO_SETTINGS)
    return _opened(stack, "from_session_sync", session=backend.session(user), app_name=backend.app)


def session_awaited(stack: ExitStack, backend: FakeBackend, user: str) -> Any:
    _settings(stack, _NO_SETTINGS)
    return _awaited(stack, "from_session", session=backend.session(user), app_name=backend.app)


def connection(stack: ExitStack, backend: FakeBackend, user: str) -> Any:
    _proxied(stack, backend, user)
    return _opened(stack, "connect_sync")


def connection_awaited(stack: ExitStack, backend: FakeBackend, user: str) -> Any:
    _proxied(stack, backend, user)
    return _awaited(stack, "connect")


def active_session(stack: ExitStack, backend: FakeBackend, user: str) -> Any:
    snowpark = importlib.import_module("snowflake.snowpark")
    SWITCHBOARD.serve(backend)
    stack.enter_context(snowpark.Session.builder.configs(_parameters(user)).create())
    _settings(stack, _NO_SETTINGS)
    return _opened(stack, "connect_sync")


def direct_access(stack: ExitStack, backend: FakeBackend, user: str) -> Any:
    _require_direct_access()
    _proxied(stack, backend, user, direct=True)
    return _opened(stack, "connect_sync")


def direct_access_awaited(stack: ExitStack, backend: FakeBackend, user: str) -> Any:
    _require_direct_access()
    _proxied(stack, backend, user, direct=True)
    return _awaited(stack, "connect")


LEVELS = (
    Level("gateway", our_gateway, gateway),
    Level("gateway, awaited", our_gateway, gateway_awaited),
    Level("session", our_session, session),
    Level("session, awaited", our_session, session_awaited),
    Level("SQL", our_connection, connection),
    Level("SQL, awaited", our_connection, connection_awaited),
    Level("active session", our_connection, active_session),
    Level("HTTP", our_direct_access, direct_access),
    Level("HTTP, awaited", our_direct_access, direct_access_awaited),
)


# What they need -------------------------------------------------------------------------------


def _opened(stack: ExitStack, function: str, **arguments: Any) -> Any:
    client = getattr(importlib.import_module("relationalai.client"), function)(**arguments)
    stack.callback(_leave_no_session)
    stack.callback(client.close)
    return client.jobs


def _awaited(stack: ExitStack, function: str, **arguments: Any) -> Any:
    loop = _loop(stack)
    connect = getattr(importlib.import_module("relationalai.client"), function)
    client = loop.run_until_complete(connect(**arguments))
    stack.callback(_leave_no_session)
    stack.callback(lambda: loop.run_until_complete(client.aclose()))
    return Awaited(client.jobs, loop)


def _leave_no_session() -> None:
    """Close the session that a closed client leaves active: the next one would take it."""
    context = importlib.import_module("snowflake.snowpark.context")
    errors = importlib.import_module("snowflake.snowpark.exceptions")
    with suppress(errors.SnowparkSessionException):
        while True:
            context.get_active_session().close()


def _loop(stack: ExitStack) -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    stack.callback(loop.close)
    stack.callback(lambda: loop.run_until_complete(loop.shutdown_default_executor()))
    return loop


def _settings(stack: ExitStack, text: str) -> None:
    """Write the published client's settings where it looks for them, and have it look there.

    It keeps addresses of Direct Access in its user's home, so it gets one of its own.
    """
    folder = stack.enter_context(_folder())
    path = Path(folder) / "raiconfig.yaml"
    path.write_text(text, encoding="utf-8")
    stack.enter_context(_environment(RAI_CONFIG_FILE_PATH=str(path), HOME=folder))


def _proxied(stack: ExitStack, backend: FakeBackend, user: str, *, direct: bool = False) -> None:
    SWITCHBOARD.serve(backend)
    settings = f"account: {ACCOUNT}, warehouse: w, user: {user}"
    if direct:
        who = f"authenticator: programmatic_access_token, token: {backend.token(user)}"
        more = "direct_access: true\n"
    else:
        who, more = f"authenticator: username_password, password: {backend.password(user)}", ""
    _settings(stack, f"connections:\n  fake: {{type: snowflake, {settings}, {who}}}\n{more}")
    stack.enter_context(_environment(**SWITCHBOARD.running.proxy_environment()))


def _require_direct_access() -> None:
    if OLD:
        raise Impossible("1.0 presents its token as `Bearer`, which Direct Access does not take")


def _parameters(user: str) -> dict[str, Any]:
    return SWITCHBOARD.running.connection_parameters(user)


@contextmanager
def _folder() -> Generator[str]:
    """A folder to work in: the older one looks for its settings there alone."""
    import tempfile

    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield folder
        finally:
            os.chdir(before)


@contextmanager
def _environment(**variables: str) -> Generator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def modules_that_sleep() -> list[Any]:
    """Return the published client's modules that wait by the `time` module."""
    return [
        module
        for name, module in sorted(sys.modules.items())
        if name.startswith(_SLEEPERS) and time in vars(module).values()
    ]


@contextmanager
def _asyncio_sleeps_on(clock: VirtualClock) -> Generator[None]:
    """Have the published client's modules that sleep by `asyncio` sleep on a virtual clock."""

    class Asyncio:
        def __getattr__(self, name: str) -> Any:
            return getattr(asyncio, name)

        @staticmethod
        async def sleep(seconds: float) -> None:
            clock.sleep(seconds)
            await asyncio.sleep(0)

    patched = [
        (module, name)
        for of, module in sorted(sys.modules.items())
        if of.startswith(_SLEEPERS)
        for name, value in vars(module).items()
        if value is asyncio
    ]
    for module, name in patched:
        setattr(module, name, Asyncio())
    try:
        yield
    finally:
        for module, name in patched:
            setattr(module, name, asyncio)
