"""Namespaces: what names one, and that none sees another."""

from __future__ import annotations

import threading

import pytest

from rai_jobs_fakes import FakeBackend, VirtualClock
from rai_jobs_fakes.clocks.paced_clock import PacedClock
from rai_jobs_fakes.control.namespaces import (
    NamespaceError,
    Namespaces,
    account_of,
    name_of_account,
    named_by,
)

from ..making import bearer
from .talking import Control

BAD = ["", "a b", "a.b", "a/b", "ä", "x" * 65, "a\n"]


def make(most: int = 10) -> Namespaces:
    return Namespaces(FakeBackend(), lambda name: FakeBackend(namespace=name), most=most)


class TestNaming:
    """The one rule."""

    @pytest.mark.parametrize(
        ("headers", "path", "found"),
        [
            ({}, "/v1alpha1/jobs", (None, "/v1alpha1/jobs")),
            ({"x-rai-jobs-namespace": " Suite_1 "}, "/x", ("suite-1", "/x")),
            ({}, "/ns/Suite_1/v1alpha1/jobs", ("suite-1", "/v1alpha1/jobs")),
            ({}, "/ns/a", ("a", "/")),
            ({}, "/ns/a/", ("a", "/")),
            ({}, "/ns", (None, "/ns")),
            ({}, "/nsx/a", (None, "/nsx/a")),
            ({}, "/ns/a/ns/b/x", ("a", "/ns/b/x")),
            ({"host": "ns-A-b.snowflakecomputing.com"}, "/x", ("a-b", "/x")),
            ({"host": "rai-ns-a.snowflakecomputing.app:443"}, "/x", ("a", "/x")),
            ({"host": "ns-a:80"}, "/x", ("a", "/x")),
            ({"host": "acme-ns-a.snowflakecomputing.com"}, "/x", (None, "/x")),
            ({"host": "127.0.0.1:80"}, "/x", (None, "/x")),
            ({"x-rai-jobs-namespace": "h", "host": "ns-a.b"}, "/ns/p/x", ("h", "/x")),
            ({"host": "ns-a.b"}, "/ns/p/x", ("p", "/x")),
        ],
        ids=str,
    )
    def test_the_first_that_is_said_counts(
        self, headers: dict[str, str], path: str, found: tuple[str | None, str]
    ) -> None:
        assert named_by(headers, path) == found

    @pytest.mark.parametrize(
        ("account", "name"),
        [
            ("ns-Suite_1", "suite-1"),
            ("NS_SUITE_1.eu-west-1", "suite-1"),
            ("fake_account", None),
            ("acme", None),
            ("", None),
        ],
    )
    def test_an_account_may_name_one(self, account: str, name: str | None) -> None:
        assert name_of_account(account) == name
        if name is not None:
            assert name_of_account(account_of(name)) == name

    @pytest.mark.parametrize("name", BAD)
    def test_a_name_that_none_can_have_is_refused(self, name: str) -> None:
        with pytest.raises(NamespaceError, match="1 to 64 letters"):
            make().named(name)
        with pytest.raises(NamespaceError, match="1 to 64 letters"):
            account_of(name)

    def test_a_header_that_is_no_name_is_refused(self) -> None:
        with pytest.raises(NamespaceError, match="got 'a b'"):
            named_by({"x-rai-jobs-namespace": "a b"}, "/x")

    def test_a_name_of_64_is_one(self) -> None:
        assert make().named("x" * 64) is not None


class TestKeeping:
    """The backends."""

    def test_one_is_made_when_it_is_asked_for_and_kept(self) -> None:
        namespaces = make()
        made = namespaces.named("Suite_1")
        assert namespaces.named("suite-1") is made
        assert namespaces.named(None) is namespaces.named("default") is not made
        assert namespaces.names == ("default", "suite-1")
        assert repr(namespaces) == "<Namespaces default, suite-1>"

    def test_many_threads_get_the_same_one(self) -> None:
        namespaces, found = make(), list[FakeBackend]()
        gate = threading.Barrier(8)

        def ask() -> None:
            gate.wait(5)
            found.append(namespaces.named("a"))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 8
        assert len(set(map(id, found))) == 1

    def test_there_are_only_so_many(self) -> None:
        namespaces = make(most=2)
        namespaces.named("a")
        with pytest.raises(NamespaceError, match="2 namespaces already: drop one"):
            namespaces.named("b")
        namespaces.drop("A")
        assert namespaces.named("b") is not None

    def test_one_that_is_dropped_begins_anew_and_the_default_one_stays(self) -> None:
        namespaces = make()
        first = namespaces.named("a")
        namespaces.drop("a")
        assert namespaces.named("a") is not first
        with pytest.raises(NamespaceError, match="cannot be dropped"):
            namespaces.drop("default")
        with pytest.raises(NamespaceError, match="no namespace 'b'; there are: default, a"):
            namespaces.drop("b")

    def test_the_sleepers_of_all_clocks_are_woken(self) -> None:
        clock = PacedClock()
        namespaces = Namespaces(FakeBackend(), lambda name: FakeBackend(clock=clock))
        namespaces.named("a")
        entered = threading.Event()

        def sleep() -> None:
            entered.set()
            clock.sleep(3_600)

        sleeper = threading.Thread(target=sleep, daemon=True)
        sleeper.start()
        assert entered.wait(5)
        for _ in range(500):
            # It may not have begun to sleep before the first time.
            namespaces.release()
            sleeper.join(0.01)
            if not sleeper.is_alive():
                break
        assert not sleeper.is_alive()


class TestSeparation:
    """None sees another."""

    def test_what_is_done_in_one_is_not_in_another(self) -> None:
        control = Control()
        before = control.get("/control/snapshot").json
        for path, said in {
            "users": {"name": "ann"},
            "reasoners": {"name": "t", "reasoner_type": "ML"},
            "scripts": {"run_s": 5},
            "faults": {"kind": "not_ready"},
            "clock/advance": {"seconds": 60},
        }.items():
            assert control.post(f"/control/{path}", said, namespace="a").status == 200
        assert control.get("/control/snapshot").json == before
        other = control.get("/control/snapshot", namespace="b").json
        assert {**other, "namespace": "default"} == before
        told = control.get("/control/namespaces", namespace="a").json
        assert told == {"namespaces": ["default", "a", "b"]}

    def test_a_reset_is_of_one_alone(self) -> None:
        control = Control()
        for name in (None, "a"):
            control.post("/control/users", {"name": "ann"}, namespace=name)
        control.post("/control/reset", {}, namespace="a")
        assert len(control.get("/control/users").json["users"]) == 2
        assert len(control.get("/control/users", namespace="a").json["users"]) == 1

    def test_one_is_dropped_over_the_control_api(self) -> None:
        control = Control()
        control.get("/control/users", namespace="a")
        assert control.delete("/control/namespaces/a").status == 200
        assert control.delete("/control/namespaces/a").status == 404
        assert control.delete("/control/namespaces/default").status == 404

    def test_a_user_has_the_same_token_in_each(self) -> None:
        one, two = FakeBackend(namespace="a"), FakeBackend(namespace="b")
        assert one.token() == two.token() == FakeBackend().token()


def test_a_namespace_of_a_served_backend_is_made_as_that_one_was() -> None:
    backend = FakeBackend(
        seed=7,
        app="MYAPP",
        retention_s=60,
        clock=VirtualClock(seed=1),
        event_page_size=3,
        transcript_limit=2,
        max_body_bytes=1_000,
    )
    backend.clock.sleep(100)
    backend.add_user("ann")
    prepared: list[FakeBackend] = []
    with backend.serve(prepare=prepared.append) as server:
        import httpx

        told = httpx.get(f"{server.url}/ns/a/control/snapshot", trust_env=False).json()
        jobs = f"{server.url}/ns/a/v1alpha1/jobs"
        token = bearer(backend.token())
        refused = httpx.post(jobs, content=b" " * 1_001, headers=token, trust_env=False)
    assert told["now"] == "2026-01-01T00:00:00.000000Z"
    assert told["users"] == [{"name": "fake_user", "admin": False}]
    wanted = {"seed": 7, "app": "MYAPP", "retention_s": 60, "event_page_size": 3}
    assert told["settings"] == {**told["settings"], **wanted}
    assert len(prepared) == 1
    assert prepared[0] is not backend
    assert prepared[0].transcript_limit == 2
    assert refused.status_code == 413
