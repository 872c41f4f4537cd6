"""One port for all: every namespace behind it by every way in, and the control API beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from importlib import import_module
from typing import Any

import httpx
import jwt
import pytest
from starlette.types import Message, Scope

from rai_jobs import Config, connect_sync
from rai_jobs.gateways.sql import SqlJobsGateway
from rai_jobs.sql.executor import ConnectorExecutor
from rai_jobs_fakes import FakeBackend
from rai_jobs_fakes.control.face import ControlFace
from rai_jobs_fakes.control.namespaces import Namespaces
from rai_jobs_fakes.doors.namespaced import Namespaced
from rai_jobs_fakes.doors.server import FakeServer, FakeServerError

from ..faces.wire.talking import KEY, pem_of
from ..making import bearer

CONNECTOR: Any = import_module("snowflake.connector")
"""Untyped: the connector 4 does not tell what `connect` takes."""

JOB = b'{"job_type": "SOLVER", "worker_name": "w", "payload": "{}"}'


class Running:
    """A backend and a server of it."""

    def __init__(self) -> None:
        self.backend = FakeBackend()
        self.server = self.backend.serve(control_token="s3cret")
        self.http = httpx.Client(trust_env=False)

    def control(self, path: str, said: Any = None, **headers: str) -> Any:
        """Call the control API."""
        method = "GET" if said is None else "POST"
        url = f"{self.server.url}{path}"
        shown = {"authorization": "Bearer s3cret", **headers}
        answer = self.http.request(method, url, json=said, headers=shown)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def counts(self, *names: str) -> list[int]:
        """How many executions there are in each namespace."""
        return [len(self.control(f"/ns/{name}/control/executions")["executions"]) for name in names]


@pytest.fixture(scope="module")
def running() -> Generator[Running]:
    made = Running()
    with made.server, made.http:
        yield made


@pytest.fixture(autouse=True)
def fresh(request: pytest.FixtureRequest) -> Generator[None]:
    yield
    if "running" in request.fixturenames:
        running: Running = request.getfixturevalue("running")
        for name in running.control("/control/namespaces")["namespaces"]:
            running.control(f"/ns/{name}/control/reset", {})


class TestDirectAccess:
    """Direct Access by each way to name a namespace."""

    def test_header_path_and_host_name_a_namespace(self, running: Running) -> None:
        url, token = running.server.url, bearer(running.backend.token())
        running.http.post(f"{url}/v1alpha1/jobs", content=JOB, headers=token)
        for _ in range(2):
            named = {**token, "X-Rai-Jobs-Namespace": "by_Header"}
            running.http.post(f"{url}/v1alpha1/jobs", content=JOB, headers=named)
        for _ in range(3):
            running.http.post(f"{url}/ns/by-path/v1alpha1/jobs", content=JOB, headers=token)
        for _ in range(4):
            hosted = {**token, "host": "rai-ns-by-host.snowflakecomputing.app"}
            running.http.post(f"{url}/v1alpha1/jobs", content=JOB, headers=hosted)
        assert running.counts("default", "by-header", "by-path", "by-host") == [1, 2, 3, 4]

    def test_an_encoded_segment_stays_one_behind_a_namespace(self, running: Running) -> None:
        token = bearer(running.backend.token())
        for path in ("a%2Fb", "%2e%2e"):
            url = f"{running.server.url}/ns/x/v1alpha1/transactions/{path}"
            answer = running.http.get(url, headers=token)
            assert answer.json()["message"].startswith("no Logic execution")

    def test_a_name_that_none_can_have_is_refused(self, running: Running) -> None:
        for headers, path in (({"X-Rai-Jobs-Namespace": "a b"}, ""), ({}, "/ns/a%2Fb")):
            answer = running.http.get(f"{running.server.url}{path}/v1alpha1/jobs", headers=headers)
            assert answer.status_code == 400
            assert "1 to 64 letters" in answer.json()["error"]["message"]

    def test_our_client_takes_the_path_as_its_address(self, running: Running) -> None:
        config = Config(base_url=f"{running.server.url}/ns/ours", token=running.server.token())
        with connect_sync(config=config) as client:
            made = client.jobs.create_ready("Predictive", "t", {"n": 1})
            assert [job.id for job in client.jobs.list()] == [made.id]
        assert running.counts("default", "ours") == [0, 1]

    def test_a_namespace_that_is_dropped_begins_anew(self, running: Running) -> None:
        url = f"{running.server.url}/ns/short/v1alpha1/jobs"
        token = bearer(running.backend.token())
        first = running.http.post(url, content=JOB, headers=token).json()["id"]
        drop = f"{running.server.url}/control/namespaces/short"
        running.http.delete(drop, headers={"authorization": "Bearer s3cret"})
        assert running.http.get(url, headers=token).json() == {"jobs": []}
        assert running.http.post(url, content=JOB, headers=token).json()["id"] == first


class TestWire:
    """Snowflake's own client, by its account."""

    def test_an_account_names_a_namespace_and_its_session_stays_there(
        self, running: Running
    ) -> None:
        for name in ("suite_1", "suite-2"):
            running.control(f"/ns/{name}/control/setup", {"users": [{"name": name}]})
        one = running.server.connection_parameters(namespace="Suite_1")
        two = running.server.connection_parameters(namespace="suite-2")
        assert one["account"] == "ns-suite-1"
        with (
            CONNECTOR.connect(**running.server.connection_parameters()) as plain,
            CONNECTOR.connect(**one) as first,
            CONNECTOR.connect(**two) as second,
        ):
            # Each is the first session of its namespace: they differ by their tokens alone.
            for connection, times in ((plain, 1), (first, 2), (second, 3)):
                for _ in range(times):
                    SqlJobsGateway(ConnectorExecutor(connection)).create("ML", "t", {})
        assert running.counts("default", "suite-1", "suite-2") == [1, 2, 3]

    def test_the_endpoint_that_sql_tells_leads_back_into_the_namespace(
        self, running: Running
    ) -> None:
        parameters = running.server.connection_parameters(namespace="told")
        with CONNECTOR.connect(**parameters) as connection:
            endpoint = SqlJobsGateway(ConnectorExecutor(connection)).service_endpoint()
        assert endpoint == f"{running.server.url}/ns/told"
        url = f"{endpoint}/v1alpha1/jobs"
        running.http.post(url, content=JOB, headers=bearer(running.server.token()))
        assert running.counts("default", "told") == [0, 1]

    def test_a_key_pair_is_exchanged_in_the_namespace_of_its_account(
        self, running: Running
    ) -> None:
        user = {"name": "KEYED", "public_key": pem_of(KEY)}
        running.control("/ns/keys/control/users", user)
        claims = _claims("NS-KEYS", "KEYED")
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "scope": "localhost",
            "assertion": jwt.encode(claims, KEY, algorithm="RS256"),
        }
        answer = running.http.post(f"{running.server.url}/oauth/token", data=form)
        assert answer.status_code == 200
        url = f"{running.server.url}/ns/keys/v1alpha1/jobs"
        assert running.http.get(url, headers=bearer(answer.text)).status_code == 200
        form["assertion"] = jwt.encode(_claims("ACME", "KEYED"), KEY, algorithm="RS256")
        answer = running.http.post(f"{running.server.url}/oauth/token", data=form)
        assert answer.status_code == 400

    @pytest.mark.parametrize("path", ["/session/v1/login-request", "/oauth/token"])
    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b'{"data": 5}', b"assertion=a.b.c", b"\xff"]
    )
    def test_a_login_that_is_none_is_answered_by_the_wire(
        self, running: Running, path: str, body: bytes
    ) -> None:
        answer = running.http.post(f"{running.server.url}{path}", content=body)
        assert answer.status_code in {200, 400}
        assert answer.json()["success"] is False


class TestControl:
    """The control API on the same port."""

    def test_the_token_is_asked_for_and_health_is_not_kept_back(self, running: Running) -> None:
        url = running.server.url
        assert running.http.get(f"{url}/control/users").status_code == 401
        assert running.http.get(f"{url}/healthz").json()["status"] == "ok"
        assert running.http.get(f"{url}/readyz").status_code == 200

    def test_pages_and_other_hosts_get_nowhere(self, running: Running) -> None:
        shown = {"authorization": "Bearer s3cret"}
        for headers in ({"origin": "http://evil.test"}, {"host": "evil.test"}):
            for path in ("/control/users", "/ns/a/control/users", "/%63ontrol/users"):
                url = f"{running.server.url}{path}"
                assert running.http.get(url, headers={**shown, **headers}).status_code == 403

    def test_a_control_call_is_no_call_of_a_user(self, running: Running) -> None:
        running.control("/control/users", {"name": "ann"})
        assert len(running.backend.transcript) == 0

    def test_what_python_does_the_control_api_tells(self, running: Running) -> None:
        made = running.backend.jobs().create("ML", "t", {}).id
        [told] = running.control("/control/executions")["executions"]
        assert told["id"] == made

    def test_a_body_that_never_ends_is_not_read_to_its_end(self, running: Running) -> None:
        url = f"{running.server.url}/control/users"
        headers = {"authorization": "Bearer s3cret", "content-type": "application/json"}
        answer = running.http.post(url, content=b" " * 9_000_000, headers=headers)
        assert answer.status_code == 413


def test_a_control_call_whose_body_was_cut_short_is_not_carried_out() -> None:
    backend = FakeBackend()
    namespaces = Namespaces(backend, lambda name: FakeBackend(namespace=name))
    # What came is JSON, but not all that was meant.
    received = iter(
        [
            {"type": "http.request", "body": b'{"name": "ann"}', "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    sent: list[Message] = []

    async def receive() -> Message:
        return next(received)

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": "/control/users",
        "raw_path": b"/control/users",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
    }
    asyncio.run(Namespaced(ControlFace(namespaces))(scope, receive, send))
    assert sent == []
    assert len(backend.snapshot().users) == 1


class TestBinding:
    """Where it listens."""

    @pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])  # noqa: S104
    def test_another_address_than_loopback_needs_to_be_asked_for(self, host: str) -> None:
        with pytest.raises(FakeServerError, match=r"is not loopback.*--allow-remote"):
            FakeBackend().serve(host=host)

    def test_a_control_token_is_made_there_and_only_there(self) -> None:
        backend = FakeBackend()
        everywhere = "0.0.0.0"  # noqa: S104
        one = backend.serve(host=everywhere, allow_remote=True)
        two = backend.serve(host=everywhere, allow_remote=True)
        assert one.control_token
        assert one.control_token != two.control_token
        given = backend.serve(host=everywhere, allow_remote=True, control_token="mine")
        assert given.control_token == "mine"
        assert backend.serve(allow_remote=True).control_token is None

    def test_an_empty_token_is_refused(self) -> None:
        with pytest.raises(ValueError, match="control token is empty"):
            FakeBackend().serve(control_token="")

    def test_a_server_of_an_application_has_no_control_token(self) -> None:
        async def nothing(*_: object) -> None: ...

        server = FakeServer(nothing, str, host="127.0.0.1", port=0)
        assert server.control_token is None


def _claims(account: str, user: str) -> dict[str, Any]:
    from base64 import b64encode
    from hashlib import sha256

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    fingerprint = b64encode(sha256(public).digest()).decode()
    subject = f"{account}.{user}"
    return {"iss": f"{subject}.SHA256:{fingerprint}", "sub": subject, "iat": 1_000, "exp": 1_060}
