"""The tape: what it plays, what it keeps, and the time that passes on it."""

from __future__ import annotations

import threading

import pytest

from rai_jobs_cassettes import errors
from rai_jobs_cassettes.interactions import Interaction, Kind, Tree
from rai_jobs_cassettes.recording import Recording
from rai_jobs_fakes import VirtualClock

from .replaying import call, get, held


def told(_kind: Kind, request: dict[str, Tree]) -> dict[str, Tree]:
    return request


def recording(
    *interactions: Interaction,
    plays: bool = True,
    records: bool = False,
    clock: VirtualClock | None = None,
) -> Recording:
    return Recording(
        "story.yaml",
        held(*interactions),
        plays=plays,
        records=records,
        clock=clock,
        repeats="error",
        cleaned=told,
    )


def asked(path: str) -> dict[str, Tree]:
    return {"method": "GET", "url": f"http://live.test{path}"}


def test_recorded_time_passes_on_the_clock() -> None:
    clock = VirtualClock()
    tape = recording(get("/a", 1, at=0.5), get("/a", 2, at=840.0), clock=clock)
    tape.find("http", asked("/a"))
    assert clock.monotonic() == 0.5
    clock.sleep(2)
    tape.find("http", asked("/a"))
    assert clock.monotonic() == 840


def test_time_that_the_client_slept_is_not_passed_twice() -> None:
    clock = VirtualClock()
    tape = recording(get("/a", 1, at=10.0), clock=clock)
    clock.sleep(60)
    tape.find("http", asked("/a"))
    assert clock.monotonic() == 60


def test_nothing_is_waited_for_on_the_system_clock() -> None:
    tape = recording(get("/a", 1, at=3600.0))
    assert tape.find("http", asked("/a")) == {"status": 200, "json": 1}


def test_responses_hold_what_the_client_sent() -> None:
    tape = recording(call("s", "<user-1>", rows=[["<user-1>", "<token-1>"]]))
    found = tape.find("sql", {"call": "execute", "statement": "s", "binds": ["ann"]})
    assert found == {"rows": [["ann", "<token-1>"]]}
    assert tape.stand_ins == {"ann": "<user-1>"}


def test_what_is_not_recorded_is_refused_with_the_nearest() -> None:
    tape = recording(get("/jobs/abc?limit=5", 1), call("select 1"), get("/jobs/abc/events", 2))
    with pytest.raises(errors.UnrecordedRequestError) as caught:
        tape.find("http", asked("/jobs/abc?limit=6"))
    message = str(caught.value)
    assert "GET http://live.test/jobs/abc?limit=6 was not recorded in story.yaml" in message
    assert "number 1, GET https://host-1.recorded.invalid/jobs/abc?limit=5" in message
    assert "query[0][1]: recorded '5', asked '6'" in message
    assert 'mode="new"' in message


def test_what_was_played_out_says_how_often_it_was_recorded() -> None:
    tape = recording(get("/a", 1), get("/a", 2))
    for _ in range(2):
        tape.find("http", asked("/a"))
    with pytest.raises(errors.UnrecordedRequestError, match=r"was recorded 2 times.*repeats"):
        tape.find("http", asked("/a"))


def test_what_cleans_a_refused_request_may_ask_for_the_stand_ins() -> None:
    def cleaned(_kind: Kind, request: dict[str, Tree]) -> dict[str, Tree]:
        shown: Tree = list(tape.stand_ins)
        return {**request, "binds": shown}

    tape = Recording(
        "story.yaml",
        held(call("s", "<user-1>")),
        plays=True,
        records=False,
        clock=None,
        repeats="error",
        cleaned=cleaned,
    )
    tape.find("sql", {"call": "execute", "statement": "s", "binds": ["ann"]})
    refused: list[str] = []

    def ask() -> None:
        with pytest.raises(errors.UnrecordedRequestError) as caught:
            tape.find("sql", {"call": "execute", "statement": "t", "binds": ["bob"]})
        refused.append(str(caught.value))

    # In a thread of its own: were it to wait for itself, the test would for ever.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(timeout=10)
    assert "asked 'ann'" in refused[0]


def test_over_a_seam_that_recorded_nothing_there_is_no_nearest() -> None:
    with pytest.raises(errors.UnrecordedRequestError, match="Nothing was recorded over http"):
        recording(call("select 1")).find("http", asked("/a"))


def test_a_tape_that_records_lets_the_client_through() -> None:
    clock = VirtualClock()
    tape = recording(plays=False, records=True, clock=clock)
    assert tape.find("http", asked("/a")) is None
    clock.sleep(1.5)
    tape.keep("http", asked("/a"), {"status": 200})
    assert tape.kept == [Interaction(1.5, "http", asked("/a"), {"status": 200})]


def test_a_tape_that_does_both_records_what_it_does_not_hold() -> None:
    clock = VirtualClock()
    tape = recording(get("/a", 1, at=100.0), records=True, clock=clock)
    assert tape.find("http", asked("/b")) is None
    tape.keep("http", asked("/b"), {"status": 404})
    assert tape.find("http", asked("/a")) == {"status": 200, "json": 1}
    # What is new comes after what was there.
    assert [each.at for each in tape.kept] == [100.0]


def test_threads_share_what_was_recorded_and_nothing_is_told_twice() -> None:
    count = 200
    tape = recording(*(get("/a", number) for number in range(count)))
    got: list[Tree] = []

    def ask() -> None:
        for _ in range(count // 4):
            found = tape.find("http", asked("/a"))
            assert found is not None
            got.append(found["json"])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(map(str, got)) == sorted(map(str, range(count)))
