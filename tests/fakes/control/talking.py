"""What the tests of the control API talk with: the face itself, without sockets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rai_jobs_fakes import FakeBackend
from rai_jobs_fakes.control.access import Access
from rai_jobs_fakes.control.face import ControlFace
from rai_jobs_fakes.control.namespaces import Namespaces
from rai_jobs_fakes.faces.http import HttpRequest, HttpResponse

HOST = {"host": "127.0.0.1:8080"}


@dataclass
class Answer:
    """A response, read."""

    response: HttpResponse

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def text(self) -> str:
        return self.response.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.response.body)

    @property
    def error(self) -> dict[str, Any]:
        """What is wrong; the status is that of an error."""
        assert self.status >= 400
        return self.json["error"]


class Control:
    """A face over namespaces, and a client of it."""

    def __init__(
        self, backend: FakeBackend | None = None, access: Access | None = None, **more: Any
    ) -> None:
        self.backend = backend or FakeBackend()
        self.namespaces = Namespaces(self.backend, lambda name: FakeBackend(namespace=name), **more)
        self.face = ControlFace(self.namespaces, access)

    def send(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        headers: Mapping[str, str] | None = None,
        namespace: str | None = None,
    ) -> Answer:
        request = HttpRequest(method, target, HOST if headers is None else headers, body)
        return Answer(self.face.handle(request, namespace=namespace))

    def get(self, path: str, *, namespace: str | None = None, **headers: str) -> Answer:
        return self.send("GET", path, headers={**HOST, **headers}, namespace=namespace)

    def delete(self, path: str) -> Answer:
        return self.send("DELETE", path)

    def post(self, path: str, said: object, *, namespace: str | None = None) -> Answer:
        headers = {**HOST, "content-type": "application/json"}
        body = json.dumps(said).encode()
        return self.send("POST", path, body, headers=headers, namespace=namespace)
