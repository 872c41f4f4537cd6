"""Why an execution is as it is, in words that a test's author can act on."""

from __future__ import annotations

import pytest

from rai_jobs_fakes import FakeBackend, JobScript, failed
from rai_jobs_fakes.machine.rules import RULE_OF, RULES
from rai_jobs_fakes.machine.table import Trigger


def test_every_trigger_has_its_rule() -> None:
    assert set(RULE_OF) == set(Trigger)
    assert {rule.name for rule in RULE_OF.values()} == {trigger.value for trigger in Trigger}
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_a_life_is_told_with_its_rules_and_arguments() -> None:
    backend = FakeBackend()
    backend.script(JobScript(run_s=5, outcome=failed("out of memory")))
    made = backend.jobs().create("Prescriptive", "solver", {})
    backend.clock.sleep(5)
    assert backend.explain(made.id).splitlines() == [
        f"Prescriptive execution {made.id} of 'fake_user' on 'solver' is FAILED: out of memory",
        "  00:00:00.000 accepted: CREATED, timeout 1440 min",
        "  00:00:00.000 slot free: CREATED -> RUNNING, because the first that came runs as soon as"
        " its reasoner is READY and has a slot [spec §2] (add_reasoner(max_running=None))",
        "  00:00:05.000 work fails: RUNNING -> FAILED, because work that runs ends badly: a job"
        " FAILED, a transaction ABORTED, with its reason [spec §2] (JobScript(outcome="
        "failed(reason) | aborted(reason)))",
        "  next: nothing: what has ended stays as it is [spec §2]",
    ]


def test_who_waits_is_told_for_what() -> None:
    backend = FakeBackend()
    backend.add_reasoner("solver", "Prescriptive", max_running=1, status="SUSPENDED", resume_s=30)
    backend.script(JobScript(run_s=60))
    jobs = backend.jobs()
    first, second = (jobs.create("Prescriptive", "solver", {}, timeout_mins=2) for _ in range(2))
    told = backend.explain(second.id)
    assert "  now: waits for a slot: 1 before it" in told
    assert "  now: its reasoner is PENDING, READY at 00:00:30.000" in told
    assert "  next: 00:02:00.000 timeout reached: FAILED, unless something else comes" in told
    backend.clock.sleep(30)
    assert "now:" not in backend.explain(first.id)
    assert "  now: its reasoner runs 1 of at most 1" in backend.explain(second.id)
    assert "  next: 00:01:30.000 work completes: COMPLETED" in backend.explain(first.id)


def test_a_cancellation_that_is_ignored_is_told() -> None:
    backend = FakeBackend()
    backend.script(JobScript(run_s=60, ignores_cancel=True))
    made = backend.jobs().create("Predictive", "trainer", {})
    assert "ignores" not in backend.explain(made.id)
    made.cancel()
    told = backend.explain(made.id)
    assert "its script ignores cancellation (JobScript(ignores_cancel=True))" in told
    assert "cancel requested: RUNNING, because" in told


def test_a_beginning_that_one_execution_has_is_enough() -> None:
    backend = FakeBackend()
    made = backend.jobs().create("Predictive", "trainer", {})
    assert backend.explain(made.id[:4]) == backend.explain(made.id)
    with pytest.raises(ValueError, match=f"No execution has the id 'x'. The newest: {made.id}."):
        backend.explain("x")
    backend.jobs().create("Predictive", "trainer", {})
    with pytest.raises(ValueError, match="2 executions begin with the id ''"):
        backend.explain("")


def test_what_vanished_is_told_so() -> None:
    backend = FakeBackend(retention_s=1)
    made = backend.jobs().create("Predictive", "trainer", {})
    backend.clock.sleep(1)
    assert backend.explain(made.id).splitlines()[0].endswith("is COMPLETED, and vanished")
