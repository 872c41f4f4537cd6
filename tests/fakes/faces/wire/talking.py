"""What the tests of the wire talk with: a client as small as can be, without sockets."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rai_jobs_fakes import FakeBackend
from rai_jobs_fakes.faces.http import HttpRequest
from rai_jobs_fakes.faces.wire import WireFace, WireResponse, WireSettings

KEY = rsa.generate_private_key(65537, 2048)


@cache
def another_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def pem_of(key: rsa.RSAPrivateKey) -> str:
    public = key.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@dataclass
class Answer:
    """A response, read."""

    response: WireResponse

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def json(self) -> dict[str, Any]:
        body = self.response.body
        if self.response.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        return json.loads(body)

    @property
    def code(self) -> str | None:
        assert self.json["success"] is (self.json["code"] in {None, "333334"})
        return self.json["code"]

    @property
    def data(self) -> dict[str, Any]:
        assert self.json["success"], self.json
        return self.json["data"]

    @property
    def rows(self) -> list[list[str | None]]:
        return self.data["rowset"]


class Wire:
    """A backend, its wire face, and one session of it at a time."""

    def __init__(self, settings: WireSettings | None = None, **options: Any) -> None:
        self.backend = FakeBackend(wire=settings, **options)
        self.backend.add_user("Ann", admin=True, public_key=pem_of(KEY))
        self.backend.add_user("bob", password="bobs own", token="bobs-token")
        self.face: WireFace = self.backend.wire_face
        self.tokens: dict[str, Any] = {}
        self._ids = count()

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = "",
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
    ) -> Answer:
        """Send a request, with the session's token unless another is given."""
        told = dict(headers or {})
        given = self.tokens.get("token") if token == "" else token
        if given is not None:
            told.setdefault("authorization", f'Snowflake Token="{given}"')
        target = f"{path}?{urlencode(query)}" if query else path
        content = raw if raw is not None else json.dumps(body).encode()
        return Answer(self.face.handle(HttpRequest(method, target, told, content)))

    def login(
        self, _host: str = "127.0.0.1:1", *, query: dict[str, str] | None = None, **data: Any
    ) -> Answer:
        """Ask for a session."""
        given = {"LOGIN_NAME": "bob", "ACCOUNT_NAME": "acme", **data}
        if not {"PASSWORD", "TOKEN"} & given.keys():
            given["PASSWORD"] = "bobs own"
        answer = self.send(
            "POST",
            "/session/v1/login-request",
            {"data": given},
            token=None,
            headers={"host": _host},
            query=query,
        )
        if answer.json["success"]:
            self.tokens = answer.data
        return answer

    def query(
        self, text: str, *binds: tuple[str, Any], _id: str | None = "", **body: Any
    ) -> Answer:
        """Run a statement; binds are pairs of type and value."""
        bindings = {
            str(number): {"type": kind, "value": value}
            for number, (kind, value) in enumerate(binds, start=1)
        }
        told = {"sqlText": text, "asyncExec": False, "sequenceId": 1, **body}
        if binds:
            told["bindings"] = bindings
        request_id = f"request-{next(self._ids)}" if _id == "" else _id
        named = {} if request_id is None else {"requestId": request_id}
        return self.send("POST", "/queries/v1/query-request", told, query=named)

    def renew(self, token: str | None = None) -> Answer:
        """Ask for new tokens."""
        body = {"oldSessionToken": self.tokens["token"], "requestType": "RENEW"}
        master = token or self.tokens["masterToken"]
        return self.send("POST", "/session/token-request", body, token=master)


def opened(settings: WireSettings | None = None, **options: Any) -> Wire:
    """A wire with a session of bob."""
    wire = Wire(settings, **options)
    wire.login()
    return wire
