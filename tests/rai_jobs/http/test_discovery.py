"""Where Direct Access is: asked for once, remembered, asked for again when stale."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rai_jobs.errors import JobConfigurationError, JobServerError
from rai_jobs.http.discovery import (
    DiscoveredEndpoint,
    EndpointCache,
    FixedEndpoint,
    address_of,
)


class App:
    """An app that tells another address each time."""

    def __init__(self, who: str = "acme/ann/app", told: str | None = None) -> None:
        self.who = who
        self.asked = 0
        self._told = told

    def service_endpoint(self) -> str:
        self.asked += 1
        return self._told or f"host-{self.asked}.test"

    def identity(self) -> str:
        return self.who


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    EndpointCache.forget_all()
    yield
    EndpointCache.forget_all()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("host.test", "https://host.test"),
        (" host.test/ ", "https://host.test"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("https://host.test:8443/base/", "https://host.test:8443/base"),
    ],
)
def test_an_address_is_https_unless_it_says_otherwise(text: str, address: str) -> None:
    assert address_of(text) == address


@pytest.mark.parametrize("text", ["", "ftp://x", "https://", "https://ann:s3cret@x", "x?a=s3cret"])
def test_what_is_no_address_is_refused_without_its_secret(text: str) -> None:
    with pytest.raises(JobConfigurationError, match="`base_url`") as caught:
        FixedEndpoint(text)
    assert "s3cret" not in str(caught.value)


def test_the_app_is_asked_once_and_again_when_stale() -> None:
    app = App()
    endpoint = DiscoveredEndpoint(app, cache=EndpointCache())
    assert [endpoint.address() for _ in range(3)] == ["https://host-1.test"] * 3
    assert endpoint.refreshed("https://host-1.test") == "https://host-2.test"
    assert endpoint.refreshed("https://host-1.test") == "https://host-2.test"
    assert (endpoint.address(), app.asked) == ("https://host-2.test", 2)


def test_an_address_is_remembered_per_account_user_and_app() -> None:
    first, second, other = App(), App(), App("acme/bob/app")
    for app in (first, second, other):
        DiscoveredEndpoint(app, cache=EndpointCache()).address()
    assert (first.asked, second.asked, other.asked) == (1, 0, 1)


def test_many_threads_ask_once() -> None:
    app = App()
    endpoint = DiscoveredEndpoint(app, cache=EndpointCache())
    threads = [threading.Thread(target=endpoint.address) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert app.asked == 1


def test_a_file_outlives_the_process_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "endpoints.json"
    DiscoveredEndpoint(App(), cache=EndpointCache(path)).address()
    EndpointCache.forget_all()
    again = App()
    assert DiscoveredEndpoint(again, cache=EndpointCache(path)).address() == "https://host-1.test"
    assert again.asked == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["endpoints.json"]


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"acme/ann/app": 3}'])
def test_a_file_that_says_nothing_is_asked_past(tmp_path: Path, text: str) -> None:
    path = tmp_path / "endpoints.json"
    path.write_text(text)
    path.chmod(0o600)
    assert DiscoveredEndpoint(App(), cache=EndpointCache(path)).address() == "https://host-1.test"
    assert json.loads(path.read_text())["acme/ann/app"] == "https://host-1.test"


def test_a_file_that_others_may_write_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "endpoints.json"
    path.write_text('{"acme/ann/app": "https://evil.test"}')
    path.chmod(0o666)
    assert DiscoveredEndpoint(App(), cache=EndpointCache(path)).address() == "https://host-1.test"


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    endpoint = DiscoveredEndpoint(App(), cache=EndpointCache(blocked / "endpoints.json"))
    with pytest.raises(JobConfigurationError, match="`endpoint_cache_path`"):
        endpoint.address()


def test_an_app_that_tells_no_address_is_a_server_error() -> None:
    endpoint = DiscoveredEndpoint(App(told="not an address?"), cache=EndpointCache())
    with pytest.raises(JobServerError, match="told no address"):
        endpoint.address()
