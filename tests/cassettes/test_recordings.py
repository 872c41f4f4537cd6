"""The shipped recordings: made again they are the same to the byte, and replayed they tell it."""

from __future__ import annotations

import re
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rai_jobs.http.discovery import EndpointCache
from rai_jobs_cassettes import reasoners_from, scripts_from, use_cassette, verify
from rai_jobs_fakes import FakeBackend, VirtualClock

from ..recordings.make import FOLDER, TRANSPORTS, client_of, make, name_of
from ..recordings.stories import STORIES

BOTH = [(story, transport) for story in STORIES for transport in TRANSPORTS]
AWAY = {
    "account": "elsewhere",
    "user": "ann",
    "password": "another",
    "host": "127.0.0.1",
    "port": 1,
}
REPLAYED = {
    "http": {"base_url": "https://replayed.test", "token": "another"},
    "sql": {"connection": AWAY},
    "mixed": {"connection": AWAY, "direct_access": True, "token": "another"},
}


@contextmanager
def no_network() -> Generator[None]:
    def refuse(_socket: socket.socket, address: object) -> None:
        raise AssertionError(f"the network was asked for: {address}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        yield


def test_there_is_one_for_each_story_and_transport_and_no_other() -> None:
    there = {each.name for each in FOLDER.glob("*.yaml")}
    assert there == {name_of(*each) for each in BOTH}


@pytest.mark.parametrize(("story", "transport"), BOTH)
def test_made_again_it_is_the_same_to_the_byte_and_replayed_it_tells_the_same(
    story: str, transport: str, tmp_path: Path
) -> None:
    again = tmp_path / "again.yaml"
    shipped = FOLDER / name_of(story, transport)
    told = make(STORIES[story], transport, again)
    assert again.read_bytes() == shipped.read_bytes(), "`make cassettes` makes them again"
    EndpointCache.forget_all()
    clock = VirtualClock()
    with no_network(), use_cassette(shipped, clock=clock) as cassette:
        assert cassette.header is not None
        assert "fake" in (cassette.header.source or "")
        backend = FakeBackend(clock=clock)  # for its clock: nobody asks it
        client = client_of(REPLAYED[transport], backend)
        replayed = STORIES[story].tell(client, clock)
        client.close()
    assert shape(replayed) == shape(told)


@pytest.mark.parametrize(("story", "transport"), BOTH)
def test_a_fake_scripted_by_it_does_not_drift(story: str, transport: str) -> None:
    shipped = FOLDER / name_of(story, transport)
    backend = FakeBackend(seed=11)
    for each in (*reasoners_from(shipped), *scripts_from(shipped)):
        each.register(backend)
    report = verify(shipped, backend)
    assert report.compared > 0
    assert report, str(report)


def shape(seen: object) -> str:
    """What a client saw; nothing that it sends tells what some stand-ins are for."""
    told = repr(seen).replace("<user-1>", "ann")
    return re.sub(r"host-\d+\.recorded\.invalid", "storage.test", told)
