"""Where every HTTP library but httpx meets the world: by vcrpy's patches, asking a tape.

vcrpy knows where each library is to be patched, and what its requests and responses are; what it
asks is a cassette, and one that asks a tape stands in for it here. Of its patches three are not
used: those of httpx, since `httpx_seam` stands there; that of `http.client`, because a module that
is imported while its classes are exchanged derives from what was put there, for ever (the
connector's own copy of urllib3 does); and what puts the real classes back while a real request is
made, since other threads would meet them.

What Snowflake's connector asks over HTTP belongs to what it was asked in SQL, and is never
recorded, whichever thread it asks from.
"""

from __future__ import annotations

import http.client
import importlib
import inspect
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from contextvars import ContextVar
from functools import wraps
from typing import Any, Protocol, cast
from unittest import mock

from ..errors import CassetteError
from ..interactions import Tree
from ..tape import Tape, is_passing, passing
from .codec import VcrRequest, vcr_answer, vcr_request, vcr_response
from .raised import raised_of

__all__ = ["patched"]

_CONNECTOR = "snowflake.connector"
_STATE = "_rai_jobs_asked"


@contextmanager
def patched(tape: Tape) -> Generator[None]:
    """Put a tape under http.client, urllib3, requests, aiohttp and what else vcrpy knows.

    Connections of `http.client` and sockets of `aiohttp` that are open already are used again, and
    what goes over such a connection of `http.client` is not recorded.

    Args:
        tape: what is asked first.

    Raises:
        CassetteError: vcrpy is not installed, or of a version that has no such patches.
    """
    try:
        patches = importlib.import_module("vcr.patch")
        stubs = importlib.import_module("vcr.stubs")
        builder = cast("Callable[[_TapeCassette], _Builder]", _builder(patches))
    except (ImportError, AttributeError) as error:
        raise CassetteError(
            f"Recording HTTP needs vcrpy 7 or newer ({error}): install `rai-jobs[testing]`."
        ) from error
    cassette = _TapeCassette(tape)
    with ExitStack() as stack:
        stack.callback(cassette.end)
        stack.enter_context(mock.patch.object(patches, "force_reset", nullcontext))
        stack.enter_context(_plain_connections(stubs, cassette))
        for patcher in builder(cassette).build():
            stack.enter_context(patcher)
        yield


class _Builder(Protocol):
    """As much of vcrpy's builder of patches as is asked for."""

    def build(self) -> Iterable[AbstractContextManager[object]]:
        """Return the patches."""
        ...


class _Asked:
    """That a tape was asked for a request, as what, and what it said."""

    __slots__ = ("answer", "request", "tree")

    def __init__(
        self, request: VcrRequest, tree: dict[str, Tree], answer: dict[str, Tree] | None
    ) -> None:
        self.request = request
        self.tree = tree
        self.answer = answer


_LAST: ContextVar[_Asked | None] = ContextVar("rai_jobs_cassettes_last_asked", default=None)


class _TapeCassette:
    """What vcrpy's stubs take for a cassette. Its names are theirs."""

    # The stubs let through what is not recorded; that it may not be, the tape says itself.
    write_protected = False
    custom_patches: tuple[object, ...] = ()
    _path = ""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._has_ended = False

    def end(self) -> None:
        """Let everything pass from now on: connections may outlive the patches."""
        self._has_ended = True

    def lets_pass(self) -> bool:
        """Tell whether what is asked here is none of the tape's business."""
        return self._has_ended or is_passing() or _is_asked_by_connector()

    def can_play_response_for(self, request: VcrRequest) -> bool:
        """Ask the tape, once a request."""
        asked: _Asked | None = getattr(request, _STATE, None)
        if asked is None:
            if self.lets_pass():
                return False
            tree = vcr_request(request)
            asked = _Asked(request, tree, self._tape.find("http", tree))
            setattr(request, _STATE, asked)
            _LAST.set(asked)
        return asked.answer is not None

    def play_response(self, request: VcrRequest) -> dict[str, Any]:
        """Return what the tape said, or raise it."""
        asked: _Asked | None = getattr(request, _STATE, None)
        if asked is None or asked.answer is None:
            raise CassetteError(
                f"{request.method} is asked for while a recorded answer leads there, and is not"
                " recorded: record it again as a whole."
            )
        return vcr_response(asked.answer, method=str(asked.tree["method"]))

    def filter_request(self, request: VcrRequest) -> VcrRequest | None:
        """Return the request where it is to be recorded."""
        return None if self.lets_pass() else request

    def find_requests_with_most_matches(
        self, request: VcrRequest
    ) -> list[tuple[VcrRequest, list[str], list[str]]]:
        """Return the request itself: the tape finds what it is like."""
        return [(request, [], [])]

    def append(self, request: VcrRequest, response: dict[str, Any]) -> None:
        """Give what came of a request to the tape."""
        if self.lets_pass():
            return
        asked = _asked_as(request)
        tree = vcr_request(request) if asked is None else asked.tree
        self._tape.keep("http", tree, vcr_answer(response, method=str(tree["method"])))

    def raised(self, asked: _Asked | None, error: Exception) -> None:
        """Give what was raised instead of an answer to the tape, if a request was let through."""
        if asked is None or asked.answer is not None or isinstance(error, CassetteError):
            return
        if not self._has_ended:
            self._tape.keep("http", asked.tree, raised_of(error))


class _OnTape:
    """What is otherwise in a connection of vcrpy's."""

    cassette: _TapeCassette
    _vcr_request: VcrRequest

    def connect(self, *args: object, **kwargs: object) -> None:
        """Do nothing: what is played needs no connection, and what is sent makes its own."""

    def getresponse(self, *args: object, **kwargs: object) -> object:
        """Return what vcrpy does, and keep what was raised instead."""
        try:
            return cast("Any", super()).getresponse(*args, **kwargs)
        except Exception as error:
            self.cassette.raised(getattr(self._vcr_request, _STATE, None), error)
            raise


def _asked_as(request: VcrRequest) -> _Asked | None:
    """Return what the tape was asked for a request, or for one that a client put in its place."""
    asked: _Asked | None = getattr(request, _STATE, None)
    if asked is not None:
        return asked
    last = _LAST.get()
    if last is None or (last.request.method, last.request.uri) != (request.method, request.uri):
        return None
    _LAST.set(None)
    return last


def _is_asked_by_connector() -> bool:
    frame = inspect.currentframe()
    while frame is not None:
        if str(frame.f_globals.get("__name__")).startswith(_CONNECTOR):
            return True
        frame = frame.f_back
    return False


def _builder(patches: Any) -> type:
    """Return vcrpy's builder of patches, without those that are not used, and with ours on top."""
    base = patches.CassettePatcherBuilder

    def nothing(_: object) -> tuple[()]:
        return ()

    def connections(self: Any, stub: type) -> type:
        return type(f"{stub.__name__}OnTape", (_OnTape, stub), {"cassette": self._cassette})

    def aiohttp(self: Any) -> Iterable[AbstractContextManager[object]]:
        try:
            session: Any = importlib.import_module("aiohttp.client").ClientSession
        except ImportError:
            return []
        try:
            wrapper = importlib.import_module("vcr.stubs.aiohttp_stubs").vcr_request
        except (ImportError, AttributeError) as error:
            wrapper = _refusing(error)
        asking = _asking(wrapper, self._cassette, session._request)  # noqa: SLF001
        return [mock.patch.object(session, "_request", asking)]

    members: dict[str, object] = {
        "_httplib": nothing,
        "_httpx": nothing,
        "_aiohttp": aiohttp,
        "_build_cassette_subclass": connections,
    }
    for name in members:
        getattr(base, name)  # a version without it would go its own way
    return type("TapePatcherBuilder", (base,), members)


def _refusing(error: Exception) -> Callable[..., Callable[..., Awaitable[Any]]]:
    """Return what refuses a request: an old vcrpy cannot be loaded beside a new aiohttp."""

    async def refuse(*_: object, **__: object) -> object:
        raise CassetteError(
            f"This vcrpy does not know this aiohttp ({error}): install a newer vcrpy."
        ) from error

    return lambda *_: refuse


def _asking(
    vcr_wrapper: Callable[..., Callable[..., Awaitable[Any]]],
    cassette: _TapeCassette,
    real: Callable[..., Awaitable[Any]],
) -> Callable[..., Awaitable[Any]]:
    """Return aiohttp's `ClientSession._request` with vcrpy's around it, and ours around that."""

    @wraps(real)
    async def request(session: Any, method: str, url: Any, **kwargs: Any) -> Any:
        if cassette.lets_pass():
            return await real(session, method, url, **kwargs)
        if kwargs.get("json") is not None and kwargs.get("data") is None:
            # vcrpy does not tell JSON from a form.
            headers = importlib.import_module("multidict").CIMultiDict(kwargs.get("headers") or ())
            headers.setdefault("Content-Type", "application/json")
            told = session.json_serialize(kwargs.pop("json"))
            kwargs |= {"headers": headers, "data": told.encode("utf-8")}
        # Raised after it is kept: it is the client that makes an error of an answer.
        raising: Any = kwargs.pop("raise_for_status", None)
        if raising is None:
            raising = session.raise_for_status

        @wraps(real)
        async def carried_out(_: Any, __: str, ___: Any, **told: Any) -> Any:
            asked = _LAST.get()
            try:
                with passing():
                    return await real(session, method, url, **told)
            except Exception as error:
                cassette.raised(asked, error)
                raise

        # vcrpy knows no base that addresses are relative to, and aiohttp takes it only once.
        absolute = session._build_url(url)  # noqa: SLF001
        recorded = vcr_wrapper(cassette, carried_out)
        response = await recorded(session, method, absolute, raise_for_status=False, **kwargs)
        if callable(raising):
            await cast("Awaitable[object]", raising(response))
        elif raising:
            response.raise_for_status()
        return response

    return request


@contextmanager
def _plain_connections(stubs: Any, cassette: _TapeCassette) -> Generator[None]:
    """Make vcrpy's of what is of `http.client`'s two classes, not of what derives from them."""
    classes = (
        (http.client.HTTPConnection, stubs.VCRHTTPConnection),
        (http.client.HTTPSConnection, stubs.VCRHTTPSConnection),
    )
    originals: list[tuple[type, Callable[..., None]]] = [
        (plain, cast("Callable[..., None]", vars(plain)["__init__"])) for plain, _ in classes
    ]
    try:
        for (plain, original), (_, stub) in zip(originals, classes, strict=True):
            plain.__init__ = _becoming(plain, stub, original, cassette)
        yield
    finally:
        for plain, original in originals:
            plain.__init__ = original


def _becoming(
    plain: type, stub: type, original: Callable[..., None], cassette: _TapeCassette
) -> Callable[..., None]:
    real = type(plain.__name__, (plain,), {"__module__": plain.__module__})
    members = {"cassette": cassette, "_baseclass": real, "__module__": plain.__module__}
    on_tape = type(plain.__name__, (_OnTape, stub, plain), members)

    @wraps(original)
    def init(self: Any, *args: object, **kwargs: object) -> None:
        if type(self) is plain and not cassette.lets_pass():
            self.__class__ = on_tape
            self.__init__(*args, **kwargs)
        else:
            original(self, *args, **kwargs)

    return init
