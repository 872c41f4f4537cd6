"""`scripts_from`: a recording becomes scripts, by which a fake does again what was recorded."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from rai_jobs.client import JobsClientSync
from rai_jobs.errors import JobError, JobNotReadyError, JobTimeoutError
from rai_jobs_cassettes.drift.verify import verify
from rai_jobs_cassettes.interactions import Interaction, Tree
from rai_jobs_cassettes.lives.spans import UNTOLD_S
from rai_jobs_cassettes.scripts import RecordedReasoner, reasoners_from, scripts_from
from rai_jobs_fakes import (
    At,
    FakeBackend,
    Fault,
    JobScript,
    aborted,
    completed,
    failed,
)

from .drift.stories import Story, Way

WAYS: tuple[Way, ...] = ("http", "sql")
TXN = {"dbname": "d", "query": "q"}


def recorded(
    script: JobScript,
    over: Way,
    what: Callable[[JobsClientSync, FakeBackend], Any],
    **settings: Any,
) -> list[Interaction]:
    """Return the recording of what a client does while work lives by a script."""
    backend = FakeBackend(**settings)
    backend.add_user("ann")
    backend.script(script)
    story = Story(backend)
    what(story.client(over), backend)
    return story.interactions


def remade(interactions: list[Interaction], **settings: Any) -> FakeBackend:
    """Return a fake that does what was recorded."""
    backend = FakeBackend(seed=99, **settings)
    for each in (*reasoners_from(interactions), *scripts_from(interactions)):
        each.register(backend)
    return backend


def follow(
    kind: str, payload: dict[str, Any], every_s: float, times: int, **create: Any
) -> Callable[[JobsClientSync, FakeBackend], None]:
    """Return what creates, and then looks, and reads on, so often."""

    def story(client: JobsClientSync, backend: FakeBackend) -> None:
        made = client.create(kind, "r", payload, **create)
        token: str | None = ""
        for _ in range(times):
            client.get(kind, made.id)
            if token is not None:
                token = client.get_events(kind, made.id, token).continuation_token
            backend.clock.sleep(every_s)

    return story


def looks(*ats: float) -> Callable[[JobsClientSync, FakeBackend], None]:
    """Return what creates a job and looks at given instants."""

    def story(client: JobsClientSync, backend: FakeBackend) -> None:
        made = client.create("Prescriptive", "r", {})
        for at in ats:
            backend.clock.sleep(at - backend.clock.monotonic())
            client.get("Prescriptive", made.id)

    return story


EVENTS = [At(0.25, {"type": "a"}), At(3.5, {"type": "b"}), At(7.25, {"type": "c"})]
JOB = JobScript(created_s=1, queue_s=2.5, run_s=7.25, events=EVENTS)


@pytest.mark.parametrize("over", WAYS)
@pytest.mark.parametrize("every_s", [0.7, 2, 5])
@pytest.mark.parametrize("script", [JOB, replace(JOB, outcome=failed("no luck"))])
def test_a_job_lives_again_as_it_was_seen(over: Way, every_s: float, script: JobScript) -> None:
    interactions = recorded(script, over, follow("Prescriptive", {}, every_s, 20))
    report = verify(interactions, remade(interactions), tolerance_s=0)
    assert report, str(report)


@pytest.mark.parametrize("over", WAYS)
@pytest.mark.parametrize("page", [1, 2])
def test_events_of_many_pages_come_again_in_order(over: Way, page: int) -> None:
    story = follow("Prescriptive", {}, 3, 12)
    interactions = recorded(JOB, over, story, event_page_size=page)
    report = verify(interactions, remade(interactions, event_page_size=page), tolerance_s=0)
    assert report, str(report)
    assert [each.event["type"] for each in scripts_from(interactions)[0].script.events] == [*"abc"]


def test_how_long_it_lived_is_exact_though_it_was_looked_at_now_and_then() -> None:
    interactions = recorded(JobScript(run_s=7.125), "http", looks(0, 5, 50))
    assert scripts_from(interactions)[0].script.run_s == 7.125


def test_without_times_in_the_record_it_ended_when_that_was_first_seen() -> None:
    interactions = recorded(JobScript(run_s=7.125), "http", looks(0, 5, 50))

    def bare(each: Interaction) -> Interaction:
        body = each.response["json"]
        assert isinstance(body, dict)
        row = body.get("job")
        if not isinstance(row, dict):
            return each
        untimed: dict[str, Tree] = {**row, "finished_at": None, "duration": None}
        return replace(each, response={**each.response, "json": {"job": untimed}})

    assert scripts_from(map(bare, interactions))[0].script.run_s == 50


def test_without_an_end_in_the_record_its_duration_tells_how_long_it_lived() -> None:
    interactions = recorded(JobScript(run_s=7.125), "http", looks(50))
    body = interactions[-1].response["json"]
    assert isinstance(body, dict)
    assert isinstance(body["job"], dict)
    body["job"]["finished_at"] = None
    assert scripts_from(interactions)[0].script.run_s == 7.125


def unsteady(interactions: list[Interaction], seed: int) -> list[Interaction]:
    """Return interactions as if each answer had taken its time, in recorded order."""
    chance = Random(seed)  # noqa: S311 - no secret comes of it
    found: list[Interaction] = []
    latest = 0.0
    for each in interactions:
        latest = round(max(latest, each.at + chance.uniform(0, 0.4)), 6)
        found.append(replace(each, at=latest))
    return found


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("over", WAYS)
def test_answers_that_took_their_time_do_not_contradict_the_script(over: Way, seed: int) -> None:
    script = replace(JOB, created_s=0.9, run_s=7.35)
    followed = recorded(script, over, follow("Prescriptive", {}, 0.5, 30))
    stopped = recorded(JobScript(run_s=50), over, cancelled("Logic", TXN, 3))
    for each in (followed, stopped):
        interactions = unsteady(each, seed)
        report = verify(interactions, remade(interactions))
        assert report, str(report)


def test_an_end_that_an_answer_contradicts_comes_right_after_that() -> None:
    interactions = recorded(JobScript(run_s=7), "http", looks(6.8, 20))
    late = [interactions[0], replace(interactions[1], at=7.5), interactions[2]]
    assert scripts_from(late)[0].script.run_s == 7.500001
    assert verify(late, remade(late))


def test_what_was_next_seen_after_its_end_left_the_queue_at_its_end() -> None:
    interactions = recorded(JobScript(queue_s=5, run_s=2.5), "http", looks(1, 50))
    [made] = scripts_from(interactions)
    assert (made.script.queue_s, made.script.run_s) == (7.5, 0)
    assert verify(interactions, remade(interactions), tolerance_s=0)


def test_events_that_were_read_again_were_said_once() -> None:
    def story(client: JobsClientSync, backend: FakeBackend) -> None:
        made = client.create("Prescriptive", "r", {})
        for _ in range(3):
            backend.clock.sleep(4)
            client.get_events("Prescriptive", made.id)
        client.get("Prescriptive", made.id)

    interactions = recorded(JOB, "http", story)
    [made] = scripts_from(interactions)
    assert [each.event["type"] for each in made.script.events] == [*"abc"]
    assert verify(interactions, remade(interactions), tolerance_s=0)


def test_it_left_a_state_when_that_was_first_seen() -> None:
    script = JobScript(created_s=2, queue_s=2, run_s=10)
    [made] = scripts_from(recorded(script, "http", looks(1, 3, 6, 20)))
    assert (made.script.created_s, made.script.queue_s, made.script.run_s) == (3, 3, 8)


def test_what_was_never_seen_waiting_did_not_wait() -> None:
    script = JobScript(created_s=2, queue_s=2, run_s=10)
    [made] = scripts_from(recorded(script, "http", looks(5, 20)))
    assert (made.script.created_s, made.script.queue_s, made.script.run_s) == (0, 0, 14)


def test_work_that_says_something_runs() -> None:
    def story(client: JobsClientSync, backend: FakeBackend) -> None:
        made = client.create("Prescriptive", "r", {})
        client.get("Prescriptive", made.id)
        backend.clock.sleep(3)
        client.get_events("Prescriptive", made.id)
        backend.clock.sleep(3)
        client.get("Prescriptive", made.id)

    script = JobScript(queue_s=2, run_s=20, events=[At(0.5, {"type": "a"})])
    [made] = scripts_from(recorded(script, "http", story))
    assert made.script.queue_s == 3
    assert made.script.events == [At(0, {"type": "a"})]


def test_what_was_first_read_after_the_end_was_said_at_the_end() -> None:
    def story(client: JobsClientSync, backend: FakeBackend) -> None:
        made = client.create("Prescriptive", "r", {})
        backend.clock.sleep(30)
        client.get_events("Prescriptive", made.id)
        client.get("Prescriptive", made.id)

    interactions = recorded(replace(JOB, events=EVENTS[:2]), "http", story)
    [made] = scripts_from(interactions)
    assert [each.after_s for each in made.script.events] == [10.75, 10.75]
    assert verify(interactions, remade(interactions), tolerance_s=0)


@pytest.mark.parametrize("over", WAYS)
def test_a_transaction_leaves_what_it_left(over: Way) -> None:
    problem = {"type": "T", "message": "m", "report": "r"}
    left = JobScript(
        run_s=3.5,
        artifacts={"a.arrow": {"presigned_url": "https://s3.test/a"}},
        problems=[problem],
    )

    def story(client: JobsClientSync, backend: FakeBackend) -> None:
        made = client.create("Logic", "e", TXN)
        client.wait("Logic", made.id, timeout_s=60, poll_interval_s=1)
        client.get("Logic", made.id, include={"artifacts": True, "problems": True})

    interactions = recorded(left, over, story)
    [made] = scripts_from(interactions)
    assert made.script == replace(left, events=[])
    assert (made.reasoner_type, made.name, made.unknown) == ("Logic", "e", ())
    assert verify(interactions, remade(interactions), tolerance_s=0)


@pytest.mark.parametrize("over", WAYS)
def test_a_transaction_that_aborted_aborts_again(over: Way) -> None:
    script = JobScript(run_s=3.5, outcome=aborted("why", [{"type": "T", "message": "m"}]))

    def story(client: JobsClientSync, backend: FakeBackend) -> None:
        made = client.create("Logic", "e", TXN)
        client.wait("Logic", made.id, timeout_s=60, poll_interval_s=1)
        client.get("Logic", made.id, include={"problems": True})

    interactions = recorded(script, over, story)
    assert scripts_from(interactions)[0].script.outcome == aborted("why")
    assert verify(interactions, remade(interactions), tolerance_s=0)


def test_profiler_events_are_told_from_progress() -> None:
    script = JobScript(run_s=3, events=[At(1, {"type": "a"}), At(2, {"type": "p"}, "profiler")])

    def story(client: JobsClientSync, backend: FakeBackend) -> None:
        made = client.create("Logic", "e", TXN)
        for stream in ("progress", "profiler"):
            backend.clock.sleep(2)
            client.get_events("Logic", made.id, "0", stream_name=stream)
        client.get("Logic", made.id)

    interactions = recorded(script, "http", story)
    assert {each.stream for each in scripts_from(interactions)[0].script.events} == {
        "progress",
        "profiler",
    }
    assert verify(interactions, remade(interactions), tolerance_s=0)


def cancelled(
    kind: str, payload: dict[str, Any], at: float
) -> Callable[[JobsClientSync, FakeBackend], None]:
    def story(client: JobsClientSync, backend: FakeBackend) -> None:
        made = client.create(kind, "r", payload)
        client.get(kind, made.id)
        backend.clock.sleep(at)
        client.get(kind, made.id)
        client.cancel(kind, made.id)
        for _ in range(6):
            client.get(kind, made.id)
            backend.clock.sleep(1)

    return story


@pytest.mark.parametrize("over", WAYS)
@pytest.mark.parametrize(("kind", "payload"), [("Logic", TXN), ("Prescriptive", {})])
@pytest.mark.parametrize("latency_s", [0, 2.25])
def test_what_was_cancelled_is_cancelled_again(
    over: Way, kind: str, payload: dict[str, Any], latency_s: float
) -> None:
    script = JobScript(run_s=50, cancel_latency_s=latency_s)
    interactions = recorded(script, over, cancelled(kind, payload, 3))
    [made] = scripts_from(interactions)
    assert (made.script.run_s, made.script.cancel_latency_s) == (math.inf, latency_s)
    assert made.unknown == ("how it ends when nobody cancels it",)
    assert verify(interactions, remade(interactions), tolerance_s=0)


@pytest.mark.parametrize("over", WAYS)
def test_what_was_cancelled_while_it_waited_waits_until_then(over: Way) -> None:
    interactions = recorded(JobScript(queue_s=50), over, cancelled("Prescriptive", {}, 3))
    assert scripts_from(interactions)[0].script.queue_s == UNTOLD_S
    assert verify(interactions, remade(interactions), tolerance_s=0)


@pytest.mark.parametrize("over", WAYS)
def test_what_heeded_no_cancel_heeds_none(over: Way) -> None:
    script = JobScript(run_s=5.5, ignores_cancel=True)
    interactions = recorded(script, over, cancelled("Logic", TXN, 3))
    assert scripts_from(interactions)[0].script == replace(script, events=[])
    assert verify(interactions, remade(interactions), tolerance_s=0)


def test_what_cancelled_work_had_said_it_said_before_it_was_cancelled() -> None:
    def story(client: JobsClientSync, backend: FakeBackend) -> None:
        made = client.create("Prescriptive", "r", {})
        backend.clock.sleep(3)
        client.cancel("Prescriptive", made.id)
        backend.clock.sleep(3)
        client.get("Prescriptive", made.id)
        client.get_events("Prescriptive", made.id)

    interactions = recorded(JobScript(run_s=50, events=EVENTS), "http", story)
    assert scripts_from(interactions)[0].script.events == [At(3, {"type": "a"})]
    assert verify(interactions, remade(interactions), tolerance_s=0)


def test_a_cancel_after_the_end_says_nothing_of_the_work() -> None:
    interactions = recorded(JobScript(run_s=1), "http", cancelled("Prescriptive", {}, 3))
    assert not scripts_from(interactions)[0].script.ignores_cancel


def test_who_cancelled_unseen_is_said_to_be_unknown() -> None:
    interactions = recorded(JobScript(run_s=50), "http", cancelled("Prescriptive", {}, 3))
    unseen = [each for each in interactions if "cancel" not in str(each.request["url"])]
    [made] = scripts_from(unseen)
    assert made.unknown == ("who cancelled it: the recording does not hold the request",)


@pytest.mark.parametrize("over", WAYS)
@pytest.mark.parametrize(
    ("kind", "payload"), [("Logic", {**TXN, "timeout_mins": 1}), ("Prescriptive", {})]
)
@pytest.mark.parametrize("queue_s", [0, 500])
def test_what_timed_out_times_out_by_the_fakes_own_rule(
    over: Way, kind: str, payload: dict[str, Any], queue_s: float
) -> None:
    create = {} if kind == "Logic" else {"timeout_mins": 1}
    story = follow(kind, payload, 20, 5, **create)
    interactions = recorded(JobScript(queue_s=queue_s, run_s=500), over, story)
    [made] = scripts_from(interactions)
    assert made.script.run_s == math.inf
    assert made.script.outcome == completed()
    assert verify(interactions, remade(interactions), tolerance_s=0)


def test_a_reason_that_only_sounds_like_a_timeout_is_a_failure() -> None:
    script = JobScript(run_s=3, outcome=failed("job timeout"))
    interactions = recorded(script, "http", follow("Prescriptive", {}, 2, 4))
    assert scripts_from(interactions)[0].script.outcome == failed("job timeout")


def test_what_lost_its_owner_loses_it_by_the_fakes_own_rule() -> None:
    def story(client: JobsClientSync, backend: FakeBackend) -> None:
        with pytest.raises(JobTimeoutError):
            client.create_ready("Logic", "e", TXN, timeout_s=5, poll_interval_s=2)
        [lost] = backend.executions
        backend.clock.sleep(100)
        client.get("Logic", lost.id)

    interactions = recorded(JobScript(run_s=500), "http", story)
    [made] = scripts_from(interactions)
    assert made.script.run_s == math.inf
    assert verify(interactions, remade(interactions), tolerance_s=0)
    slower = verify(interactions, remade(interactions, detach_grace_s=70), tolerance_s=0)
    assert {each.difference.place for each in slower.differences} == {
        "json.transaction.finished_at",
        "json.transaction.duration",
    }


def test_what_was_never_seen_to_end_does_not() -> None:
    interactions = recorded(JobScript(run_s=500), "http", follow("Prescriptive", {}, 2, 3))
    [made] = scripts_from(interactions)
    assert made.script.run_s == math.inf
    assert made.unknown == ("how it ends: nobody saw it",)
    assert verify(interactions, remade(interactions), tolerance_s=0)


def test_what_was_never_seen_to_run_waits() -> None:
    interactions = recorded(JobScript(queue_s=500), "http", follow("Prescriptive", {}, 2, 3))
    assert scripts_from(interactions)[0].script.queue_s == UNTOLD_S
    assert verify(interactions, remade(interactions), tolerance_s=0)


def test_pages_from_a_token_that_nobody_told_are_said_to_be_unknown() -> None:
    interactions = recorded(JOB, "http", follow("Prescriptive", {}, 4, 6))
    without_first = [interactions[0], interactions[1], *interactions[3:]]
    [made] = scripts_from(without_first)
    assert "where in their stream" in made.unknown[0]


def test_each_execution_has_its_own_script_in_order_of_creation() -> None:
    backend = FakeBackend()
    backend.add_user("ann")
    backend.script(JobScript(run_s=3), times=1)
    backend.script(JobScript(run_s=1), times=1)
    backend.script(JobScript(run_s=2), times=1)
    story = Story(backend)
    http, sql = story.client("http"), story.client("sql")
    made = [
        http.create("Prescriptive", "r", {}),
        sql.create("Predictive", "p", {}),
        sql.create("Prescriptive", "r", {}),
    ]
    backend.clock.sleep(10)
    http.list(None)
    assert len(made) == 3
    scripts = scripts_from(story.interactions)
    assert [each.script.run_s for each in scripts] == [3, 1, 2]
    assert [(each.reasoner_type, each.name) for each in scripts] == [
        ("Prescriptive", "r"),
        ("Predictive", "p"),
        ("Prescriptive", "r"),
    ]
    other = remade(story.interactions)
    assert verify(story.interactions, other, tolerance_s=0)
    with other:  # every script was lived by
        pass


def test_creates_that_were_refused_make_no_script() -> None:
    backend = FakeBackend()
    backend.add_user("ann")
    backend.faults.inject(Fault.http(400, operation="create"))
    story = Story(backend)
    with pytest.raises(JobError):
        story.client("http").create("Prescriptive", "r", {})
    assert scripts_from(story.interactions) == []


def test_what_violated_a_guard_rail_violates_it_again() -> None:
    backend = FakeBackend()
    backend.add_user("ann")
    backend.script(JobScript(run_s=50, guard_rail_after_s=3.5))
    story = Story(backend)
    client = story.client("http", guard_rails=True)
    made = client.create("Logic", "e", TXN)
    client.wait("Logic", made.id, timeout_s=60, poll_interval_s=2)
    [found] = scripts_from(story.interactions)
    assert (found.script.guard_rail_after_s, found.script.run_s) == (3.5, math.inf)
    assert verify(story.interactions, remade(story.interactions), tolerance_s=0)


@pytest.mark.parametrize("over", WAYS)
def test_a_reasoner_that_was_not_ready_is_ready_again_when_it_was(over: Way) -> None:
    backend = FakeBackend()
    backend.add_user("ann")
    backend.add_reasoner("r", "Prescriptive", status="UPGRADING", ready_after_s=5)
    story = Story(backend)
    client = story.client(over)
    for _ in range(4):
        try:
            made = client.create("Prescriptive", "r", {})
            client.get("Prescriptive", made.id)
        except JobNotReadyError:
            pass
        backend.clock.sleep(3)
    [found] = reasoners_from(story.interactions)
    assert found == RecordedReasoner("r", "Prescriptive", "UPGRADING", 6.0)
    report = verify(story.interactions, remade(story.interactions), tolerance_s=0)
    assert report, str(report)


def test_reasoners_that_accepted_at_once_are_not_told_of() -> None:
    assert reasoners_from(recorded(JOB, "http", looks(1))) == []


def test_a_real_run_can_be_made_to_fail_to_time_out_and_to_be_cancelled() -> None:
    interactions = recorded(JOB, "sql", follow("Prescriptive", {}, 2, 8))
    [run] = scripts_from(interactions)

    def anew(script: JobScript) -> tuple[JobsClientSync, str]:
        backend = FakeBackend()
        replace(run, script=script).register(backend)
        client = backend.jobs()
        return client, client.create("Prescriptive", "r", {}, timeout_mins=1).id

    client, made = anew(run.script)
    assert client.wait("Prescriptive", made, timeout_s=60, poll_interval_s=1).state == "COMPLETED"

    client, made = anew(replace(run.script, outcome=failed("the solver crashed")))
    ended = client.wait("Prescriptive", made, timeout_s=60, poll_interval_s=1)
    assert (ended.state, ended.abort_reason) == ("FAILED", "the solver crashed")

    client, made = anew(replace(run.script, run_s=math.inf))
    ended = client.wait("Prescriptive", made, timeout_s=90, poll_interval_s=1)
    assert (ended.state, ended.abort_reason) == ("FAILED", "job timeout")
    told = client.get_events("Prescriptive", made).events
    assert [each["type"] for each in told] == [*"abc"]

    client, made = anew(run.script)
    client.cancel("Prescriptive", made)
    assert client.wait("Prescriptive", made, timeout_s=60, poll_interval_s=1).state == "CANCELED"
