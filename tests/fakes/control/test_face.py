"""The control API: what it does is done, what it tells is true, what is unknown is refused."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from rai_jobs import SystemClock
from rai_jobs_fakes import FakeBackend, Fault, JobScript, VirtualClock, aborted, failed
from rai_jobs_fakes.clocks.paced_clock import PacedClock
from rai_jobs_fakes.control.face import MAX_BODY_BYTES

from .talking import HOST, Control

WRITTEN: list[dict[str, Any]] = [
    {"outcome": {"failed": "oom"}, "run_s": "never"},
    {"outcome": {"aborted": {"reason": "r", "problems": [{"type": "U"}]}}},
    {"outcome": {"aborted": "r"}, "run_s": 9.0, "guard_rail_after_s": 3.0, "problems": [{"a": 1}]},
    {
        "outcome": "completed",
        "run_s": 9.0,
        "events": [{"after_s": 1.0, "event": {"a": []}, "stream": "profiler"}],
        "artifacts": {"f": {"presigned_url": "u"}},
        "ignores_cancel": True,
        "cancel_latency_s": 2.0,
        "created_s": 1.0,
        "queue_s": 1.5,
    },
]
"""Scripts as they are written."""

UNKNOWN: list[tuple[str, object, str, str | None]] = [
    ("users", {"name": "a", "roles": []}, "roles", "password"),
    ("users", {"name": ""}, "name", None),
    ("users", {}, "name", None),
    ("reasoners", {"name": "r", "reasoner_type": "x"}, "reasoner_type", "Prescriptive"),
    (
        "reasoners",
        {"name": "r", "reasoner_type": "ML", "status": "x"},
        "status",
        "SUSPENDED",
    ),
    ("scripts", {"outcome": "done"}, "outcome", "completed"),
    ("scripts", {"outcome": {"fail": "x"}}, "outcome.fail", "failed"),
    ("scripts", {"outcome": {}}, "outcome", None),
    ("scripts", {"outcome": {"failed": "a", "aborted": "b"}}, "outcome", None),
    ("scripts", {"outcome": {"failed": " "}}, "", None),
    (
        "scripts",
        {"outcome": {"aborted": {"reazon": "x"}}},
        "outcome.aborted.reazon",
        "reason",
    ),
    ("scripts", {"events": [{"after_s": 1, "event": {}, "x": 1}]}, "events[0].x", "stream"),
    ("scripts", {"events": [{"after_s": 1}]}, "events[0].event", None),
    ("scripts", {"events": [{"after_s": 1, "event": {}}]}, "", None),
    ("scripts", {"run_s": "long"}, "run_s", "never"),
    ("scripts", {"run_s": True}, "run_s", "never"),
    ("setup", {"scripts": [{}, {"runs": 1}]}, "scripts[1].runs", "run_s"),
    ("setup", {"users": {"name": "x"}}, "users", None),
    ("setup", {"settings": {}}, "settings", "reasoners"),
    ("setup", {"faults": [{"kind": "dropped", "at": "end"}]}, "faults[0].at", "mid-body"),
]
"""What is not known: where it is sent, what, the place that is named, and a name that is valid."""


class TestUsersAndReasoners:
    """Who and what there is."""

    def test_a_user_that_is_added_is_there_and_its_secrets_are_told_where_asked_for(self) -> None:
        control = Control()
        said = {"name": "ann", "admin": True, "password": "hunter2", "token": "t-ann"}
        assert control.post("/control/users", said).json == {"name": "ann", "admin": True}
        assert control.get("/control/users").json["users"][1] == {"name": "ann", "admin": True}
        assert control.backend.token("ann") == "t-ann"
        told = control.get("/control/users/ann/credentials").json
        assert told == {"name": "ann", "token": "t-ann", "password": "hunter2"}

    def test_a_user_of_any_name_is_found_by_it(self) -> None:
        control = Control()
        control.post("/control/users", {"name": "a/b ü"})
        told = control.get(f"/control/users/{quote('a/b ü', safe='')}/credentials").json
        assert told["token"] == control.backend.token("a/b ü")

    def test_credentials_of_nobody_name_the_users(self) -> None:
        answer = Control().get("/control/users/bob/credentials")
        assert answer.status == 404
        assert answer.error["valid"] == ["fake_user"]

    def test_a_token_that_is_anothers_is_refused(self) -> None:
        control = Control()
        control.post("/control/users", {"name": "ann", "token": "t"})
        answer = control.post("/control/users", {"name": "bob", "token": "t"})
        assert answer.status == 422
        assert "another user's" in answer.error["message"]

    def test_a_reasoner_that_is_added_behaves_as_it_was_said(self) -> None:
        control = Control()
        said = {
            "name": "s",
            "reasoner_type": "solver",
            "status": "suspended",
            "max_running": 1,
            "resume_s": 30,
            "auto_suspend_mins": 5,
        }
        [told] = control.post("/control/reasoners", said).json["reasoners"]
        assert (told["reasoner_type"], told["status"], told["max_running"]) == (
            "Prescriptive",
            "SUSPENDED",
            1,
        )
        assert (told["resume_s"], told["auto_suspend_mins"]) == (30, 5)
        control.backend.script(JobScript(run_s=60))
        control.backend.jobs().create("Prescriptive", "s", {})
        [told] = control.get("/control/reasoners").json["reasoners"]
        assert (told["status"], told["live"], told["running"]) == ("PENDING", 1, 0)
        assert told["ready_at"] == "2026-01-01T00:00:30.000000Z"


class TestScripts:
    """What will happen."""

    def test_a_script_is_lived_by(self) -> None:
        control = Control()
        event = {"after_s": 1, "event": {"type": "x"}}
        said = {"run_s": 5, "events": [event], "outcome": {"failed": "oom"}, "times": 1}
        control.post("/control/scripts", {**said, "reasoner_type": "ML", "name": "t"})
        jobs = control.backend.jobs()
        assert jobs.create_ready("SOLVER", "t", {}).state == "COMPLETED"
        assert jobs.create_ready("ML", "u", {}).state == "COMPLETED"
        operation = jobs.create("ML", "t", {})
        job = operation.wait()
        assert (job.state, job.abort_reason, job.duration) == ("FAILED", "oom", 5_000)
        assert list(operation.follow()) == [{"type": "x"}]
        [told] = control.get("/control/scripts").json["scripts"]
        assert (told["used"], told["left"], told["reasoner_type"]) == (1, 0, "Predictive")

    @pytest.mark.parametrize(
        ("said", "payload", "matches"),
        [
            ({"payload": {"n": 1}}, {"n": 1}, True),
            ({"payload": {"n": 1}}, {"n": 1, "m": 2}, False),
            ({"payload": {"n": 1}}, {"n": True}, False),
            ({"payload": {"n": {"a": [1]}}}, {"n": {"a": [1], "b": 2}}, False),
            ({"payload": {}}, {}, True),
            ({"payload": {}}, {"n": 1}, False),
            ({"payload_contains": {"n": 1}}, {"n": 1, "m": 2}, True),
            ({"payload_contains": {"n": {"a": 1}}}, {"n": {"a": 1, "b": 2}}, True),
            ({"payload_contains": {"n": {"a": 1}}}, {"n": {"a": 2}}, False),
            ({"payload_contains": {"n": {}}}, {"n": 1}, False),
            ({"payload_contains": {"n": 1}}, {"m": 1}, False),
            ({"payload_contains": {"n": None}}, {}, False),
            ({"payload_contains": {"n": 1}, "payload": {"n": 1, "m": 2}}, {"n": 1, "m": 2}, True),
        ],
    )
    def test_a_payload_is_equal_or_contains(
        self, said: dict[str, Any], payload: dict[str, Any], matches: bool
    ) -> None:
        control = Control()
        assert control.post("/control/scripts", {**said, "run_s": 7}).status == 200
        job = control.backend.jobs().create_ready("ML", "t", payload)
        assert (job.duration == 7_000) is matches
        assert control.get("/control/scripts").json["scripts"][0]["where"].startswith("payload")

    @pytest.mark.parametrize("said", WRITTEN)
    def test_a_script_is_told_in_the_words_in_which_it_is_said(self, said: dict[str, Any]) -> None:
        first, second = Control(), Control()
        [told] = first.post("/control/scripts", said).json["scripts"]
        assert {name: told["script"][name] for name in said} == said
        [again] = second.post("/control/scripts", told["script"]).json["scripts"]
        assert again == told

    def test_scripts_that_python_registered_are_told_too(self) -> None:
        control = Control()
        control.backend.on_create(lambda payload: None)
        control.backend.script(JobScript(outcome=failed("x")), where=lambda payload: True)
        control.backend.script(JobScript(outcome=aborted("y", [{"t": 1}])), times=2)
        made, where, twice = control.get("/control/scripts").json["scripts"]
        assert made["script"] is None
        assert where["where"] == "<lambda>"
        assert twice["left"] == 2
        assert twice["script"]["outcome"] == {"aborted": {"reason": "y", "problems": [{"t": 1}]}}

    def test_scripts_are_forgotten(self) -> None:
        control = Control()
        control.post("/control/scripts", {"run_s": 7})
        assert control.delete("/control/scripts").json == {"done": True}
        assert control.backend.jobs().create_ready("ML", "t", {}).duration == 0


class TestFaults:
    """What goes wrong."""

    @pytest.mark.parametrize(
        ("said", "fault"),
        [
            ({"kind": "http", "status": 503}, Fault.http(503)),
            (
                {"kind": "http", "status": 429, "headers": {"Retry-After": "3"}, "times": None},
                Fault.http(429, headers={"Retry-After": "3"}, times=None),
            ),
            (
                {"kind": "http", "status": 500, "body": {"a": 1}, "acted": True},
                Fault.http(500, body={"a": 1}, acted=True),
            ),
            ({"kind": "dropped", "at": "mid-body", "nth": 3}, Fault.dropped("mid-body", nth=3)),
            ({"kind": "unreachable", "after": 2}, Fault.unreachable(after=2)),
            ({"kind": "delayed", "seconds": 5}, Fault.delayed(5)),
            (
                {"kind": "truncated", "probability": 0.5, "seed": 3},
                Fault.truncated(probability=0.5, seed=3),
            ),
            ({"kind": "malformed", "face": "http"}, Fault.malformed(face="http")),
            (
                {"kind": "stale_endpoint", "user": "fake_user"},
                Fault.stale_endpoint(user="fake_user"),
            ),
            (
                {"kind": "expired_token", "operation": ["get", "list"]},
                Fault.expired_token(operation=["get", "list"]),
            ),
            ({"kind": "not_ready", "delay_s": 1.5}, Fault.not_ready(delay_s=1.5)),
            ({"kind": "sql", "errno": 391, "message": "no"}, Fault.sql(391, "no")),
        ],
        ids=repr,
    )
    def test_a_fault_is_said_in_the_words_of_its_method(
        self, said: dict[str, Any], fault: Fault
    ) -> None:
        control = Control()
        told = control.post("/control/faults", said).json
        [active] = control.backend.faults
        assert active.fault == fault
        assert told == {
            "number": 0,
            "kind": said["kind"],
            "fault": repr(active.fault),
            "seen": 0,
            "fired": 0,
        }

    def test_a_fault_strikes_the_calls_that_it_names_and_tells_how_often(self) -> None:
        control = Control()
        jobs = control.backend.jobs()
        first, second = (jobs.create("ML", "t", {"n": n}).id for n in range(2))
        where = {"job_id": second, "reasoner_type": "Predictive"}
        control.post("/control/faults", {"kind": "not_ready", "operation": "get", "where": where})
        assert jobs.get("ML", first) is not None
        with pytest.raises(Exception, match="not ready"):
            jobs.get("ML", second)
        [told] = control.get("/control/faults").json["faults"]
        assert (told["seen"], told["fired"]) == (1, 1)
        assert second in told["fault"]

    def test_faults_are_withdrawn_one_by_one_and_all_at_once(self) -> None:
        control = Control()
        for status in (500, 501, 502):
            control.post("/control/faults", {"kind": "http", "status": status})
        assert control.delete("/control/faults/1").status == 200
        left = [each["number"] for each in control.get("/control/faults").json["faults"]]
        assert left == [0, 2]
        gone = control.delete("/control/faults/1")
        assert (gone.status, gone.error["valid"]) == (404, ["0", "2"])
        assert control.delete("/control/faults").status == 200
        assert len(control.backend.faults) == 0

    @pytest.mark.parametrize(
        ("said", "where", "valid"),
        [
            ({"kind": "htp"}, "kind", "stale_endpoint"),
            ({}, "kind", None),
            ({"kind": "http", "status": 500, "oper": "get"}, "oper", "operation"),
            ({"kind": "http", "status": 500, "operation": "gett"}, "operation", "cancel"),
            ({"kind": "http", "status": 500, "operation": ["get", "x"]}, "operation[1]", "cancel"),
            ({"kind": "http", "status": 500, "face": "wire"}, "face", "gateway"),
            ({"kind": "http"}, "status", None),
            ({"kind": "http", "status": "500"}, "status", None),
            ({"kind": "http", "status": 700}, "status", None),
            ({"kind": "http", "status": 200}, "", None),
            ({"kind": "unreachable", "nth": 1, "times": 2}, "", None),
            ({"kind": "unreachable", "times": 0}, "times", None),
            ({"kind": "unreachable", "status": 500}, "status", "delay_s"),
        ],
        ids=str,
    )
    def test_what_is_no_fault_is_refused_with_its_place_and_the_valid_names(
        self, said: dict[str, Any], where: str, valid: str | None
    ) -> None:
        control = Control()
        answer = control.post("/control/faults", said)
        assert answer.status == 422
        [problem] = answer.error["problems"]
        assert problem["where"] == where
        assert (valid in problem["valid"]) if valid else problem["valid"] == []
        assert len(control.backend.faults) == 0

    def test_a_fault_of_a_user_that_is_not_there_names_those_that_are(self) -> None:
        answer = Control().post("/control/faults", {"kind": "not_ready", "user": "bob"})
        assert answer.status == 422
        assert "There are: fake_user" in answer.error["message"]


class TestClock:
    """Time."""

    def test_time_is_let_pass_and_what_is_due_happens(self) -> None:
        control = Control()
        control.post("/control/scripts", {"run_s": 60})
        control.backend.jobs().create("ML", "t", {})
        told = control.post("/control/clock/advance", {"seconds": 59.5}).json
        assert told == {"now": "2026-01-01T00:00:59.500000Z", "kind": "virtual", "factor": None}
        assert control.get("/control/executions").json["executions"][0]["state"] == "RUNNING"
        instant = {"instant": "2026-01-01T01:01:00+01:00"}
        assert (
            control.post("/control/clock/set", instant).json["now"].startswith("2026-01-01T00:01")
        )
        assert control.get("/control/executions").json["executions"][0]["state"] == "COMPLETED"
        assert control.get("/control/clock").json["now"] == "2026-01-01T00:01:00.000000Z"

    def test_time_never_goes_back(self) -> None:
        control = Control()
        answer = control.post("/control/clock/set", {"instant": "2025-12-31T23:59:59Z"})
        assert answer.status == 409
        assert "never goes back" in answer.error["message"]
        assert control.post("/control/clock/advance", {"seconds": -1}).status == 422

    @pytest.mark.parametrize(
        ("path", "said"),
        [
            ("advance", {"seconds": "5"}),
            ("advance", {"seconds": 1e300}),
            ("advance", {"secs": 5}),
            ("advance", {}),
            ("set", {"instant": "2027-01-01T00:00:00"}),
            ("set", {"instant": "tomorrow"}),
            ("set", {"instant": "9999-12-31T23:59:59Z"}),
        ],
        ids=str,
    )
    def test_what_is_no_time_is_refused_and_none_passes(self, path: str, said: Any) -> None:
        control = Control()
        assert control.post(f"/control/clock/{path}", said).status == 422
        assert control.get("/control/clock").json["now"] == "2026-01-01T00:00:00.000000Z"

    def test_a_paced_clock_is_told_and_moved(self) -> None:
        clock = PacedClock(2, clock=VirtualClock())
        control = Control(FakeBackend(clock=clock))
        told = control.post("/control/clock/advance", {"seconds": 3600}).json
        assert (told["kind"], told["factor"]) == ("paced", 2)
        assert told["now"] == "2026-01-01T01:00:00.000000Z"

    def test_the_systems_clock_cannot_be_moved(self) -> None:
        control = Control(FakeBackend(clock=SystemClock()))
        assert control.get("/control/clock").json["kind"] == "system"
        answer = control.post("/control/clock/advance", {"seconds": 1})
        assert answer.status == 409
        assert "SystemClock() cannot" in answer.error["message"].replace(",", "")


class TestLooking:
    """What happened."""

    def make(self) -> tuple[Control, str, str]:
        control = Control()
        control.backend.add_user("ann")
        control.backend.script(JobScript(run_s=2))
        transaction = {"dbname": "sales", "query": "def x = 1"}
        first = control.backend.jobs().create("Logic", "e", transaction).id
        operation = control.backend.jobs("ann", over="http").create("ML", "t", {"n": 1})
        operation.wait()
        return control, first, operation.id

    def test_executions_are_told_whole(self) -> None:
        control, first, second = self.make()
        one, two = control.get("/control/executions").json["executions"]
        assert (one["id"], one["payload"], one["database_name"]) == (first, None, "sales")
        assert (two["id"], two["created_by"], two["state"]) == (second, "ann", "COMPLETED")
        assert two["payload"] == {"n": 1}
        assert [fact["after"] for fact in two["history"]][-1] == "COMPLETED"
        assert control.get(f"/control/executions/{second}").json == two
        assert control.get(f"/control/executions/{second[:9]}").json == two

    def test_an_execution_that_is_not_there_names_the_newest(self) -> None:
        control, first, second = self.make()
        for path in ("zzz", "zzz/explain"):
            answer = control.get(f"/control/executions/{path}")
            assert answer.status == 404
        assert control.get("/control/executions/zzz").error["valid"] == [first, second]

    def test_an_explanation_is_told_as_json_and_as_text(self) -> None:
        control, _, second = self.make()
        path = f"/control/executions/{second}/explain"
        story = control.backend.explain(second)
        assert control.get(path).json == {"id": second, "explanation": story}
        for answer in (control.get(path, accept="text/plain"), control.get(f"{path}?format=text")):
            assert answer.text == f"{story}\n"
            assert answer.response.content_type.startswith("text/plain")

    def test_the_transcript_is_told_as_json_and_as_text(self) -> None:
        control, *_ = self.make()
        transcript = control.backend.transcript
        assert control.get("/control/transcript").json == json.loads(transcript.to_json())
        for answer in (
            control.get("/control/transcript?format=text"),
            control.get("/control/transcript", accept="text/plain"),
        ):
            assert answer.text == f"{transcript}\n"
        both = control.get("/control/transcript?format=json", accept="text/plain")
        assert both.json["version"] == 1

    def test_the_transcript_is_filtered_as_in_python(self) -> None:
        control, first, second = self.make()
        asked = {
            "operation=create": 2,
            "user=ann&operation=create": 1,
            "face=gateway": 1,
            f"execution={first[:9]}": 2,
            f"execution={second}&operation=create": 1,
            "reasoner_type=logic": 1,
            "user=nobody": 0,
        }
        for query, count in asked.items():
            entries = control.get(f"/control/transcript?{query}").json["entries"]
            assert len(entries) == count, query

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ("operation=gett", "cancel"),
            ("face=wire", "gateway"),
            ("reasoner_type=x", "Prescriptive"),
            ("format=xml", "text"),
            ("opperation=get", "operation"),
            ("execution=", "must be an id"),
        ],
    )
    def test_a_filter_that_is_not_known_is_refused_with_those_that_are(
        self, query: str, said: str
    ) -> None:
        answer = Control().get(f"/control/transcript?{query}")
        assert answer.status == 422
        assert said in answer.text

    def test_the_timeline_is_told_as_text_and_as_a_picture(self) -> None:
        control, *_ = self.make()
        timeline = control.backend.timeline()
        assert control.get("/control/timeline").text == f"{timeline}\n"
        for answer in (
            control.get("/control/timeline?format=svg"),
            control.get("/control/timeline", accept="image/svg+xml"),
        ):
            assert answer.text == timeline.svg()
            assert answer.response.content_type == "image/svg+xml"

    def test_a_snapshot_tells_everything_and_no_secret(self) -> None:
        control, *_ = self.make()
        control.post("/control/faults", {"kind": "not_ready"})
        control.post("/control/users", {"name": "eve", "password": "hunter2", "token": "t-eve"})
        answer = control.get("/control/snapshot")
        told = answer.json
        assert told["namespace"] == "default"
        assert told["now"] == told["clock"]["now"]
        assert told["settings"]["app"] == "RELATIONALAI"
        assert told["settings"]["retention_s"] is None
        for name in ("users", "reasoners", "scripts", "faults", "executions"):
            assert told[name] == control.get(f"/control/{name}").json[name]
        users = ("fake_user", "ann", "eve")
        secrets = {control.backend.token(user) for user in users}
        secrets |= {control.backend.password(user) for user in users}
        assert not [secret for secret in secrets if secret in answer.text]

    def test_the_same_calls_give_the_same_snapshot_byte_for_byte(self) -> None:
        one, two = (self.make()[0].get("/control/snapshot").text for _ in range(2))
        assert one == two


class TestResetting:
    """Beginning again."""

    def test_a_reset_forgets_everything_and_time_goes_on(self) -> None:
        control = Control()
        before = control.get("/control/snapshot").json
        control.post(
            "/control/setup",
            {
                "users": [{"name": "ann"}],
                "reasoners": [{"name": "t", "reasoner_type": "ML"}],
                "scripts": [{"run_s": 5}],
                "faults": [{"kind": "not_ready", "user": "ann"}],
            },
        )
        first = control.backend.jobs().create_ready("ML", "t", {}).id
        assert control.send("POST", "/control/reset").json == {"done": True}
        after = control.get("/control/snapshot").json
        assert control.backend.clock.now() - timedelta(seconds=5) == VirtualClock().now()
        for name in ("users", "reasoners", "scripts", "faults", "executions", "settings"):
            assert after[name] == before[name], name
        assert control.get("/control/transcript").json["entries"] == []
        assert control.backend.user_of_token("fake-token") is None
        # The faces that were handed out reach what there is now.
        assert control.backend.jobs(over="http").create("ML", "t", {}).id == first
        # What happens is told anew, from the first fact on.
        [entry] = control.get("/control/transcript").json["entries"]
        assert entry["facts"][0]["execution"] == first

    def test_what_filled_a_backend_fills_it_again(self) -> None:
        def prepare(backend: FakeBackend) -> None:
            backend.add_user("ann")

        control = Control(prepare=prepare)
        control.send("POST", "/control/reset")
        assert control.get("/control/users").json["users"][1]["name"] == "ann"


class TestRequests:
    """What a request may be."""

    def test_an_unknown_path_is_refused_with_those_that_there_are(self) -> None:
        for path in ("/control", "/control/user", "/control/users/ann", "/control/clock/advance/x"):
            answer = Control().get(path)
            assert answer.status == 404
            assert "/control/users" in answer.error["valid"]
            assert "/control/openapi.json" in answer.error["valid"]

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("PUT", "/control/users", "GET, POST"),
            ("GET", "/control/reset", "POST"),
            ("POST", "/control/openapi.json", "GET"),
        ],
    )
    def test_another_method_is_refused_with_those_that_there_are(
        self, method: str, path: str, allowed: str
    ) -> None:
        answer = Control().send(method, path)
        assert (answer.status, answer.response.headers["allow"]) == (405, allowed)
        assert answer.error["valid"] == allowed.split(", ")

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"run_s": 1, "run_s": 2}', b'"' + b"\0" * 9]
    )
    def test_what_is_no_json_is_refused(self, body: bytes) -> None:
        headers = {**HOST, "content-type": "application/json"}
        answer = Control().send("POST", "/control/scripts", body, headers=headers)
        assert answer.status == 400
        assert "run_s" in answer.error["valid"]

    @pytest.mark.parametrize("said", [[], "x", 5, None])
    def test_json_that_is_no_object_is_refused(self, said: object) -> None:
        for path in ("users", "faults", "setup", "clock/set"):
            assert Control().post(f"/control/{path}", said).status == 422

    def test_a_body_that_is_too_large_is_refused(self) -> None:
        headers = {**HOST, "content-type": "application/json"}
        body = b" " * (MAX_BODY_BYTES + 1)
        assert Control().send("POST", "/control/users", body, headers=headers).status == 413

    def test_a_body_where_none_belongs_and_a_query_where_none_belongs_are_refused(self) -> None:
        control = Control()
        assert control.post("/control/reset", {"hard": True}).status == 422
        assert control.post("/control/reset", {}).status == 200
        assert control.get("/control/users?name=ann").status == 422

    @pytest.mark.parametrize(("path", "said", "where", "valid"), UNKNOWN, ids=str)
    def test_what_is_not_known_is_refused_with_its_place_and_the_valid_names(
        self, path: str, said: object, where: str, valid: str | None
    ) -> None:
        control = Control()
        before = control.get("/control/snapshot").text
        answer = control.post(f"/control/{path}", said)
        assert answer.status == 422
        [problem] = answer.error["problems"]
        assert problem["where"] == where
        assert (valid in problem["valid"]) if valid else problem["valid"] == []
        assert problem["wrong"] in answer.error["message"]
        assert control.get("/control/snapshot").text == before

    def test_a_script_that_cannot_be_for_its_type_is_refused(self) -> None:
        said = {"reasoner_type": "Logic", "outcome": {"failed": "x"}}
        answer = Control().post("/control/scripts", said)
        assert answer.status == 422
        assert "cannot be for Logic" in answer.error["message"]

    def test_a_refusal_shows_no_secret_that_was_sent(self) -> None:
        for name in ("password", "token", "public_key"):
            answer = Control().post("/control/users", {"name": "a", name: 1234567})
            assert answer.status == 422
            assert "1234567" not in answer.text
