"""Every httpx client is recorded and replayed, whatever its transport and whenever it was made."""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterator

import httpx
import pytest

from rai_jobs import Config, HttpJobsGateway, JobsClientSync, StaticTokenAuth, connect_sync
from rai_jobs_cassettes.errors import CassetteError, UnrecordedRequestError
from rai_jobs_cassettes.http.httpx_seam import patched
from rai_jobs_cassettes.tape import is_passing, passing
from rai_jobs_fakes import At, FakeBackend, JobScript, VirtualClock, completed

from .taping import MemoryTape, no_sockets

URL = "https://backend.test"


def answering(handler: Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(handler), base_url=URL)


def unreachable() -> httpx.Client:
    """A client whose transport must not be asked."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"{request.method} got through")

    return answering(refuse)


def test_what_was_answered_is_answered_again() -> None:
    recording = MemoryTape()
    with patched(recording):
        client = answering(
            lambda _: httpx.Response(201, json={"a": [1, 2.5, None]}, headers={"x-b": "c"})
        )
        first = client.post("/jobs", json={"type": "SOLVER"})
    replaying = MemoryTape(recording)
    with patched(replaying):
        again = unreachable().post("/jobs", json={"type": "SOLVER"})
    assert (again.status_code, again.json(), again.headers["x-b"]) == (201, first.json(), "c")
    assert again.request.url == f"{URL}/jobs"
    assert again.elapsed.total_seconds() >= 0
    assert replaying.left() == 0


def test_a_client_that_was_made_before_is_recorded_too() -> None:
    client = answering(lambda _: httpx.Response(200, text="hello"))
    recording = MemoryTape()
    with patched(recording):
        client.get("/")
    assert [request["method"] for request, _ in recording.kept] == ["GET"]


def test_a_class_derived_from_a_client_is_recorded_too() -> None:
    class Own(httpx.Client):
        """One of a user's."""

    recording = MemoryTape()
    with patched(recording):
        Own(transport=httpx.MockTransport(lambda _: httpx.Response(204))).get(URL)
    assert recording.kept[0][1] == {"status": 204, "headers": {}}


def test_a_mounted_transport_is_recorded_too() -> None:
    mounted = httpx.MockTransport(lambda _: httpx.Response(200, text="mounted"))
    recording = MemoryTape()
    with patched(recording), httpx.Client(mounts={"all://other.test": mounted}) as client:
        client.get("https://other.test/")
    assert recording.kept[0][1]["text"] == "mounted"


def test_what_was_not_recorded_is_refused() -> None:
    with patched(MemoryTape(MemoryTape())), pytest.raises(UnrecordedRequestError):
        unreachable().get("/")


def test_after_it_ends_all_is_as_it_was() -> None:
    before = [vars(each)["_transport_for_url"] for each in (httpx.Client, httpx.AsyncClient)]
    with patched(MemoryTape()):
        assert vars(httpx.Client)["_transport_for_url"] is not before[0]
    assert [
        vars(each)["_transport_for_url"] for each in (httpx.Client, httpx.AsyncClient)
    ] == before
    with pytest.raises(KeyError), patched(MemoryTape()):
        raise KeyError
    after = [vars(each)["_transport_for_url"] for each in (httpx.Client, httpx.AsyncClient)]
    assert after == before


def test_an_unknown_httpx_is_refused_and_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    before = vars(httpx.Client)["_transport_for_url"]
    monkeypatch.delattr(httpx.AsyncClient, "_transport_for_url")
    with (
        pytest.raises(CassetteError, match=r"AsyncClient\._transport_for_url"),
        patched(MemoryTape()),
    ):
        pass
    assert vars(httpx.Client)["_transport_for_url"] is before


def test_a_client_outlives_the_recording() -> None:
    recording = MemoryTape()
    with patched(recording):
        client = answering(lambda _: httpx.Response(200))
        client.get("/a")
    client.get("/b")
    assert [request["url"] for request, _ in recording.kept] == [f"{URL}/a"]


def test_what_a_transport_asks_itself_is_not_recorded() -> None:
    inner = answering(lambda _: httpx.Response(200, text="inner"))

    def handler(request: httpx.Request) -> httpx.Response:
        assert is_passing()
        return httpx.Response(200, text=inner.get("/inner").text)

    recording = MemoryTape()
    with patched(recording):
        answering(handler).get("/outer")
    assert [request["url"] for request, _ in recording.kept] == [f"{URL}/outer"]
    assert not is_passing()


def test_what_is_let_pass_is_not_recorded() -> None:
    recording = MemoryTape()
    with patched(recording), passing():
        answering(lambda _: httpx.Response(200)).get("/")
    assert recording.asked == []


def test_each_redirect_is_an_interaction() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/old":
            return httpx.Response(302, headers={"location": "/new", "set-cookie": "a=b"})
        assert request.headers["cookie"] == "a=b"
        return httpx.Response(200, text="new")

    recording = MemoryTape()
    with patched(recording):
        answering(handler).get("/old", follow_redirects=True)
    assert [response["status"] for _, response in recording.kept] == [302, 200]
    with patched(MemoryTape(recording)):
        again = unreachable().get("/old", follow_redirects=True)
    assert again.text == "new"
    assert [each.status_code for each in again.history] == [302]


def test_each_request_of_an_auth_flow_is_an_interaction() -> None:
    class Renewing(httpx.Auth):
        """Renews its token when it is refused."""

        requires_response_body = True

        def auth_flow(
            self, request: httpx.Request
        ) -> Generator[httpx.Request, httpx.Response, None]:
            answer = yield request
            if answer.status_code == 401:
                renewed = yield httpx.Request("POST", f"{URL}/token")
                request.headers["authorization"] = renewed.json()["token"]
                yield request

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(200, json={"token": "t"})
        return httpx.Response(200 if request.headers.get("authorization") == "t" else 401)

    recording = MemoryTape()
    with patched(recording):
        assert answering(handler).get("/", auth=Renewing()).status_code == 200
    assert [response["status"] for _, response in recording.kept] == [401, 200, 200]
    with patched(MemoryTape(recording)):
        assert unreachable().get("/", auth=Renewing()).status_code == 200


def test_a_streamed_answer_is_streamed_again() -> None:
    def parts() -> Iterator[bytes]:
        yield b"one\n"
        yield b"two\n"

    class Streaming(httpx.BaseTransport):
        """Answers in parts."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, content=parts())

    recording = MemoryTape()
    client = httpx.Client(transport=Streaming())
    with patched(recording), client.stream("GET", URL) as response:
        assert list(response.iter_lines()) == ["one", "two"]
    with patched(MemoryTape(recording)), unreachable().stream("GET", URL) as response:
        assert not response.is_closed
        assert b"".join(response.iter_raw()) == b"one\ntwo\n"
    assert response.is_closed


def test_an_answer_that_is_packed_is_recorded_plain() -> None:
    class Packing(httpx.BaseTransport):
        """Answers as a server does: packed, in a stream."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            body = gzip.compress(b'{"a":1}')
            headers = {"content-encoding": "gzip", "content-type": "application/json"}
            return httpx.Response(200, headers=headers, stream=httpx.ByteStream(body))

    recording = MemoryTape()
    with patched(recording), httpx.Client(transport=Packing()) as client:
        assert client.get(URL).json() == {"a": 1}
    assert recording.kept[0][1] == {
        "status": 200,
        "headers": {"content-type": "application/json"},
        "json": {"a": 1},
    }
    with patched(MemoryTape(recording)):
        again = unreachable().get(URL)
    assert (again.json(), again.headers["content-length"]) == ({"a": 1}, "7")


def test_an_answer_that_its_transport_has_read_is_recorded() -> None:
    def parts() -> Iterator[bytes]:
        yield b"read"

    def handler(request: httpx.Request) -> httpx.Response:
        response = httpx.Response(200, content=parts())
        response.read()
        return response

    recording = MemoryTape()
    with patched(recording):
        assert answering(handler).get("/").text == "read"
    assert recording.kept[0][1]["text"] == "read"


def test_a_generator_is_sent_and_recorded() -> None:
    def parts() -> Iterator[bytes]:
        yield b"a"
        yield b"b"

    recording = MemoryTape()
    with patched(recording):
        answer = answering(lambda request: httpx.Response(200, content=request.read())).post(
            "/", content=parts()
        )
    assert answer.text == "ab"
    assert recording.kept[0][0]["text"] == "ab"


def test_files_are_the_same_request_each_time() -> None:
    def send(client: httpx.Client) -> int:
        return client.post("/", files={"f": ("name", b"content")}).status_code

    recording = MemoryTape()
    with patched(recording):
        send(answering(lambda _: httpx.Response(200)))
    with patched(MemoryTape(recording)):
        assert send(unreachable()) == 200


@pytest.mark.parametrize(
    "kind", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.PoolTimeout]
)
def test_what_was_raised_is_raised_again(kind: type[httpx.TransportError]) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise kind("no luck")

    recording = MemoryTape()
    with patched(recording), pytest.raises(kind):
        answering(handler).get("/")
    assert recording.kept[0][1] == {"raised": f"httpx.{kind.__name__}", "message": "no luck"}
    with patched(MemoryTape(recording)), pytest.raises(kind, match="no luck") as raised:
        unreachable().get("/")
    assert type(raised.value) is kind
    assert raised.value.request.url == f"{URL}/"


def test_a_body_that_breaks_off_is_raised_again() -> None:
    class Breaking(httpx.SyncByteStream):
        """Ends too early."""

        closed = False

        def __iter__(self) -> Iterator[bytes]:
            yield b"half"
            raise httpx.ReadError("broken")

        def close(self) -> None:
            self.closed = True

    stream = Breaking()
    recording = MemoryTape()
    with patched(recording), pytest.raises(httpx.ReadError):
        answering(lambda _: httpx.Response(200, stream=stream)).get("/")
    assert stream.closed
    with patched(MemoryTape(recording)), pytest.raises(httpx.ReadError, match="broken"):
        unreachable().get("/")


def test_cookies_come_again_each() -> None:
    headers = [("set-cookie", "a=1"), ("set-cookie", "b=2")]
    recording = MemoryTape()
    with patched(recording):
        answering(lambda _: httpx.Response(200, headers=headers)).get("/")
    client = unreachable()
    with patched(MemoryTape(recording)):
        client.get("/")
    assert dict(client.cookies) == {"a": "1", "b": "2"}


def test_async_clients_are_recorded_and_replayed() -> None:
    async def parts() -> AsyncGenerator[bytes]:
        yield b"a"
        yield b"b"

    async def ask(client: httpx.AsyncClient) -> list[object]:
        async with client:
            plain = await client.post("/one", content=parts())
            async with client.stream("GET", "/two") as response:
                lines = [line async for line in response.aiter_lines()]
            with pytest.raises(httpx.ReadTimeout) as raised:
                await client.get("/late")
        return [plain.text, lines, str(raised.value)]

    async def handler(request: httpx.Request) -> httpx.Response:
        assert is_passing()
        await asyncio.sleep(0)
        if request.url.path == "/late":
            raise httpx.ReadTimeout("late")
        return httpx.Response(200, content=parts() if request.url.path == "/two" else b"x\ny")

    def made(of: Callable[[httpx.Request], object]) -> httpx.AsyncClient:
        transport = httpx.MockTransport(of)  # pyright: ignore[reportArgumentType] - it may be async
        return httpx.AsyncClient(transport=transport, base_url=URL)

    def refuse(request: httpx.Request) -> httpx.Response:
        raise AssertionError

    recording = MemoryTape()
    with patched(recording):
        first = asyncio.run(ask(made(handler)))
    assert first == ["x\ny", ["ab"], "late"]
    assert recording.kept[0][0]["text"] == "ab"
    replaying = MemoryTape(recording)
    with patched(replaying):
        assert asyncio.run(ask(made(refuse))) == first
    assert replaying.left() == 0


def test_an_asgi_application_is_recorded_too() -> None:
    backend = FakeBackend()
    backend.add_user("ann")

    async def ask() -> int:
        transport = httpx.ASGITransport(app=backend.asgi_app())  # pyright: ignore[reportArgumentType]
        async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
            return (await client.get("/v1alpha1/jobs/SOLVER")).status_code

    recording = MemoryTape()
    with patched(recording):
        first = asyncio.run(ask())
    with patched(MemoryTape(recording)):
        assert asyncio.run(ask()) == first
    assert len(recording.kept) == 1


def test_many_threads_are_recorded_each() -> None:
    recording = MemoryTape()
    client = answering(lambda request: httpx.Response(200, text=request.url.path))

    def ask(number: int) -> None:
        assert client.get(f"/{number}").text == f"/{number}"

    def ask_in_threads() -> None:
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with patched(recording):
        ask_in_threads()
    paths = sorted(str(response["text"]) for _, response in recording.kept)
    assert paths == sorted(f"/{number}" for number in range(16))
    replaying = MemoryTape(recording)
    with patched(replaying):
        ask_in_threads()
    assert replaying.left() == 0


BASE = "http://backend.test"


def scripted() -> FakeBackend:
    backend = FakeBackend()
    backend.add_user("ann")
    backend.script(JobScript(run_s=3, events=[At(1.0, {"step": 1})], outcome=completed()))
    return backend


def solved(jobs: JobsClientSync) -> list[object]:
    """A conversation with the backend: create, poll, read events, list."""
    job = jobs.create("Prescriptive", "solver", {"a": 1})
    final = job.wait(poll_interval_s=1)
    return [job.id, final, jobs.get_events("Prescriptive", job.id), jobs.list("Prescriptive")]


def test_our_gateway_is_recorded_on_a_server_and_replayed_without_sockets() -> None:
    def jobs(url: str, token: str, clock: VirtualClock) -> JobsClientSync:
        gateway = HttpJobsGateway(url, auth=StaticTokenAuth(token), clock=clock)
        return JobsClientSync(gateway, clock=clock)

    backend, recording = scripted(), MemoryTape()
    assert isinstance(backend.clock, VirtualClock)
    with backend.serve() as server, patched(recording):
        url, token = server.url, server.token("ann")
        client = jobs(url, token, backend.clock)
        first = solved(client)
        client.close()
    replaying = MemoryTape(recording)
    with patched(replaying), no_sockets():
        client = jobs(url, token, VirtualClock())
        assert solved(client) == first
        client.close()
    assert replaying.left() == 0
    assert len(recording.kept) > 5


def test_connect_sync_is_recorded_on_a_server_and_replayed_without_sockets() -> None:
    backend, recording = scripted(), MemoryTape()
    with backend.serve() as server, patched(recording):
        config = Config(base_url=server.url, token=server.token("ann"))
        with connect_sync(config=config) as client:
            first = client.jobs.list("Prescriptive")
    with patched(MemoryTape(recording)), no_sockets(), connect_sync(config=config) as client:
        assert client.jobs.list("Prescriptive") == first


def test_our_gateway_is_recorded_on_a_transport_of_the_fake() -> None:
    def jobs(backend: FakeBackend) -> JobsClientSync:
        gateway = HttpJobsGateway(
            BASE,
            auth=StaticTokenAuth("t"),
            transport=backend.http_transport("ann"),
            clock=backend.clock,
        )
        return JobsClientSync(gateway, clock=backend.clock)

    recording, untouched = MemoryTape(), scripted()
    with patched(recording):
        first = solved(jobs(scripted()))
    with patched(MemoryTape(recording)):
        assert solved(jobs(untouched)) == first
    assert len(untouched.executions) == 0


def test_the_functions_of_httpx_are_recorded_too() -> None:
    recording = MemoryTape()
    with FakeBackend().serve() as server, patched(recording):
        url = f"{server.url}/nowhere"
        first = httpx.post(url, content=b"{}")
    with patched(MemoryTape(recording)), no_sockets():
        assert httpx.post(url, content=b"{}").json() == first.json()
