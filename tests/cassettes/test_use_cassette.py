"""`use_cassette`: modes, time, strictness, what it refuses, and what it leaves as it was."""

from __future__ import annotations

import asyncio
import json
import socket
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from rai_jobs import Config, JobsClientSync, connect_sync
from rai_jobs_cassettes import (
    CassetteError,
    CassetteFileError,
    CassetteFormatError,
    CassetteWarning,
    Interaction,
    SecretsFoundError,
    UnrecordedRequestError,
    UnusedRecordingError,
    sanitize,
    use_cassette,
)
from rai_jobs_cassettes.format import check, locked
from rai_jobs_fakes import FakeBackend, JobScript, VirtualClock

COUNTED = "https://api.test/count"
# As random as a secret is, and of no form that is known.
SECRET = "q7Zr9Xw2Lk5Tn8Vb4Ym1"


class Counting(httpx.BaseTransport):
    """Answers how often it was asked, at a path."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        told = {"path": request.url.path, "count": self.asked.count(request.url.path)}
        return httpx.Response(200, json=told)


@pytest.fixture
def world() -> Counting:
    return Counting()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "story.yaml"


@pytest.fixture
def ask(world: Counting) -> Iterator[Callable[[str], int]]:
    with httpx.Client(transport=world, base_url="https://api.test") as client:

        def asked(path: str) -> int:
            count: int = client.get(path).raise_for_status().json()["count"]
            return count

        yield asked


Ask = Callable[[str], int]


class TestModes:
    def test_once_records_and_then_plays(self, path: Path, world: Counting, ask: Ask) -> None:
        for _ in range(2):
            with use_cassette(path, mode="once"):
                assert [ask("/a"), ask("/b"), ask("/a")] == [1, 1, 2]
        assert world.asked == ["/a", "/b", "/a"]
        check(path)

    def test_none_plays_alone(self, path: Path, world: Counting, ask: Ask) -> None:
        with use_cassette(path, mode="all"):
            ask("/a")
        with use_cassette(path):
            ask("/a")
            with pytest.raises(UnrecordedRequestError, match=r"GET https://host-1\.\S+/b was not"):
                ask("/b")
        assert world.asked == ["/a"]

    def test_new_adds_what_is_not_there_and_leaves_the_rest(
        self, path: Path, world: Counting, ask: Ask
    ) -> None:
        with use_cassette(path, mode="once"):
            ask("/a")
        before = path.read_text()
        with use_cassette(path, mode="new"):
            assert [ask("/b"), ask("/a"), ask("/b")] == [1, 1, 2]
        after = path.read_text()
        assert after.startswith(before.removesuffix("...\n"))
        assert world.asked == ["/a", "/b", "/b"]
        with use_cassette(path):
            assert [ask("/a"), ask("/b"), ask("/b")] == [1, 1, 2]

    def test_new_writes_nothing_where_nothing_is_new(self, path: Path, ask: Ask) -> None:
        with use_cassette(path, mode="once"):
            ask("/a")
        before = path.stat()
        with use_cassette(path, mode="new"):
            ask("/a")
        after = path.stat()
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    def test_all_records_everything_anew(self, path: Path, ask: Ask) -> None:
        for count in (1, 2):
            with use_cassette(path, mode="all") as cassette:
                assert ask("/a") == count
                assert len(cassette.interactions) == 1
        with use_cassette(path):
            assert ask("/a") == 2

    def test_what_is_recorded_again_as_it_was_is_the_same_to_the_byte(self, path: Path) -> None:
        written: list[bytes] = []
        for day in (1, 2):
            clock = VirtualClock()
            clock.sleep(day * 86_400)
            with (
                use_cassette(path, mode="all", clock=clock),
                httpx.Client(transport=Counting()) as client,
            ):
                clock.sleep(0.3 * day)  # a network jitters
                client.get(COUNTED)
            written.append(path.read_bytes())
        assert written[0] == written[1]

    def test_what_changed_alone_looks_different(self, path: Path) -> None:
        written: list[list[str]] = []
        for payload in ("one", "two"):
            answers = iter(["same", payload, "same"])
            clock = VirtualClock()
            transport = httpx.MockTransport(lambda _: httpx.Response(200, text=next(answers)))  # noqa: B023
            with (
                use_cassette(path, mode="all", clock=clock, recorded_with={}),
                httpx.Client(transport=transport) as client,
            ):
                for _ in range(3):
                    clock.sleep(1)
                    client.get(COUNTED)
            written.append(path.read_text().splitlines())
        different = [(old, new) for old, new in zip(*written, strict=True) if old != new]
        assert different == [("    text: one", "    text: two")]


class TestTime:
    def test_a_wait_of_fourteen_minutes_takes_no_waiting(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        backend = FakeBackend()
        backend.script(JobScript(run_s=840))

        def story(jobs: JobsClientSync) -> str:
            made = jobs.create("Prescriptive", "solver", {"model": "x"})
            return str(jobs.wait("Prescriptive", made.id).state)

        with (
            backend.serve() as server,
            use_cassette(path, mode="once", clock=backend.clock),
            connect_sync(
                config=Config(base_url=server.url, token=server.token()),  # pyright: ignore[reportArgumentType] - a secret may be given as text
                clock=backend.clock,
            ) as client,
        ):
            assert story(client.jobs) == "COMPLETED"
        clock = VirtualClock()
        sleeps: list[float] = []
        monkeypatch.setattr("rai_jobs.clock.time.sleep", sleeps.append)
        with (
            use_cassette(path, clock=clock),
            connect_sync(
                config=Config(base_url="https://replayed.test", token="other"),  # pyright: ignore[reportArgumentType] - a secret may be given as text
                clock=clock,
            ) as client,
        ):
            assert story(client.jobs) == "COMPLETED"
        assert clock.monotonic() == pytest.approx(840, abs=1)
        assert sleeps == []

    def test_what_was_recorded_passes_on_the_clock_of_whoever_does_not_sleep(
        self, path: Path, ask: Ask
    ) -> None:
        clock = VirtualClock()
        with use_cassette(path, mode="once", clock=clock):
            for _ in range(3):
                clock.sleep(100)
                ask("/a")
        led = VirtualClock()
        with use_cassette(path, clock=led):
            assert [(ask("/a"), led.monotonic()) for _ in range(3)] == [
                (1, 100),
                (2, 200),
                (3, 300),
            ]


class TestStrictness:
    @pytest.fixture(autouse=True)
    def _recorded(self, path: Path, ask: Ask) -> None:
        with use_cassette(path, mode="once"):
            for each in ("/a", "/b", "/a"):
                ask(each)

    def test_what_was_never_asked_for_is_an_error_that_names_it(self, path: Path, ask: Ask) -> None:
        with pytest.raises(UnusedRecordingError) as caught, use_cassette(path):
            ask("/a")
        line = path.read_text().splitlines().index("--- # 2 http " + _key(path, 2)) + 1
        assert f"number 2 (line {line}): GET https://host-1.recorded.invalid/b" in str(caught.value)
        assert "number 3" in str(caught.value)
        assert "`strict=False`" in str(caught.value)

    def test_it_is_warned_of_where_that_is_wanted(self, path: Path, ask: Ask) -> None:
        with (
            pytest.warns(CassetteWarning, match="never asked for"),
            use_cassette(path, strict=False),
        ):
            ask("/a")

    def test_what_went_wrong_first_is_what_is_seen(self, path: Path) -> None:
        with pytest.raises(KeyError), use_cassette(path):
            raise KeyError("the test's own")

    def test_repeats_past_the_end_are_answered_where_that_is_wanted(
        self, path: Path, ask: Ask
    ) -> None:
        with use_cassette(path, repeats="last"):
            assert [ask("/a"), ask("/b"), ask("/a"), ask("/a"), ask("/b")] == [1, 1, 2, 2, 1]

    def test_one_can_look_at_what_is_left(self, path: Path, ask: Ask) -> None:
        with use_cassette(path, strict=False) as cassette, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert len(cassette.unused) == 3
            ask("/b")
            assert [each.partition(" (")[0] for each in cassette.unused] == ["number 1", "number 3"]
            ask("/a")
            ask("/a")
            assert cassette.unused == ()


class TestSecrets:
    @pytest.fixture
    def tell(self) -> Iterator[Callable[[], None]]:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"note": SECRET}))
        with httpx.Client(transport=transport) as client:
            yield lambda: client.get(COUNTED) and None

    def test_what_looks_like_one_is_not_written_and_not_lost(
        self, path: Path, tell: Callable[[], None]
    ) -> None:
        with (
            pytest.raises(SecretsFoundError) as caught,
            use_cassette(path, mode="once") as cassette,
        ):
            tell()
        assert "interaction 1, response.json.note" in str(caught.value)
        assert SECRET not in str(caught.value)
        assert not path.exists()
        cassette.save(extra_sanitizers=[sanitize.body("note", kind="note")])
        assert "note: <note-1>" in path.read_text()

    @pytest.mark.parametrize(
        "settings",
        [
            {"secrets": [SECRET]},
            {"sanitizers": [sanitize.known(SECRET)]},
            {"sanitizers": [sanitize.pattern(SECRET[:4] + r"\w+", kind="secret")]},
        ],
        ids=["secrets", "known", "pattern"],
    )
    def test_what_is_named_is_replaced(
        self, path: Path, tell: Callable[[], None], settings: dict[str, Any]
    ) -> None:
        with use_cassette(path, mode="once", **settings):
            tell()
        assert "note: <secret-1>" in path.read_text()

    def test_what_is_declared_to_be_none_is_written(
        self, path: Path, tell: Callable[[], None]
    ) -> None:
        with use_cassette(path, mode="once", allowed=[SECRET]):
            tell()
        assert SECRET in path.read_text()

    def test_a_secret_of_the_environment_is_replaced(
        self, path: Path, tell: Callable[[], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("RAI_JOBS_TOKEN", SECRET)
        with use_cassette(path, mode="once"):
            tell()
        assert SECRET not in path.read_text()

    def test_an_error_does_not_hide_what_the_test_raised(
        self, path: Path, tell: Callable[[], None]
    ) -> None:
        with (
            pytest.warns(CassetteWarning, match="looks like secrets"),
            pytest.raises(KeyError),
            use_cassette(path, mode="once"),
        ):
            _failing(tell)

    def test_a_default_rule_can_be_left_out(self, path: Path) -> None:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"created_by": "ann"}))
        for without in ((), ("users",)):
            with (
                use_cassette(path, mode="all", without=without),
                httpx.Client(transport=transport) as client,
            ):
                client.get(COUNTED)
            assert ("created_by: ann" in path.read_text()) is bool(without)


class TestVolatile:
    def test_what_a_client_makes_anew_matches_and_comes_back(self, path: Path) -> None:
        def echo(request: httpx.Request) -> httpx.Response:
            sent = json.loads(request.content)
            return httpx.Response(200, json={"id": sent["request_id"], "n": sent["n"]})

        rule = sanitize.body("request_id", kind="volatile")
        with (
            use_cassette(path, mode="once", sanitizers=[rule]),
            httpx.Client(transport=httpx.MockTransport(echo)) as client,
        ):
            for number in range(2):
                client.post(COUNTED, json={"request_id": f"made-{number}", "n": number})
        assert "made-" not in path.read_text()
        with use_cassette(path), httpx.Client() as client:
            for number in (1, 0):
                answer = client.post(COUNTED, json={"request_id": f"anew-{number}", "n": number})
                assert answer.json() == {"id": f"anew-{number}", "n": number}


class TestDecorator:
    def test_each_call_has_a_cassette_of_its_own(self, path: Path, ask: Ask) -> None:
        @use_cassette(path, mode="once")
        def story(which: str) -> int:
            return ask(which)

        assert [story("/a"), story("/a")] == [1, 1]
        assert story.__name__ == "story"

    def test_coroutines_too(self, path: Path) -> None:
        async def answer(_: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json=7)

        @use_cassette(path, mode="once")
        async def story(transport: httpx.AsyncBaseTransport | None) -> object:
            async with httpx.AsyncClient(transport=transport) as client:
                return (await client.get(COUNTED)).json()

        assert asyncio.run(story(httpx.MockTransport(answer))) == 7
        assert asyncio.run(story(None)) == 7


class TestRefusals:
    def test_nesting_is_refused_and_the_outer_one_goes_on(
        self, path: Path, tmp_path: Path, ask: Ask
    ) -> None:
        inner = tmp_path / "inner.yaml"
        with use_cassette(path, mode="once"):
            with (
                pytest.raises(
                    CassetteError, match=f"{inner.name} cannot be used while .*{path.name}"
                ),
                use_cassette(inner, mode="once"),
            ):
                raise AssertionError
            ask("/a")
        with use_cassette(path):
            ask("/a")

    @pytest.mark.parametrize(
        ("settings", "pattern"),
        [
            ({"mode": "twice"}, "`mode` must be one of none, once, new, all; got 'twice'"),
            ({"repeats": "first"}, "`repeats` must be one of error, last"),
            ({"without": ["nothing"]}, "`without` must be one of headers, .*; got 'nothing'"),
        ],
        ids=["mode", "repeats", "without"],
    )
    def test_an_argument_that_makes_no_sense_is_named(
        self, path: Path, settings: dict[str, Any], pattern: str
    ) -> None:
        with pytest.raises(CassetteError, match=pattern):
            use_cassette(path, **settings)

    def test_none_without_a_file_says_how_to_record(self, path: Path) -> None:
        with pytest.raises(CassetteError, match=r"is not there.*record it first"):
            use_cassette(path).__enter__()

    def test_a_directory_is_no_cassette(self, tmp_path: Path) -> None:
        with pytest.raises(CassetteError, match="is a directory"):
            use_cassette(tmp_path, mode="once").__enter__()

    def test_what_is_no_cassette_is_refused_by_line(self, path: Path) -> None:
        path.write_text("hello: world\n")
        with pytest.raises(CassetteFormatError, match=r"story\.yaml:1"):
            use_cassette(path).__enter__()

    def test_a_file_that_somebody_writes_is_refused_at_once(self, path: Path) -> None:
        with locked(path), pytest.raises(CassetteFileError, match="another"):
            use_cassette(path, mode="all").__enter__()

    def test_after_a_refusal_all_is_as_it_was(self, path: Path, ask: Ask) -> None:
        with pytest.raises(CassetteError):
            use_cassette(path).__enter__()
        assert ask("/a") == 1
        with use_cassette(path, mode="once"):
            assert ask("/a") == 2


def test_afterwards_clients_reach_the_world_again(path: Path, ask: Ask, world: Counting) -> None:
    with pytest.raises(KeyError), use_cassette(path, mode="once"):
        _failing(lambda: ask("/a"))
    ask("/a")
    assert world.asked == ["/a", "/a"]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert listening.getsockname()


def test_what_is_shown_of_a_cassette_holds_no_secret(path: Path, ask: Ask) -> None:
    with use_cassette(path, mode="once", secrets=[SECRET]) as cassette:
        ask("/a")
        shown = f"{cassette!r} {cassette.interactions!r} {vars(cassette)!r}"
    assert SECRET not in shown
    assert isinstance(cassette.interactions[0], Interaction)


def _failing(after: Callable[[], object]) -> None:
    after()
    raise KeyError("the test's own")


def _key(path: Path, number: int) -> str:
    line = next(
        each for each in path.read_text().splitlines() if each.startswith(f"--- # {number} ")
    )
    return line.rpartition(" ")[2]
