"""`ControlFace`: the control API without sockets; a request goes in, a response comes out.

What a request may be is checked here, once, for every route: who asks, what for, and in what words.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, unquote

from pydantic import TypeAdapter, ValidationError

from rai_jobs.errors import JobInvalidRequestError
from rai_jobs.version import __version__

from ..faces.http import HttpRequest, HttpResponse
from .access import Access
from .answers import HealthTold
from .body import MOST_PROBLEMS, NotJsonError, json_in, problems_in
from .namespaces import DEFAULT, NamespaceError, Namespaces, canonical
from .openapi import HEALTH_PATHS, document
from .refusal import ControlRefusal
from .routes import ROUTES, Asked, Route, Text
from .strict import Problem, Strict, problems_of

__all__ = ["MAX_BODY_BYTES", "ControlFace"]

MAX_BODY_BYTES = 8_000_000
"""The largest body that is read. [choice]"""

_MOST_TOLD = 3
_MOST_ASKED = 100
_READY = "/readyz"
_DOCUMENT = "/control/openapi.json"


class ControlFace:
    """The control API as a function from request to response. `ROUTES` is all that it answers.

    Args:
        namespaces: the backends.
        access: what a request must show.
    """

    def __init__(self, namespaces: Namespaces, access: Access | None = None) -> None:
        self.namespaces = namespaces
        self.access = access or Access()
        self._bodies: dict[Route, TypeAdapter[Any]] = {
            route: TypeAdapter(route.body) for route in ROUTES if route.body is not None
        }

    @staticmethod
    def serves(path: str) -> bool:
        """Tell whether a path belongs to the control API."""
        return path == "/control" or path.startswith("/control/") or path in HEALTH_PATHS

    def handle(
        self, request: HttpRequest, *, namespace: str | None = None, unready: str | None = None
    ) -> HttpResponse:
        """Answer `request`.

        Args:
            request: the request.
            namespace: whose it is; the default one's when not given.
            unready: why the server wants no further requests, where that is so.
        """
        try:
            path, _, query = request.target.partition("?")
            if path in HEALTH_PATHS:
                return self._health(request, unready if path == _READY else None)
            self.access.check(request)
            if len(request.body) > MAX_BODY_BYTES:
                raise ControlRefusal(413, f"The body is larger than {MAX_BODY_BYTES} bytes.")
            if path == _DOCUMENT:
                _require(request, "GET")
                return _told(json.dumps(document()))
            return self._answered(request, path, query, namespace)
        except ControlRefusal as refusal:
            return refusal.response()
        except NamespaceError as error:
            return ControlRefusal(404, str(error)).response()
        except (ValueError, JobInvalidRequestError) as error:
            # What the backend itself refuses: its message names what is at fault.
            return ControlRefusal(422, str(error)).response()

    def _health(self, request: HttpRequest, unready: str | None) -> HttpResponse:
        _require(request, "GET", "HEAD")
        # A server is filled before it listens, and a backend that is closed has no server: there
        # is no other time at which it answers and is not ready.
        if unready is not None:
            raise ControlRefusal(503, unready)
        return _told(HealthTold(version=__version__).model_dump_json())

    def _answered(
        self, request: HttpRequest, path: str, query: str, namespace: str | None
    ) -> HttpResponse:
        route, places = _found(request.method, path)
        asked = Asked(
            namespaces=self.namespaces,
            namespace=DEFAULT if namespace is None else canonical(namespace),
            path=places,
            query=_asked(route, query),
            body=self._said(route, request.body),
            accept=request.headers.get("accept", "").lower(),
        )
        answer = route.answer(asked)
        if isinstance(answer, Text):
            # A client may have sent half a character, which is told all the same.
            text = answer.text.encode(errors="backslashreplace")
            return HttpResponse(200, text, answer.content_type)
        return _told(json.dumps(answer.model_dump(), allow_nan=False))

    def _said(self, route: Route, body: bytes) -> Any:
        if route.body is None:
            if body.strip() not in {b"", b"{}"}:
                raise ControlRefusal(422, f"{route.method} {route.path} takes no body.")
            return None
        try:
            data = json_in(body)
        except NotJsonError as error:
            names = _names_of(route.body)
            raise ControlRefusal(400, f"The body is not JSON: {error}.", valid=names) from error
        if problems := problems_in(data):
            raise _wrong("body", problems)
        try:
            return self._bodies[route].validate_python(data)
        except ValidationError as error:
            raise _wrong("body", problems_of(error, data)) from error


def _asked(route: Route, query: str) -> Any:
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_ASKED)
    data = dict(pairs)
    if len(data) < len(pairs):
        names = [name for name, _ in pairs]
        twice = [Problem((name,), "it stands twice") for name in data if names.count(name) > 1]
        raise _wrong("query", twice)
    try:
        return route.query.model_validate(data)
    except ValidationError as error:
        raise _wrong("query", problems_of(error, data)) from error


def _wrong(what: str, problems: list[Problem]) -> ControlRefusal:
    told = "; ".join(map(str, problems[:_MOST_TOLD]))
    problems = problems[:MOST_PROBLEMS]
    valid = problems[0].valid if problems else ()
    return ControlRefusal(422, f"The {what} is wrong: {told}.", valid=valid, problems=problems)


def _found(method: str, path: str) -> tuple[Route, dict[str, str]]:
    segments = [unquote(segment) for segment in path.strip("/").split("/")]
    methods: list[str] = []
    for route in ROUTES:
        places = route.matched(segments)
        if places is not None:
            if route.method == method:
                return route, places
            methods.append(route.method)
    if methods:
        raise _not_for(method, path, methods)
    known = [*dict.fromkeys(route.path for route in ROUTES), _DOCUMENT]
    raise ControlRefusal(404, f"There is no {path[:200]}.", valid=known)


def _require(request: HttpRequest, *methods: str) -> None:
    if request.method not in methods:
        raise _not_for(request.method, request.target.partition("?")[0], list(methods))


def _not_for(method: str, path: str, methods: list[str]) -> ControlRefusal:
    return ControlRefusal(
        405,
        f"{method[:20]} is not for {path[:200]}.",
        valid=methods,
        headers={"allow": ", ".join(methods)},
    )


def _names_of(body: object) -> list[str]:
    if isinstance(body, type) and issubclass(body, Strict):
        return list(body.model_fields)
    return ["kind"]


def _told(text: str) -> HttpResponse:
    return HttpResponse(200, text.encode())
