"""One port for all: the control API, and each namespace's own application behind it.

Which namespace a request is for is told by `control.namespaces` and `control.logins`; here it is
only asked, and the request handed on, without the namespace in its path.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..control.access import Access, is_loopback, new_token
from ..control.face import MAX_BODY_BYTES, ControlFace
from ..control.logins import OPENING_PATHS, namespace_of_login
from ..control.namespaces import DEFAULT, NamespaceError, Namespaces, named_by
from ..control.refusal import ControlRefusal
from ..faces.http import HttpRequest
from ..faces.wire import WireFace
from ..kinds import is_text, is_whole
from .answering import UNREADY, headers_of
from .server import FakeServer, FakeServerError

if TYPE_CHECKING:
    from ..backend import FakeBackend

__all__ = ["Namespaced", "served"]

_LAST_PORT = 65_535
_LONGEST_LOGIN = 1_000_000


def served(
    namespaces: Namespaces,
    *,
    host: str,
    port: int,
    allow_remote: bool,
    control_token: str | None,
    control_hosts: Sequence[str],
    login_of: Callable[[str | None], tuple[str, str]],
    proxied: Sequence[str],
) -> FakeServer:
    """Return a server of `namespaces`; see `FakeBackend.serve`.

    Raises:
        ValueError: the control token is empty, or `host` or `port` can be none.
        FakeServerError: `host` is not loopback, without `allow_remote`.
    """
    if not is_whole(port) or not 0 <= port <= _LAST_PORT:
        raise ValueError(f"`port` must be a whole number, 0 to {_LAST_PORT}; got {port!r}.")
    if not is_text(host):
        raise ValueError(f"`host` must be an address to listen on; got {host!r}.")
    if control_token is not None and not isinstance(cast("object", control_token), str):
        raise ValueError(f"`control_token` must be text; it is {type(control_token).__name__}.")
    if not is_loopback(host):
        if not allow_remote:
            raise FakeServerError(
                f"{host!r} is not loopback: whoever reaches it could use this server. Say so with"
                " `allow_remote=True` (`--allow-remote`), and the control API asks for a token."
            )
        control_token = new_token() if control_token is None else control_token
    access = Access.of([host, *control_hosts], control_token)
    return FakeServer(
        Namespaced(ControlFace(namespaces, access)),
        namespaces.named(None).token,
        host=host,
        port=port,
        login_of=login_of,
        proxied=proxied,
        release=namespaces.release,
        control_token=control_token,
    )


class Namespaced:
    """All faces of all namespaces as one ASGI application.

    Args:
        control: the control API, which holds the namespaces.
    """

    def __init__(self, control: ControlFace) -> None:
        self._control = control
        self._namespaces = control.namespaces
        self._apps: dict[str, tuple[FakeBackend, ASGIApp]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on."""
        headers = headers_of(scope)
        # As it was sent: what is encoded in it is no part of a name.
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        sent = raw.partition(b"?")[0].decode("latin-1")
        try:
            name, rest = named_by(headers, sent)
            if rest != sent:
                scope = {**scope, "path": unquote(rest), "raw_path": rest.encode("latin-1")}
            path: str = scope["path"]
            if self._control.serves(path):
                await self._controlled(name, rest, scope, receive, send)
                return
            if name is None and WireFace.serves(path):
                name, receive = await self._namespace_on_wire(path, headers, receive)
            app = self._app(name)
        except NamespaceError as error:
            told = ControlRefusal(400, str(error)).response()
            await Response(told.body, told.status, headers=told.fields)(scope, receive, send)
            return
        await app(scope, receive, send)

    def _app(self, namespace: str | None) -> ASGIApp:
        backend = self._namespaces.named(namespace)
        name = DEFAULT if namespace is None else namespace
        kept = self._apps.get(name)
        if kept is None or kept[0] is not backend:
            # One that was dropped and asked for again is another backend; others may be gone.
            names = self._namespaces.names
            self._apps = {each: of for each, of in self._apps.items() if each in names}
            # Its router has no routes: it would only ask every request what it is.
            kept = self._apps[name] = (backend, backend.asgi_app().default)
        return kept[1]

    async def _namespace_on_wire(
        self, path: str, headers: dict[str, str], receive: Receive
    ) -> tuple[str | None, Receive]:
        if path not in OPENING_PATHS:
            return self._namespaces.of_session(headers.get("authorization", "")), receive
        settings = self._namespaces.named(DEFAULT).wire_face.settings
        messages, body = await _received(receive, min(_LONGEST_LOGIN, settings.max_body_bytes))
        name = namespace_of_login(HttpRequest("POST", path, headers, body))
        return name, _again(messages, receive)

    async def _controlled(
        self,
        namespace: str | None,
        path: str,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        messages, body = await _received(receive, MAX_BODY_BYTES)
        if messages[-1]["type"] == "http.disconnect":
            return  # half of a body says something else than the whole
        query = scope["query_string"].decode("ascii", errors="replace")
        target = f"{path}?{query}"
        answer = self._control.handle(
            HttpRequest(scope["method"], target, headers_of(scope), body),
            namespace=namespace,
            unready=scope.get("extensions", {}).get(UNREADY),
        )
        response = Response(answer.body, answer.status, headers=answer.fields)
        await response(scope, receive, send)


async def _received(receive: Receive, most: int) -> tuple[list[Message], bytes]:
    """Return the messages of a body, and the body; or a little more than `most` bytes of it."""
    messages: list[Message] = []
    size, more = 0, True
    while more and size <= most:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    return messages, b"".join(message.get("body", b"") for message in messages)


def _again(messages: list[Message], receive: Receive) -> Receive:
    """Return what gives the messages once more, and then those that come after them."""
    left = iter(messages)

    async def given() -> Message:
        message = next(left, None)
        return await receive() if message is None else message

    return given
