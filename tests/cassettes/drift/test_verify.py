"""`verify`: a recording's requests put to a fake, and where the answers differ."""

from __future__ import annotations

import warnings
from dataclasses import replace

import pytest

from rai_jobs.clock import SystemClock
from rai_jobs.errors import JobError
from rai_jobs_cassettes.drift.report import Report
from rai_jobs_cassettes.drift.verify import verify
from rai_jobs_cassettes.drift.volatile import DEFAULT_VOLATILE, Volatile
from rai_jobs_cassettes.errors import CassetteError, DriftError
from rai_jobs_cassettes.interactions import Interaction
from rai_jobs_fakes import (
    At,
    FakeBackend,
    Fault,
    JobScript,
    VirtualClock,
    aborted,
    completed,
    failed,
)

from .stories import Story, Way, rewritten

WAYS: tuple[Way, ...] = ("http", "sql")
SOLVE = JobScript(
    queue_s=1.5,
    run_s=5,
    events=[At(1, {"type": "LogMessage", "event": {"message": "one"}}), At(2, {"type": "two"})],
)


def backend(script: JobScript | None = None, *, seed: int = 0) -> FakeBackend:
    made = FakeBackend(seed=seed)
    made.add_user("ann")
    if script is not None:
        made.script(script)
    return made


def solved(over: Way, script: JobScript = SOLVE, *, seed: int = 0) -> list[Interaction]:
    """Return the recording of a job that is followed to its end."""
    story = Story(backend(script, seed=seed))
    client = story.client(over)
    job = client.create("Prescriptive", "solver-1", {"model": "m"}, timeout_mins=30)
    token: str | None = ""
    while token is not None:
        token = client.get_events("Prescriptive", job.id, token).continuation_token
        client.get("Prescriptive", job.id)
        story.backend.clock.sleep(2)
    client.list("Prescriptive")
    return story.interactions


def fields(report: Report) -> list[tuple[int, str]]:
    """Return the numbers and places of what differs; places without their heads."""
    return [
        (each.number, each.difference.place.rpartition(".")[2].lower())
        for each in report.differences
    ]


@pytest.mark.parametrize("over", WAYS)
def test_a_fake_that_does_the_same_differs_in_nothing_whatever_ids_it_makes(over: Way) -> None:
    recorded = solved(over)
    other = backend(SOLVE, seed=7)
    other.clock.sleep(12_345)
    report = verify(recorded, other, tolerance_s=0)
    assert str(report) == f"No drift: {report.compared} answers are as recorded."
    assert report.compared == len(recorded) - (over == "sql")
    assert report
    report.raise_on_drift()


@pytest.mark.parametrize("over", WAYS)
def test_work_that_lasts_longer_is_told_by_its_end_and_duration_alone(over: Way) -> None:
    recorded = solved(over)
    report = verify(recorded, backend(replace(SOLVE, run_s=6.2)))
    # The looks from 8 s on show the end in both; only its time is another.
    first = 11 + (over == "sql")
    assert sorted(fields(report)) == [
        (number, field)
        for number in (first, len(recorded))
        for field in ("duration", "finished_at")
    ]
    assert "recorded '6.500 s after created_on', the fake '7.700 s after created_on'" in str(report)
    assert not report


@pytest.mark.parametrize("over", WAYS)
def test_an_end_that_was_not_reached_is_told_by_the_state_too(over: Way) -> None:
    report = verify(solved(over), backend(replace(SOLVE, run_s=7)))
    first = 11 + (over == "sql")
    assert {field for number, field in fields(report) if number == first} == {
        "state",
        "finished_at",
        "duration",
    }


@pytest.mark.parametrize("over", WAYS)
def test_a_state_that_comes_later_is_told_where_it_was_seen(over: Way) -> None:
    quiet = replace(SOLVE, events=())
    report = verify(solved(over, quiet), backend(replace(quiet, queue_s=2.5, run_s=4)))
    assert [field for _, field in fields(report)] == ["state"]
    assert report.differences[0].difference.left == "RUNNING"
    assert report.differences[0].difference.right == "PENDING"


@pytest.mark.parametrize("over", WAYS)
def test_times_may_differ_by_the_tolerance(over: Way) -> None:
    recorded = solved(over)
    assert verify(recorded, backend(replace(SOLVE, run_s=5.9)))
    assert not verify(recorded, backend(replace(SOLVE, run_s=5.9)), tolerance_s=0.5)


@pytest.mark.parametrize("over", WAYS)
def test_another_reason_is_that_field_alone(over: Way) -> None:
    recorded = solved(over, replace(SOLVE, outcome=failed("out of memory")))
    report = verify(recorded, backend(replace(SOLVE, outcome=failed("out of luck"))))
    assert {field for _, field in fields(report)} == {"abort_reason"}
    assert report.differences[0].difference.right == "out of luck"


@pytest.mark.parametrize("over", WAYS)
def test_a_missing_event_is_that_event_alone(over: Way) -> None:
    report = verify(solved(over), backend(replace(SOLVE, events=SOLVE.events[:1])))
    assert [each.difference.left for each in report.differences] == [{"type": "two"}]
    assert report.differences[0].difference.place.endswith("events[1]")


@pytest.mark.parametrize("over", WAYS)
def test_another_event_is_told_inside_of_it(over: Way) -> None:
    other = At(1, {"type": "LogMessage", "event": {"message": "uno"}})
    report = verify(solved(over), backend(replace(SOLVE, events=[other, SOLVE.events[1]])))
    assert [each.difference.place.rpartition("events")[2] for each in report.differences] == [
        "[0].event.message"
    ]


@pytest.mark.parametrize("over", WAYS)
def test_ids_inside_of_events_are_what_the_work_said(over: Way) -> None:
    recorded = solved(over, replace(SOLVE, events=[At(1, {"type": "step", "id": "first"})]))
    other = replace(SOLVE, events=[At(1, {"type": "step", "id": "second"})])
    assert {field for _, field in fields(verify(recorded, backend(other)))} == {"id"}


def test_a_token_that_goes_on_where_none_did_is_told() -> None:
    recorded = solved("http")
    report = verify(recorded, backend(replace(SOLVE, run_s=100)))
    assert "continuation_token" in {field for _, field in fields(report)}


@pytest.mark.parametrize("over", WAYS)
def test_a_transaction_with_problems_and_artifacts_is_compared_whole(over: Way) -> None:
    problem = {"type": "T", "message": "m", "report": "r"}
    artifact = {"presigned_url": "https://s3.test/a?sig=1"}
    script = JobScript(run_s=1, artifacts={"a.arrow": artifact}, problems=[problem])
    story = Story(backend(script))
    client = story.client(over)
    made = client.create("Logic", "engine", {"dbname": "d", "query": "q"})
    client.wait("Logic", made.id, timeout_s=30, poll_interval_s=1)
    client.get("Logic", made.id, include={"artifacts": True, "problems": True, "details": True})
    signed = replace(script, artifacts={"a.arrow": {"presigned_url": "https://s3.test/a?sig=2"}})
    assert verify(story.interactions, backend(signed, seed=3))
    renamed = replace(script, artifacts={"b.arrow": artifact})
    assert len(verify(story.interactions, backend(renamed)).differences) == 1
    other = replace(script, problems=[{**problem, "message": "n"}])
    report = verify(story.interactions, backend(other))
    assert {field for _, field in fields(report)} == {"message"}


@pytest.mark.parametrize("over", WAYS)
def test_a_refusal_is_compared_with_the_fakes_own_ids_in_its_words(over: Way) -> None:
    story = Story(backend())
    ann = story.client(over)
    made = ann.create("Prescriptive", "s", {})
    story.backend.add_user("bob")
    client = story.client(over, "bob")
    with pytest.raises(JobError):
        client.get_events("Prescriptive", made.id)
    with pytest.raises(JobError):
        ann.get_events("Prescriptive", made.id, "made-up-token")
    assert ann.get("Prescriptive", "made-up-id") is None
    report = verify(story.interactions, FakeBackend(seed=5))
    assert report, str(report)
    assert report.skipped == ()


def test_each_asks_as_whom_they_were_and_is_added() -> None:
    story = Story(backend())
    story.backend.add_user("bob")
    for user in ("ann", "bob"):
        client = story.client("http", user)
        made = client.create("Prescriptive", "s", {})
        client.get("Prescriptive", made.id)
        client.list("Prescriptive", all_users=True)
    other = FakeBackend(seed=5)
    assert verify(story.interactions, other)
    assert [each.created_by for each in other.executions] == ["ann", "bob"]


def test_who_saw_what_is_somebody_elses_is_added_as_an_admin() -> None:
    story = Story(backend())
    made = story.client("sql").create("Logic", "e", {"dbname": "d", "query": "q"})
    story.backend.add_user("root", admin=True)
    story.client("sql", "root").cancel("Logic", made.id, all_users=True)
    story.client("sql", "root").list("Logic", all_users=True)
    assert verify(story.interactions, FakeBackend(seed=5))


def test_who_was_never_let_in_is_not_let_in_by_the_fake() -> None:
    story = Story(backend())
    story.backend.add_user("bob")
    client = story.client("http", "bob")
    story.backend.add_user("bob", token="another")
    with pytest.raises(JobError):
        client.list("Prescriptive")
    assert verify(story.interactions, FakeBackend(seed=5))


def test_a_user_that_is_there_stays_as_they_are() -> None:
    other = backend(SOLVE, seed=5)
    other.add_user("ann", token="kept")
    assert verify(solved("http"), other)
    assert other.token("ann") == "kept"


@pytest.mark.parametrize("over", WAYS)
def test_stand_ins_are_names_as_good_as_any(over: Way) -> None:
    replaced = {"ann": "<user-1>", backend().token("ann"): "<token-1>"}

    def rewrite(text: str) -> str:
        for value, stand_in in replaced.items():
            text = text.replace(value, stand_in)
        return text.replace("fake.rai-jobs.test", "host-1.recorded.invalid")

    other = FakeBackend(seed=5)
    other.script(SOLVE)
    assert verify(rewritten(solved(over), rewrite), other)
    assert [each.created_by for each in other.executions] == ["<user-1>"]


def test_one_user_of_both_transports_is_one_user_of_the_fake() -> None:
    story = Story(backend(SOLVE))
    http, sql = story.client("http"), story.client("sql", "ann")
    made = http.create("Prescriptive", "s", {})
    sql.get("Prescriptive", made.id)
    sql.get_events("Prescriptive", made.id)

    def rewrite(text: str) -> str:
        return "ANN" if text == "ann" else text

    shouted = [
        replace(each, response=rewritten([each], rewrite)[0].response)
        for each in story.interactions
    ]
    other = FakeBackend(seed=5)
    other.script(SOLVE)
    assert verify(shouted, other)
    assert [each.created_by for each in other.executions] == ["ANN"]


def test_who_is_named_nowhere_has_a_name_of_their_own() -> None:
    story = Story(backend())
    assert story.client("http").get("Prescriptive", "made-up-id") is None
    other = FakeBackend(seed=5)
    assert verify(story.interactions, other)
    assert other.token("recorded-1")


def test_executions_of_others_in_a_list_do_not_count() -> None:
    recorded_on = backend(SOLVE)
    recorded_on.jobs("ann").create("Prescriptive", "other", {})
    story = Story(recorded_on)
    client = story.client("http")
    client.create("Prescriptive", "s", {})
    client.list("Prescriptive")
    other = backend(SOLVE, seed=5)
    for _ in range(3):
        other.jobs("ann").create("Prescriptive", "another", {})
    assert verify(story.interactions, other)


def test_what_is_older_than_the_recording_is_not_compared_and_said() -> None:
    recorded_on = backend(SOLVE)
    old = recorded_on.jobs("ann").create("Prescriptive", "other", {})
    story = Story(recorded_on)
    story.client("http").get("Prescriptive", old.id)
    report = verify(story.interactions, backend())
    assert [each.why for each in report.skipped] == ["the execution is older than the recording"]
    assert report.compared == 0
    with pytest.raises(DriftError, match=r"Nothing was compared(.|\n)*older than the recording"):
        report.raise_on_drift()


def test_what_is_not_the_jobs_api_is_not_compared_and_said() -> None:
    elsewhere = Interaction(0.0, "http", {"method": "GET", "url": "https://s3.test/a"}, {})
    aborting = Interaction(0.0, "sql", {"call": "abort", "query_id": "q"}, {"aborted": True})
    report = verify([elsewhere, aborting], backend())
    assert [each.number for each in report.skipped] == [1, 2]
    assert "1 GET https://s3.test/a: no path of the jobs API" in str(report)


def test_what_is_ignored_is_not_looked_at() -> None:
    recorded = solved("http", replace(SOLVE, outcome=failed("out of memory")))
    other = replace(SOLVE, outcome=failed("out of luck"))
    ignore = (*DEFAULT_VOLATILE, Volatile("abort_reason"))
    assert verify(recorded, backend(other), ignore=ignore)


def test_without_rules_ids_are_a_difference() -> None:
    report = verify(solved("http"), backend(SOLVE, seed=5), ignore=())
    assert (1, "id") in fields(report)


def test_a_fault_that_was_recorded_is_drift_unless_the_fake_has_it_too() -> None:
    recorded_on = backend(SOLVE)
    recorded_on.faults.inject(Fault.unreachable(operation="list", times=1))
    story = Story(recorded_on)
    with pytest.raises(JobError):
        story.client("http").list("Prescriptive")
    other = backend(SOLVE)
    assert {field for _, field in fields(verify(story.interactions, other))} >= {"raised"}
    other.faults.inject(Fault.unreachable(operation="list", times=1))
    assert verify(story.interactions, other)


def test_asynchronous_queries_are_asked_by_the_fakes_own_ids() -> None:
    made = backend()
    connection = made.connection("ann")
    cursor = connection.cursor()
    cursor.execute_async("select 1")
    assert cursor.sfqid is not None
    asked = Interaction(
        0.0,
        "sql",
        {"call": "execute_async", "statement": "select 1", "user": "ann"},
        {"query_id": cursor.sfqid},
    )
    cursor.get_results_from_sfqid(cursor.sfqid)
    columns = [{"name": "1", "type": "FIXED"}]
    fetched = Interaction(
        1.0,
        "sql",
        {"call": "results", "query_id": cursor.sfqid, "user": "ann"},
        {"query_id": cursor.sfqid, "columns": columns, "rows": [list(cursor.fetchall()[0])]},  # pyright: ignore[reportArgumentType]
    )
    status = Interaction(
        1.0,
        "sql",
        {"call": "status", "query_id": cursor.sfqid, "user": "ann"},
        {"status": "SUCCESS"},
    )
    other = FakeBackend(seed=9)
    report = verify([asked, status, fetched], other)
    assert report, str(report)
    report = verify([asked, replace(status, response={"status": "RUNNING"})], other)
    assert fields(report) == [(2, "status")]


def test_the_clock_is_led_by_the_recording() -> None:
    recorded = solved("http")
    other = backend(SOLVE)
    began = other.clock.monotonic()
    verify(recorded, other)
    assert other.clock.monotonic() - began == recorded[-1].at


def test_the_systems_clock_is_not_led() -> None:
    with pytest.raises(CassetteError, match="VirtualClock"):
        verify(solved("http"), FakeBackend(clock=SystemClock()))


def test_a_report_says_numbers_requests_and_fields() -> None:
    recorded = solved("http", replace(SOLVE, outcome=failed("out of memory")))
    report = verify(recorded, backend(SOLVE))
    assert "GET https://fake.rai-jobs.test/v1alpha1/jobs/SOLVER/" in str(report)
    assert "json.job.state: recorded 'FAILED', the fake 'COMPLETED'" in str(report)
    assert "json.job.state: recorded 'FAILED', the fake 'COMPLETED'" in str(report.differences[0])
    with pytest.raises(DriftError, match="recorded 'FAILED'"):
        report.raise_on_drift()


def test_an_aborted_transaction_is_compared() -> None:
    script = JobScript(run_s=1, outcome=aborted("why", [{"message": "m"}]))
    story = Story(backend(script))
    client = story.client("http")
    made = client.create("Logic", "engine", {"dbname": "d", "query": "q"})
    story.backend.clock.sleep(2)
    client.get("Logic", made.id, include={"problems": True})
    assert verify(story.interactions, backend(script, seed=2))
    report = verify(story.interactions, backend(replace(script, outcome=completed())))
    assert {field for _, field in fields(report)} == {"state", "abort_reason", "problems[0]"}


def test_nothing_warns_of_what_was_not_used() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with FakeBackend(clock=VirtualClock()) as other:
            other.script(SOLVE)
            assert verify(solved("http"), other)
