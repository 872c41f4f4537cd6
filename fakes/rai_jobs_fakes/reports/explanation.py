"""`explain`: why an execution is as it is, in words: what happened by which rule, what is next."""

from __future__ import annotations

from ..instants import LAST, seconds_of, time_of_day
from ..machine.execution import Execution, Fact
from ..machine.machine import Machine
from ..machine.rules import RULE_OF, Rule
from ..machine.table import ReasonerStatus, Trigger, next_state

__all__ = ["explain"]


def explain(machine: Machine, execution_id: str) -> str:
    """Return the story of one execution up to the machine's present.

    Args:
        machine: the machine.
        execution_id: the id, or its first characters where no other begins so.

    Raises:
        ValueError: no execution has that id, or more than one begins so.
    """
    execution = _found(machine, execution_id)
    asked, script = execution.submission, execution.plan.script
    head = (
        f"{asked.reasoner_type.label} execution {execution.id} of {asked.owner!r} on"
        f" {asked.reasoner_name!r} is {execution.state.value}"
        + (f": {execution.abort_reason}" if execution.abort_reason else "")
        + (", and vanished" if execution.vanished else "")
    )
    lines = [head, *(_happened(fact, execution) for fact in execution.history)]
    lines += [f"  now: {line}" for line in _present(machine, execution)]
    coming = [_coming(at, trigger, execution) for at, trigger in machine.pending(execution)]
    if script.ignores_cancel and execution.cancel_requested_at is not None:
        lines.append("  its script ignores cancellation (JobScript(ignores_cancel=True))")
    if execution.terminal:
        coming = ["nothing: what has ended stays as it is [spec §2]"]
    return "\n".join([*lines, *(f"  next: {line}" for line in coming)])


def _found(machine: Machine, execution_id: str) -> Execution:
    found = [each for each in machine.executions() if each.id.startswith(execution_id)]
    if len(found) == 1:
        return found[0]
    newest = ", ".join(each.id for each in machine.executions()[-5:]) or "none"
    what = "No execution has" if not found else f"{len(found)} executions begin with"
    raise ValueError(f"{what} the id {execution_id!r}. The newest: {newest}.")


def _happened(fact: Fact, execution: Execution) -> str:
    if fact.trigger is None:
        minutes = seconds_of(execution.submission.timeout_us) / 60
        return f"  {time_of_day(fact.at)} accepted: {fact.after.value}, timeout {minutes:g} min"
    move = f"{fact.before.value} -> " if fact.before not in (None, fact.after) else ""
    rule = RULE_OF[fact.trigger]
    return (
        f"  {time_of_day(fact.at)} {rule.name}: {move}{fact.after.value}, because {_because(rule)}"
    )


def _coming(at: int, trigger: Trigger, execution: Execution) -> str:
    after = next_state(execution.submission.kind, execution.state, trigger).value
    when = "never" if at > LAST else time_of_day(at)
    return f"{when} {RULE_OF[trigger].name}: {after}, unless something else comes first"


def _present(machine: Machine, execution: Execution) -> list[str]:
    if execution.terminal or not execution.ready or execution.started_at is not None:
        return []
    asked = execution.submission
    lane = machine.lanes[asked.reasoner_type, asked.reasoner_name]
    said = [f"waits for a slot: {lane.ahead_of(execution)} before it"]
    if lane.status is not ReasonerStatus.READY:
        late = lane.ready_at is None or lane.ready_at > LAST
        ready = "" if late else f", READY at {time_of_day(lane.ready_at or 0)}"
        said.append(f"its reasoner is {lane.status.value}{ready}")
    if lane.limits.max_running is not None:
        said.append(f"its reasoner runs {lane.running} of at most {lane.limits.max_running}")
    return said


def _because(rule: Rule) -> str:
    return f"{rule.says} [{rule.source}]" + (f" ({rule.argument})" if rule.argument else "")
