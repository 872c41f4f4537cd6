"""Sessions of the wire: how long they live, and requests that come again."""

from __future__ import annotations

import threading
import tracemalloc

import pytest

from rai_jobs_fakes.faces.sql import SqlSession
from rai_jobs_fakes.faces.wire import WireResponse, WireSettings
from rai_jobs_fakes.faces.wire.sessions import WireSession
from rai_jobs_fakes.machine.execution import User

from .talking import opened

CREATE = "call RELATIONALAI.api.exec_job_async('ML', 'w', '{}')"


class TestLives:
    """Tokens end by the backend's time."""

    def test_a_session_expires_and_is_renewed(self) -> None:
        wire = opened()
        wire.backend.clock.sleep(3_599)
        assert wire.query("select 1").rows == [["1"]]
        wire.backend.clock.sleep(1)
        expired = wire.query("select 1")
        assert (expired.status, expired.code) == (200, "390112")
        renewed = wire.renew().data
        assert renewed["sessionToken"] not in wire.tokens.values()
        assert (renewed["validityInSecondsST"], renewed["validityInSecondsMT"]) == (3_600, 14_400)
        assert renewed["sessionId"] == wire.tokens["sessionId"]
        wire.tokens["token"] = renewed["sessionToken"]
        assert wire.query("select 1").rows == [["1"]]

    def test_what_the_session_was_stays_when_it_is_renewed(self) -> None:
        wire = opened()
        wire.query("use role r")
        wire.backend.clock.sleep(3_600)
        wire.tokens["token"] = wire.renew().data["sessionToken"]
        assert wire.query("select current_role()").rows == [["R"]]

    def test_a_master_token_that_expired_renews_nothing(self) -> None:
        wire = opened()
        wire.backend.clock.sleep(14_400)
        assert wire.query("select 1").code == "390112"
        assert wire.renew().code == "390114"

    def test_whoever_renews_in_time_stays_for_ever(self) -> None:
        wire = opened()
        for _ in range(10):
            wire.backend.clock.sleep(14_399)
            renewed = wire.renew().data
            wire.tokens.update(token=renewed["sessionToken"], masterToken=renewed["masterToken"])
        assert wire.query("select 1").rows == [["1"]]

    def test_a_heartbeat_keeps_alive(self) -> None:
        wire = opened()
        for _ in range(5):
            wire.backend.clock.sleep(3_500)
            assert wire.send("POST", "/session/heartbeat").code is None
        assert wire.query("select 1").rows == [["1"]]

    def test_a_heartbeat_of_an_expired_session_asks_to_renew(self) -> None:
        wire = opened()
        wire.backend.clock.sleep(3_600)
        assert wire.send("POST", "/session/heartbeat").code == "390112"

    def test_lives_are_settings(self) -> None:
        wire = opened(WireSettings(session_token_s=5, master_token_s=10))
        wire.backend.clock.sleep(5)
        assert wire.query("select 1").code == "390112"
        wire.backend.clock.sleep(5)
        assert wire.renew().code == "390114"
        with pytest.raises(ValueError, match="`requests_kept` must be more than 0; got 0"):
            WireSettings(requests_kept=0)

    def test_the_tokens_before_serve_for_a_while(self) -> None:
        wire = opened()
        first = wire.tokens["masterToken"]
        wire.renew()
        assert wire.query("select 1").rows == [["1"]]
        assert wire.renew(first).code is None
        latest = wire.renew(first).data["masterToken"]
        for _ in range(2):
            latest = wire.renew(latest).data["masterToken"]
        assert wire.renew(first).code == "390115"
        assert wire.query("select 1").code == "390111"

    def test_a_closed_session_is_gone(self) -> None:
        wire = opened()
        assert wire.send("POST", "/session", {}, query={"delete": "true"}).code is None
        assert wire.query("select 1").code == "390111"
        assert wire.renew().code == "390115"
        assert wire.send("POST", "/session", {}, query={"delete": "true"}).code == "390111"
        assert len(wire.face.sessions) == 0

    @pytest.mark.parametrize(
        ("token", "code"), [(None, "390103"), ("nonsense", "390111"), ("None", "390103")]
    )
    def test_without_a_session_nothing_is_answered(self, token: str | None, code: str) -> None:
        wire = opened()
        for method, path in (
            ("POST", "/queries/v1/query-request"),
            ("POST", "/queries/v1/abort-request"),
            ("POST", "/session/heartbeat"),
            ("GET", "/queries/x/result"),
            ("GET", "/monitoring/queries/x"),
        ):
            assert wire.send(method, path, {"sqlText": CREATE}, token=token).code == code
        assert wire.backend.executions == ()

    def test_the_two_tokens_are_not_each_other(self) -> None:
        wire = opened()
        assert wire.renew(wire.tokens["token"]).code == "390115"
        answer = wire.send("POST", "/session/heartbeat", token=wire.tokens["masterToken"])
        assert answer.code == "390104"
        assert wire.renew("nonsense").code == "390115"
        renewal = {"requestType": "RENEW"}
        assert wire.send("POST", "/session/token-request", renewal, token=None).code == "390113"

    def test_the_oldest_session_gives_way(self) -> None:
        wire = opened(WireSettings(sessions_kept=2))
        first = wire.tokens["token"]
        wire.login()
        second = wire.tokens["token"]
        wire.login()
        assert len(wire.face.sessions) == 2
        assert wire.send("POST", "/session/heartbeat", token=first).code == "390111"
        assert wire.send("POST", "/session/heartbeat", token=second).code is None

    def test_tokens_are_made_from_the_seed(self) -> None:
        assert opened(seed=3).tokens == opened(seed=3).tokens
        assert opened(seed=3).tokens["token"] != opened(seed=4).tokens["token"]


class TestRequestsThatComeAgain:
    """A request id runs once."""

    def test_it_is_answered_from_the_first_run(self) -> None:
        wire = opened()
        first = wire.query(CREATE, _id="one")
        again = wire.query(CREATE, _id="one")
        assert first.response.body == again.response.body
        assert len(wire.backend.executions) == 1
        wire.query(CREATE, _id="two")
        assert len(wire.backend.executions) == 2

    def test_a_refusal_is_answered_from_the_first_run_too(self) -> None:
        wire = opened()
        first = wire.query("call nope()", _id="one")
        assert first.json["data"]["queryId"] == wire.query("", _id="one").json["data"]["queryId"]

    def test_one_that_came_too_late_runs_after_the_renewal(self) -> None:
        wire = opened()
        wire.backend.clock.sleep(3_600)
        assert wire.query(CREATE, _id="one").code == "390112"
        wire.tokens["token"] = wire.renew().data["sessionToken"]
        wire.query(CREATE, _id="one")
        wire.query(CREATE, _id="one")
        assert len(wire.backend.executions) == 1

    def test_one_that_could_not_be_read_is_read_anew(self) -> None:
        wire = opened()
        bad = wire.send("POST", "/queries/v1/query-request", raw=b"{", query={"requestId": "one"})
        assert bad.status == 400
        wire.query(CREATE, _id="one")
        assert len(wire.backend.executions) == 1

    def test_one_that_could_not_be_read_keeps_no_place(self) -> None:
        wire = opened(WireSettings(requests_kept=2))
        wire.send("POST", "/queries/v1/query-request", raw=b"{", query={"requestId": "bad"})
        for name in ("one", "two", "three", "one"):
            wire.query(CREATE, _id=name)
        assert len(wire.backend.executions) == 4

    def test_another_session_has_ids_of_its_own(self) -> None:
        wire = opened()
        wire.query(CREATE, _id="one")
        wire.login()
        wire.query(CREATE, _id="one")
        assert len(wire.backend.executions) == 2

    def test_without_an_id_every_request_runs(self) -> None:
        wire = opened()
        for _ in range(2):
            wire.query(CREATE, _id=None)
        assert len(wire.backend.executions) == 2

    def test_many_at_once_run_once(self) -> None:
        wire = opened()
        ready = threading.Barrier(8)
        bodies: list[bytes] = []

        def ask() -> None:
            ready.wait()
            bodies.append(wire.query(CREATE, _id="one").response.body)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(bodies) == 8
        assert len(set(bodies)) == 1
        assert len(wire.backend.executions) == 1

    def test_the_oldest_answers_are_dropped(self) -> None:
        wire = opened(WireSettings(requests_kept=2))
        for name in ("one", "two", "three"):
            wire.query(CREATE, _id=name)
        wire.query(CREATE, _id="three")
        wire.query(CREATE, _id="two")
        assert len(wire.backend.executions) == 3
        wire.query(CREATE, _id="one")
        assert len(wire.backend.executions) == 4

    def test_large_answers_are_dropped_sooner_but_never_the_newest(self) -> None:
        session = WireSession(SqlSession(User("ann")), WireSettings(request_bytes_kept=10))
        runs: list[str] = []

        def answer(name: str, size: int) -> WireResponse:
            runs.append(name)
            return WireResponse(200, b"x" * size)

        for name, size in (("a", 4), ("b", 4), ("a", 4), ("c", 50), ("c", 50), ("b", 4)):
            session.once(name, lambda name=name, size=size: answer(name, size))
        assert runs == ["a", "b", "c", "b"]

    def test_memory_is_flat_however_many_requests_there_were(self) -> None:
        wire = opened()

        def some(number: int) -> None:
            for each in range(number):
                wire.query("use role r", asyncExec=each % 2 == 0)

        # From the start: what is freed counts only when it was seen to come.
        tracemalloc.start()
        some(2_200)
        before = tracemalloc.get_traced_memory()[0]
        some(500)
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        # What is kept takes the place of what was: it was 2 kB a request without that.
        assert grown < 250_000
