"""Every rule of the backend in words: what it says, where it comes from, which argument changes it.

The machine does not read this: `explain` and the page of the machine do, so that both say the same.
A rule of a trigger is looked up by the trigger; a test holds the two lists together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .table import Trigger

__all__ = ["RULES", "RULE_OF", "Rule"]


@dataclass(frozen=True)
class Rule:
    """One rule."""

    name: str
    says: str
    source: str
    """`docs`, `peer`, `spec §n`, or `choice` where nobody outside knows."""
    argument: str = ""
    """What a test gives to have it otherwise; empty when it cannot."""


RULE_OF: Mapping[Trigger, Rule] = {
    Trigger.ENQUEUE: Rule(
        "joins the queue",
        "an accepted execution waits a while before it joins its reasoner's queue",
        "docs; its length: choice",
        "JobScript(created_s=0)",
    ),
    Trigger.READY: Rule(
        "may take a slot",
        "one that queues waits a while even where its reasoner has room",
        "choice",
        "JobScript(queue_s=0)",
    ),
    Trigger.START: Rule(
        "slot free",
        "the first that came runs as soon as its reasoner is READY and has a slot",
        "spec §2",
        "add_reasoner(max_running=None)",
    ),
    Trigger.FINISH_WELL: Rule(
        "work completes",
        "work that runs ends by itself: COMPLETED",
        "spec §2",
        "JobScript(run_s=0, outcome=completed())",
    ),
    Trigger.FINISH_BADLY: Rule(
        "work fails",
        "work that runs ends badly: a job FAILED, a transaction ABORTED, with its reason",
        "spec §2",
        "JobScript(outcome=failed(reason) | aborted(reason))",
    ),
    Trigger.GUARD_RAIL: Rule(
        "guard rail violated",
        "a transaction held to the guard rails whose script violates them is ABORTED",
        "peer",
        "JobScript(guard_rail_after_s=None)",
    ),
    Trigger.CANCEL: Rule(
        "cancel requested",
        "a cancel is a request: what never ran is CANCELED at once, a running transaction is"
        " CANCELING, a running job shows nothing yet",
        "docs, peer",
    ),
    Trigger.CANCEL_TAKES_EFFECT: Rule(
        "cancel latency passed",
        "running work stops a while after the request, unless it ends before or ignores it",
        "choice",
        "JobScript(cancel_latency_s=0, ignores_cancel=False)",
    ),
    Trigger.TIMEOUT: Rule(
        "timeout reached",
        "an execution ends when its timeout has passed since its creation: a transaction ABORTED, a"
        " job FAILED",
        "docs for transactions, choice for jobs",
        "FakeBackend(default_timeout_mins=1440), create(timeout_mins=…)",
    ),
    Trigger.DETACH: Rule(
        "owner silent",
        "a transaction with abort_detached is ABORTED when its owner has not asked for it so long;"
        " listing does not count",
        "peer; how long: choice",
        "FakeBackend(detach_grace_s=60)",
    ),
}
"""The rule behind each trigger."""

RULES: tuple[Rule, ...] = (
    *RULE_OF.values(),
    Rule(
        "work beats the clock",
        "what is due to one execution in one instant happens in the order of the table: work"
        " that ends in the instant of its timeout has ended well; among several executions the one"
        " created first comes first",
        "choice",
    ),
    Rule("terminal for ever", "what has ended stays as it is, whatever is asked of it", "spec §2"),
    Rule("first come, first served", "who was created first runs first", "spec §2"),
    Rule(
        "unknown reasoners",
        "a reasoner that nobody added exists, READY and without bound",
        "choice",
        "FakeBackend(strict_reasoners=False)",
    ),
    Rule(
        "not ready",
        "a reasoner that is not READY refuses to accept jobs; what runs on it goes on, what waits"
        " starts when it is READY",
        "spec §5, choice",
        'add_reasoner(status="READY", ready_after_s=None)',
    ),
    Rule(
        "resume on demand",
        "a SUSPENDED reasoner that resumes accepts work, is PENDING for a while, then READY",
        "choice",
        "add_reasoner(resume_s=None)",
    ),
    Rule(
        "suspends itself",
        "a READY reasoner without work for so long is SUSPENDED",
        "docs",
        "add_reasoner(auto_suspend_mins=None)",
    ),
    Rule(
        "default script",
        "an execution that no script matches completes at once",
        "choice",
        "FakeBackend(strict_scripts=False)",
    ),
    Rule(
        "who sees",
        "one sees one's own executions, an admin everybody's; what one may not see is not found",
        "spec §3, choice",
        "add_user(admin=False)",
    ),
    Rule(
        "who reads",
        "event streams, artifacts and problems are the owner's alone",
        "peer",
    ),
    Rule(
        "who cancels",
        "one cancels one's own; an admin cancels any transaction by asking for all users",
        "docs, peer",
        "add_user(admin=False)",
    ),
    Rule(
        "pages",
        "a page holds so many events; a token never expires, and belongs to one stream of one"
        " execution",
        "peer, choice",
        "FakeBackend(event_page_size=100)",
    ),
    Rule(
        "results",
        "artifacts are there once a transaction has completed, problems once it has ended",
        "choice",
        "JobScript(artifacts=…, problems=…)",
    ),
    Rule(
        "retention",
        "an execution vanishes so long after it has ended: not found, not listed",
        "choice",
        "FakeBackend(retention_s=inf)",
    ),
    Rule(
        "found late",
        "an execution is not found by its id so long after its creation",
        "choice",
        "FakeBackend(get_lag_s=0)",
    ),
    Rule(
        "lists lag",
        "a list shows what was so long ago",
        "choice",
        "FakeBackend(list_lag_s=0)",
    ),
    Rule(
        "clock skew",
        "the backend's clock is so far ahead of the client's",
        "choice",
        "FakeBackend(clock_skew_s=0)",
    ),
    Rule("ids", "ids and tokens are made from the seed", "choice", "FakeBackend(seed=0)"),
)
"""All rules: first those of the triggers, in the order of a life."""
