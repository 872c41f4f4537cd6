"""The HTTP face behind a `respx` router."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from dataclasses import dataclass

import httpx
import pytest
import respx

from rai_jobs_fakes import FakeBackend, Fault

from ..making import headers_of

BASE = "https://backend.test"
JOB = b'{"job_type": "SOLVER", "worker_name": "w", "payload": "{}"}'


@dataclass(frozen=True)
class Mounted:
    """A backend behind a router, and a client that knows nothing of either."""

    backend: FakeBackend
    router: respx.MockRouter
    route: respx.Route
    http: httpx.Client

    def get(self, url: str) -> httpx.Response:
        return self.http.get(url, headers=headers_of(self.backend))


@pytest.fixture
def mounted() -> Generator[Mounted]:
    """A real client, whose requests the router takes."""
    backend = FakeBackend()
    with respx.mock(assert_all_called=False) as router, httpx.Client() as http:
        route = backend.mount(router, base_url=BASE)
        yield Mounted(backend, router, route, http)


def test_a_real_client_reaches_the_fake(mounted: Mounted) -> None:
    headers = headers_of(mounted.backend)
    made = mounted.http.post(f"{BASE}/v1alpha1/jobs", content=JOB, headers=headers)
    [view] = mounted.backend.executions
    assert made.json() == {"id": view.id}
    found = mounted.get(f"{BASE}/v1alpha1/jobs/SOLVER/{view.id}")
    assert found.json()["job"]["state"] == "COMPLETED"


def test_the_route_counts_and_keeps_the_calls(mounted: Mounted) -> None:
    assert mounted.route.call_count == 0
    for count, (path, status) in enumerate((("/v1alpha1/jobs", 200), ("/nowhere", 404)), 1):
        mounted.get(f"{BASE}{path}")
        assert mounted.route.call_count == count
        assert mounted.route.calls.last.response.status_code == status
    assert mounted.route.calls.last.request.url.path == "/nowhere"


def test_requests_go_by_their_token(mounted: Mounted) -> None:
    assert mounted.http.get(f"{BASE}/v1alpha1/jobs").status_code == 401


@pytest.mark.parametrize(
    "url",
    [
        "https://backend.test.evil/v1alpha1/jobs",
        "http://backend.test/v1alpha1/jobs",
        "https://backend.test:8443/v1alpha1/jobs",
        "https://other.test/v1alpha1/jobs",
    ],
)
def test_a_request_to_another_address_is_not_for_the_fake(mounted: Mounted, url: str) -> None:
    with pytest.raises(respx.models.AllMockedAssertionError):
        mounted.get(url)
    assert mounted.route.call_count == 0


def test_other_routes_stand_beside_it(mounted: Mounted) -> None:
    mounted.router.get("https://other.test/").respond(204)
    assert mounted.get("https://other.test/").status_code == 204
    assert mounted.get(f"{BASE}/v1alpha1/jobs").status_code == 200


@pytest.mark.parametrize("base_url", [f"{BASE}/", f"{BASE}///"])
def test_slashes_at_the_end_of_the_address_do_not_matter(base_url: str) -> None:
    backend = FakeBackend()
    with respx.mock as router:
        backend.mount(router, base_url=base_url)
        assert httpx.get(f"{BASE}/v1alpha1/jobs", headers=headers_of(backend)).status_code == 200


def test_the_address_is_one_that_can_never_resolve_unless_it_is_given() -> None:
    backend = FakeBackend()
    with respx.mock as router:
        backend.mount(router)
        url = "https://fake.rai-jobs.test/v1alpha1/jobs"
        assert httpx.get(url, headers=headers_of(backend)).status_code == 200


def test_an_encoded_slash_stays_in_the_id(mounted: Mounted) -> None:
    answer = mounted.get(f"{BASE}/v1alpha1/transactions/a%2Fartifacts")
    assert answer.json() == {"message": "no Logic execution 'a/artifacts'"}


def test_an_asynchronous_client_reaches_the_fake_too() -> None:
    backend = FakeBackend()

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient() as http:
            headers = headers_of(backend)
            return await http.post(f"{BASE}/v1alpha1/jobs", content=JOB, headers=headers)

    with respx.mock as router:
        route = backend.mount(router, base_url=BASE)
        assert asyncio.run(ask()).status_code == 200
    assert route.call_count == 1
    assert len(backend.executions) == 1


def test_a_synchronous_client_in_a_coroutine_is_answered_as_elsewhere(mounted: Mounted) -> None:
    mounted.backend.faults.inject(Fault.delayed(100))

    async def ask() -> int:
        with pytest.raises(httpx.ReadTimeout):
            mounted.get(f"{BASE}/v1alpha1/jobs")
        return mounted.get(f"{BASE}/v1alpha1/jobs").status_code

    assert asyncio.run(ask()) == 200
    assert mounted.route.call_count == 2


def test_a_fault_is_raised_to_an_asynchronous_client_too() -> None:
    backend = FakeBackend()
    backend.faults.inject(Fault.unreachable())

    async def ask() -> None:
        async with httpx.AsyncClient() as http:
            with pytest.raises(httpx.ConnectError):
                await http.get(f"{BASE}/v1alpha1/jobs", headers=headers_of(backend))

    with respx.mock as router:
        backend.mount(router, base_url=BASE)
        asyncio.run(ask())


def test_two_backends_may_stand_behind_one_router() -> None:
    backends = {f"https://{name}.test": FakeBackend() for name in ("one", "two")}
    with respx.mock as router, httpx.Client() as http:
        for url, backend in backends.items():
            backend.mount(router, base_url=url)
        for url, backend in backends.items():
            http.post(f"{url}/v1alpha1/jobs", content=JOB, headers=headers_of(backend))
    assert [len(backend.executions) for backend in backends.values()] == [1, 1]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.unreachable(), httpx.ConnectError),
        (Fault.dropped("before"), httpx.RemoteProtocolError),
        (Fault.dropped("mid-body"), httpx.RemoteProtocolError),
        (Fault.delayed(100), httpx.ReadTimeout),
    ],
    ids=repr,
)
def test_a_fault_is_what_a_real_transport_would_raise(
    mounted: Mounted, fault: Fault, error: type[httpx.TransportError]
) -> None:
    mounted.backend.faults.inject(fault)
    with pytest.raises(error):
        mounted.get(f"{BASE}/v1alpha1/jobs")
    assert mounted.get(f"{BASE}/v1alpha1/jobs").json() == {"jobs": []}
