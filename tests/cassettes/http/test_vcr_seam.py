"""Every other HTTP library is recorded and replayed by vcrpy's patches, and left as it was."""

from __future__ import annotations

import asyncio
import http.client
import importlib
import json
import sys
import threading
import types
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from typing import Any
from urllib.parse import urlsplit

import pytest

from rai_jobs_cassettes.errors import CassetteError, UnrecordedRequestError
from rai_jobs_cassettes.http.vcr_seam import patched
from rai_jobs_cassettes.tape import passing

from .serving import served
from .taping import MemoryTape, no_sockets

pytest.importorskip("vcr")


@pytest.fixture
def url() -> Generator[str]:
    with served() as address:
        yield address


def host_of(url: str) -> str:
    return urlsplit(url).netloc


def by_http_client(url: str) -> list[object]:
    connection = http.client.HTTPConnection(host_of(url), timeout=5)
    connection.request("POST", "/echo?a=1", body=b'{"b": 2}', headers={"X-A": "c"})
    first = connection.getresponse()
    told: list[object] = [
        first.status,
        first.reason,
        json.loads(first.read()),
        first.getheader("Set-Cookie"),
    ]
    connection.putrequest("POST", "/echo")
    connection.putheader("content-length", "3")
    connection.endheaders()
    connection.send(b"abc")
    told.append(json.loads(connection.getresponse().read()))
    connection.request("HEAD", "/echo")
    head = connection.getresponse()
    told += [head.status, head.getheader("content-length"), head.read()]
    connection.close()
    return told


def by_urllib(url: str) -> list[object]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{url}/redirect") as answer:
        told = [answer.status, json.loads(answer.read())]
    try:
        opener.open(f"{url}/missing")
    except urllib.error.HTTPError as error:
        told += [error.code, json.loads(error.read())]
        error.close()
    return told


def by_urllib3(url: str) -> list[object]:
    urllib3 = pytest.importorskip("urllib3")
    with urllib3.PoolManager() as pool:
        plain = pool.request("POST", f"{url}/echo", body=b"abc")
        packed = pool.request("GET", f"{url}/packed")
        found = pool.request("GET", f"{url}/redirect")
        return [plain.status, *(json.loads(each.data) for each in (plain, packed, found))]


def by_requests(url: str) -> list[object]:
    requests = pytest.importorskip("requests")
    with requests.Session() as session:
        session.trust_env = False
        posted = session.post(f"{url}/echo", json={"a": [1, 2.5]})
        packed = session.get(f"{url}/packed", params={"q": "x y"})
        found = session.get(f"{url}/redirect")
        form = session.post(f"{url}/echo", data={"f": "ä"})
        told = [each.json() for each in (posted, packed, found, form)]
        return [*told, dict(session.cookies), len(found.history)]


def by_aiohttp(url: str) -> list[object]:
    aiohttp = pytest.importorskip("aiohttp")

    async def ask() -> list[object]:
        async with aiohttp.ClientSession(url) as session:
            async with session.post("/echo", json={"a": [1, 2.5]}) as answer:
                told: list[object] = [answer.status, await answer.json()]
            async with session.get("/packed", params={"q": "x y"}) as answer:
                told.append(await answer.json())
            async with session.get("/redirect") as answer:
                told += [await answer.json(), len(answer.history)]
            async with session.post("/echo", data={"f": "g"}) as answer:
                told.append(await answer.json())
            with pytest.raises(aiohttp.ClientResponseError) as raised:
                await session.get("/missing", raise_for_status=True)
            told.append(raised.value.status)
        return told

    return asyncio.run(ask())


CLIENTS = [by_http_client, by_urllib, by_urllib3, by_requests, by_aiohttp]


@pytest.mark.parametrize("ask", CLIENTS)
def test_what_was_answered_is_answered_again(ask: Callable[[str], list[object]], url: str) -> None:
    plain = ask(url)
    recording = MemoryTape()
    with patched(recording):
        assert ask(url) == plain
    replaying = MemoryTape(recording)
    with patched(replaying), no_sockets():
        assert ask(url) == plain
    assert replaying.left() == 0
    # It is as it was: what is asked now reaches the server, and no tape.
    asked = len(recording.asked), len(replaying.asked)
    assert ask(url) == plain
    assert asked == (len(recording.asked), len(replaying.asked))


def test_requests_are_recorded_as_values(url: str) -> None:
    recording = MemoryTape()
    with patched(recording):
        by_http_client(url)
    request, response = recording.kept[0]
    assert request == {
        "method": "POST",
        "url": f"{url}/echo?a=1",
        "headers": {"x-a": "c"},
        "json": {"b": 2},
    }
    assert response == {
        "status": 200,
        "headers": {"content-type": "application/json", "set-cookie": "a=b"},
        "json": {"method": "POST", "path": "/echo?a=1", "body": '{"b": 2}'},
    }


def test_json_of_aiohttp_is_recorded_as_json(url: str) -> None:
    recording = MemoryTape()
    by_aiohttp(url)
    with patched(recording):
        by_aiohttp(url)
    assert recording.kept[0][0]["json"] == {"a": [1, 2.5]}
    assert recording.kept[-2][0]["form"] == {"f": "g"}


def test_what_was_not_recorded_is_refused(url: str) -> None:
    with patched(MemoryTape(MemoryTape())), no_sockets(), pytest.raises(UnrecordedRequestError):
        by_http_client(url)


def test_what_was_raised_is_raised_again(url: str) -> None:
    def ask() -> None:
        connection = http.client.HTTPConnection(host_of(url), timeout=5)
        try:
            connection.request("GET", "/close")
            connection.getresponse()
        finally:
            connection.close()

    recording = MemoryTape()
    with patched(recording), pytest.raises(http.client.RemoteDisconnected):
        ask()
    assert recording.kept[0][1]["raised"] == "http.client.RemoteDisconnected"
    refused = pytest.raises(http.client.RemoteDisconnected, match="without response")
    with patched(MemoryTape(recording)), no_sockets(), refused:
        ask()


def test_an_answer_that_is_an_error_in_aiohttp_is_recorded_as_an_answer(url: str) -> None:
    recording = MemoryTape()
    with patched(recording):
        by_aiohttp(url)
    assert recording.kept[-1][1]["status"] == 404


def test_a_refused_connection_of_requests_is_refused_again() -> None:
    requests = pytest.importorskip("requests")
    recording = MemoryTape()
    with patched(recording), pytest.raises(requests.ConnectionError):
        requests.get("http://127.0.0.1:1/", timeout=5)
    with patched(MemoryTape(recording)), no_sockets(), pytest.raises(requests.ConnectionError):
        requests.get("http://127.0.0.1:1/", timeout=5)


def test_a_refused_connection_of_aiohttp_is_refused_again() -> None:
    aiohttp = pytest.importorskip("aiohttp")

    async def ask() -> str:
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientConnectorError) as raised:
                await session.get("http://127.0.0.1:1/")
        return str(raised.value)

    recording = MemoryTape()
    with patched(recording):
        first = asyncio.run(ask())
    with patched(MemoryTape(recording)), no_sockets():
        assert asyncio.run(ask()) == first


def test_an_aiohttp_that_vcrpy_does_not_know_is_refused(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    pytest.importorskip("aiohttp")
    monkeypatch.setitem(sys.modules, "vcr.stubs.aiohttp_stubs", None)
    recording = MemoryTape()
    with patched(recording), pytest.raises(CassetteError, match="install a newer vcrpy"):
        by_aiohttp(url)
    assert by_aiohttp(url)[0] == 200


@pytest.mark.parametrize("ask", CLIENTS)
def test_what_is_let_pass_is_not_recorded(ask: Callable[[str], list[object]], url: str) -> None:
    recording = MemoryTape()
    with patched(recording), passing():
        ask(url)
    assert (recording.asked, recording.kept) == ([], [])


def connectors_own(ask: Callable[[str], list[object]]) -> Callable[[str], list[object]]:
    """Return `ask` as a function of the connector's, called by a module of it."""
    module = types.ModuleType("snowflake.connector.network")
    exec("def request(ask, url): return ask(url)", vars(module))  # noqa: S102 - it names its module
    return lambda url: module.request(ask, url)


@pytest.mark.parametrize("ask", CLIENTS)
def test_what_the_connector_asks_is_not_recorded(
    ask: Callable[[str], list[object]], url: str
) -> None:
    if ask is by_aiohttp:
        pytest.importorskip("aiohttp")
    recording = MemoryTape()
    with patched(recording):
        thread = threading.Thread(target=connectors_own(ask), args=(url,))
        thread.start()
        thread.join()
        connectors_own(ask)(url)
    assert (recording.asked, recording.kept) == ([], [])


def test_a_connection_that_outlives_the_recording_is_let_through(url: str) -> None:
    recording = MemoryTape()
    with patched(recording):
        connection = http.client.HTTPConnection(host_of(url), timeout=5)
        connection.request("GET", "/echo")
        connection.getresponse().read()
    connection.request("GET", "/after")
    assert json.loads(connection.getresponse().read())["path"] == "/after"
    connection.close()
    assert len(recording.asked) == 1


def test_a_class_derived_while_it_records_is_a_class_as_any(url: str) -> None:
    recording = MemoryTape()
    with patched(recording):

        class Own(http.client.HTTPConnection):
            """As a module that is imported just then derives one."""

        class OwnSecure(http.client.HTTPSConnection):
            """As above."""

        assert Own.__mro__[1] is http.client.HTTPConnection
        OwnSecure("localhost").close()
    connection = Own(host_of(url), timeout=5)
    connection.request("GET", "/own")
    assert json.loads(connection.getresponse().read())["path"] == "/own"
    connection.close()
    assert recording.asked == []


def names_of(module: types.ModuleType) -> dict[str, Any]:
    kept = dict(vars(module))
    for name, value in vars(module).items():
        if isinstance(value, type):
            kept |= {f"{name}.{each}": what for each, what in vars(value).items()}
    return kept


@pytest.mark.parametrize("way", ["well", "badly"])
def test_after_it_ends_all_is_as_it_was(way: str) -> None:
    patched_modules = [
        importlib.import_module(name)
        for name in (
            "http.client",
            "urllib3.connection",
            "urllib3.connectionpool",
            "httpx",
            "aiohttp.client",
            "vcr.patch",
        )
        if name in sys.modules
    ]
    with patched(MemoryTape()):
        pass
    before = [names_of(module) for module in patched_modules]
    if way == "well":
        with patched(MemoryTape()):
            assert [names_of(module) for module in patched_modules] != before
    else:
        with pytest.raises(KeyError), patched(MemoryTape()):
            raise KeyError
    assert [names_of(module) for module in patched_modules] == before


def test_a_vcrpy_without_these_patches_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    before = vars(http.client.HTTPConnection)["__init__"]
    builder = importlib.import_module("vcr.patch").CassettePatcherBuilder
    monkeypatch.delattr(builder, "_httplib")
    with pytest.raises(CassetteError, match="vcrpy 7 or newer"), patched(MemoryTape()):
        pass
    assert vars(http.client.HTTPConnection)["__init__"] is before


@pytest.mark.parametrize("ask", [by_http_client, by_urllib3, by_requests])
def test_many_threads_are_recorded_each(ask: Callable[[str], list[object]], url: str) -> None:
    told: list[object] = []

    def ask_in_threads() -> None:
        threads = [threading.Thread(target=lambda: told.append(ask(url))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    recording = MemoryTape()
    with patched(recording):
        ask_in_threads()
    replaying = MemoryTape(recording)
    with patched(replaying), no_sockets():
        ask_in_threads()
    assert replaying.left() == 0
    assert len(told) == 16
    assert all(each == told[0] for each in told)
