"""Over every door: without the token of a user there is no answer, and nobody sees another's."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import respx

from rai_jobs_fakes import FakeBackend

from ...contract.faces import AsgiTransport
from ..making import bearer

FAR_AWAY = "https://backend.test"
Door = Callable[[FakeBackend], Any]
UNVERIFIED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""No TLS is spoken here, and its usual set-up takes longer than a test."""


@contextmanager
def transport(backend: FakeBackend) -> Generator[httpx.Client]:
    with httpx.Client(transport=backend.http_transport(), base_url=FAR_AWAY) as client:
        yield client


@contextmanager
def routes(backend: FakeBackend) -> Generator[httpx.Client]:
    with respx.mock(assert_all_called=False) as router:
        backend.mount(router, base_url=FAR_AWAY)
        with httpx.Client(base_url=FAR_AWAY, verify=UNVERIFIED) as client:
            yield client


@contextmanager
def asgi(backend: FakeBackend) -> Generator[httpx.Client]:
    door = AsgiTransport(backend.asgi_app())
    with httpx.Client(transport=door, base_url=FAR_AWAY) as client:
        yield client


@contextmanager
def server(backend: FakeBackend) -> Generator[httpx.Client]:
    with (
        backend.serve() as running,
        httpx.Client(base_url=running.url, trust_env=False, verify=UNVERIFIED) as client,
    ):
        yield client


@contextmanager
def proxy(backend: FakeBackend) -> Generator[httpx.Client]:
    with backend.serve() as running:
        environment = running.proxy_environment()
        trusted = ssl.create_default_context(cafile=environment["SSL_CERT_FILE"])
        with httpx.Client(
            base_url="https://acme.snowflakecomputing.com",
            proxy=environment["HTTPS_PROXY"],
            verify=trusted,
            trust_env=False,
        ) as client:
            yield client


DOORS: dict[str, Door] = {
    "transport": transport,
    "routes": routes,
    "asgi": asgi,
    "server": server,
    "proxy": proxy,
}
WIRED = ("asgi", "server", "proxy")
OF_A_JOB = [
    ("GET", "/v1alpha1/jobs/ML/{}"),
    ("GET", "/v1alpha1/jobs/ML/{}/events/progress"),
    ("POST", "/v1alpha1/jobs/ML/{}/cancel"),
]
OF_A_TRANSACTION = [
    ("GET", "/v1alpha1/transactions/{}"),
    ("GET", "/v1alpha1/transactions/{}/events/progress"),
    ("GET", "/v1alpha1/transactions/{}/artifacts"),
    ("GET", "/v1alpha1/transactions/{}/problems"),
    ("POST", "/v1alpha1/transactions/{}/cancel_async"),
]
STATEMENTS = [
    "call RELATIONALAI.api.GET_JOB_METADATA('ML', '{job}')",
    "select RELATIONALAI.api.GET_JOB_EVENTS('ML', '{job}', '')",
    "call RELATIONALAI.api.CANCEL_JOB('ML', '{job}')",
    "call RELATIONALAI.api.GET_TRANSACTION('{transaction}')",
    "select RELATIONALAI.api.get_own_transaction_events('{transaction}', '')",
    "call RELATIONALAI.api.get_own_transaction_artifacts('{transaction}')",
    "select * from table(RELATIONALAI.api.get_own_transaction_problems('{transaction}'))",
    "call RELATIONALAI.api.CANCEL_OWN_TRANSACTION('{transaction}')",
    "call RELATIONALAI.api.CANCEL_TRANSACTION('{transaction}')",
]
EMPTY = [
    "call RELATIONALAI.api.GET_JOB('ML', '{job}')",
    "select id from RELATIONALAI.api.jobs where id = '{job}'",
    "select count(*) as n from RELATIONALAI.api.transactions where id <> '' having n > 0",
]


class World:
    """A backend with an execution of each kind of `ann`'s, and its door; `bob` is outside."""

    def __init__(self, door: str) -> None:
        self.backend = FakeBackend()
        self.backend.add_user("ann")
        self.backend.add_user("bob")
        jobs = self.backend.jobs("ann")
        self.job = jobs.create("Predictive", "w", {}).id
        self.transaction = jobs.create("Logic", "e", {"dbname": "d", "query": "q"}).id
        self.open: Any = DOORS[door](self.backend)

    def paths(self) -> list[tuple[str, str]]:
        of_job = [(method, path.format(self.job)) for method, path in OF_A_JOB]
        return of_job + [(how, path.format(self.transaction)) for how, path in OF_A_TRANSACTION]


def session_of(client: httpx.Client, backend: FakeBackend, user: str) -> dict[str, str]:
    data = {"LOGIN_NAME": user, "PASSWORD": backend.password(user)}
    answer = client.post("/session/v1/login-request", json={"data": data}).json()
    return bearer(answer["data"]["token"])


def stated(client: httpx.Client, text: str, headers: dict[str, str]) -> dict[str, Any]:
    return client.post("/queries/v1/query-request", json={"sqlText": text}, headers=headers).json()


@pytest.mark.parametrize("door", DOORS)
def test_without_the_token_of_a_user_a_request_is_401(door: str) -> None:
    world = World(door)
    of_ann = world.backend.token("ann")
    with world.open as client:
        master = world.backend.password("ann")
        wrong = [
            {},
            bearer(""),
            bearer("None"),
            bearer(of_ann[:-1]),
            bearer(of_ann.upper()),
            bearer(master),
            {"authorization": f"Bearer {of_ann}"},
            {"authorization": of_ann},
        ]
        if door in WIRED:
            # A session of the wire is none of Direct Access.
            wrong.append(session_of(client, world.backend, "ann"))
        for headers in wrong:
            for method, path in [("GET", "/v1alpha1/jobs"), ("GET", "/no"), *world.paths()]:
                answer = client.request(method, path, headers=headers)
                assert answer.status_code == 401
                assert of_ann not in answer.text
    assert len(world.backend.executions) == 2


@pytest.mark.parametrize("door", DOORS)
def test_anothers_execution_is_not_found_and_not_listed(door: str) -> None:
    world = World(door)
    headers = bearer(world.backend.token("bob"))
    with world.open as client:
        for method, path in world.paths():
            answer = client.request(method, path, headers=headers)
            assert answer.status_code == 404
            nobodys = path.replace(world.job, "x").replace(world.transaction, "x")
            unknown = client.request(method, nobodys, headers=headers)
            # The same words, so that an id does not leak.
            told = answer.text.replace(world.job, "x").replace(world.transaction, "x")
            assert told == unknown.text
        for what in ("jobs", "transactions"):
            assert client.get(f"/v1alpha1/{what}", headers=headers).json()[what] == []
        asked_by_ann = client.get(world.paths()[0][1], headers=bearer(world.backend.token("ann")))
        assert asked_by_ann.status_code == 200


@pytest.mark.parametrize("door", WIRED)
def test_without_a_session_the_wire_answers_nothing(door: str) -> None:
    world = World(door)
    with world.open as client:
        of_ann = session_of(client, world.backend, "ann")["authorization"]
        wrong = [
            {},
            bearer("None"),
            # The token of Direct Access is none of a session.
            bearer(world.backend.token("ann")),
            {"authorization": f"{of_ann[:-2]}x"},
            {"authorization": of_ann.replace("Snowflake Token=", "Bearer ")},
        ]
        for headers in wrong:
            assert stated(client, "select 1", headers)["code"] in {"390103", "390111"}
            for method, path in [
                ("GET", "/queries/01b2c3d4-0000-0000-0000-000000000000/result"),
                ("GET", "/monitoring/queries/01b2c3d4-0000-0000-0000-000000000000"),
                ("POST", "/session?delete=true"),
                ("POST", "/session/heartbeat"),
                ("POST", "/queries/v1/abort-request"),
            ]:
                answer = client.request(method, path, headers=headers)
                assert answer.json()["code"] in {"390103", "390111"}
                assert "no longer exists" in answer.text or "not found" in answer.text


@pytest.mark.parametrize("door", WIRED)
def test_anothers_execution_is_not_found_on_the_wire(door: str) -> None:
    world = World(door)
    ids = {"job": world.job, "transaction": world.transaction}
    nobodys = {"job": "x", "transaction": "x"}
    with world.open as client:
        of_bob = session_of(client, world.backend, "bob")
        for text in STATEMENTS:
            told = stated(client, text.format_map(ids), of_bob)["message"]
            assert "remote service error: 404" in told
            unknown = stated(client, text.format_map(nobodys), of_bob)["message"]
            assert told.replace(world.job, "x").replace(world.transaction, "x") == unknown
        for text in EMPTY:
            assert stated(client, text.format_map(ids), of_bob)["data"]["rowset"] == []
        of_ann = session_of(client, world.backend, "ann")
        assert len(stated(client, EMPTY[0].format_map(ids), of_ann)["data"]["rowset"]) == 1


@pytest.mark.parametrize("door", WIRED)
def test_anothers_results_are_not_found_on_the_wire(door: str) -> None:
    world = World(door)
    with world.open as client:
        of_ann = session_of(client, world.backend, "ann")
        of_bob = session_of(client, world.backend, "bob")
        asked = {"sqlText": "select 's3cret'", "asyncExec": True}
        path = "/queries/v1/query-request"
        query_id = client.post(path, json=asked, headers=of_ann).json()["data"]["queryId"]
        result = f"/queries/{query_id}/result"
        assert client.get(result, headers=of_ann).json()["data"]["rowset"] == [["s3cret"]]
        assert client.get(result, headers=of_bob).json()["code"] == "000709"
        scan = "select * from table(result_scan('{id}'))".replace("{id}", query_id)
        refused = stated(client, scan, of_bob)
        assert refused["code"] == "000709"
        assert "s3cret" not in json.dumps(refused)
        status = client.get(f"/monitoring/queries/{query_id}", headers=of_bob).json()
        assert status["data"] == {"queries": []}
