"""Pages and tokens of the machine: places, seals, and what is visible when."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import pytest

from rai_jobs.reasoners import LOGIC, PREDICTIVE
from rai_jobs_fakes import At, JobScript
from rai_jobs_fakes.instants import micros
from rai_jobs_fakes.machine.calls import Cancel, ReadEvents
from rai_jobs_fakes.machine.events import Page
from rai_jobs_fakes.machine.execution import User
from rai_jobs_fakes.machine.machine import Machine
from rai_jobs_fakes.machine.refusals import NotFound, Refused

from ..making import ANN, BOB, ROOT, make_machine, pass_until, start


def said(*after_s: float, stream: str = "progress") -> list[At]:
    """Events numbered as they are given, one at each of `after_s`."""
    return [At(seconds, {"n": number}, stream) for number, seconds in enumerate(after_s)]


def read(machine: Machine, execution_id: str, token: str = "", stream: str = "progress") -> Page:
    return ReadEvents(LOGIC, execution_id, token, stream).answer(machine, ANN)


def numbers(page: Page) -> list[int]:
    return [event["n"] for event in page.events]


def test_events_come_in_order_of_time_and_those_of_one_instant_in_the_scripts_order() -> None:
    machine = make_machine(event_page_size=9)
    execution_id = start(machine, LOGIC, JobScript(run_s=5, events=said(3, 1, 3, 0, 1)))
    pass_until(machine, 5)
    assert numbers(read(machine, execution_id)) == [3, 1, 4, 0, 2]


def test_an_event_is_seen_in_its_microsecond_and_not_before() -> None:
    machine = make_machine()
    execution_id = start(machine, LOGIC, JobScript(queue_s=1, run_s=5, events=said(0, 1.5)))
    seen: list[int] = []
    for instant in (micros(1) - 1, micros(1), micros(2.5) - 1, micros(2.5)):
        machine.settle(instant)
        seen.append(len(read(machine, execution_id).events))
    assert seen == [0, 1, 1, 2]


def test_an_event_at_the_very_end_is_seen() -> None:
    machine = make_machine()
    execution_id = start(machine, LOGIC, JobScript(run_s=0.1, events=said(0.1)))
    pass_until(machine, 0.1)
    assert read(machine, execution_id) == Page(({"n": 0},), "")


def test_an_endless_script_may_say_something_at_any_time() -> None:
    machine = make_machine()
    execution_id = start(machine, LOGIC, JobScript(run_s=math.inf, events=said(1e6)))
    pass_until(machine, 1e4)
    assert read(machine, execution_id).continuation_token


@pytest.mark.parametrize(
    ("size", "pages"), [(1, [1, 1, 1, 0]), (2, [2, 1]), (3, [3, 0]), (4, [3]), (99, [3])]
)
def test_a_page_holds_so_many_and_running_work_always_has_a_token(
    size: int, pages: list[int]
) -> None:
    machine = make_machine(event_page_size=size)
    execution_id = start(machine, LOGIC, JobScript(run_s=9, events=said(1, 2, 3)))
    pass_until(machine, 3)
    found: list[int] = []
    token = ""
    for _ in pages:
        page = read(machine, execution_id, token)
        found.append(len(page.events))
        token = page.continuation_token
        assert token
    assert found == pages


def test_reading_on_after_the_end_drains_and_old_tokens_stay_good() -> None:
    machine = make_machine(event_page_size=2)
    execution_id = start(machine, LOGIC, JobScript(run_s=5, events=said(1, 2, 3)))
    pass_until(machine, 1)
    old = read(machine, execution_id).continuation_token
    pass_until(machine, 1e6)
    first = read(machine, execution_id, old)
    assert (numbers(first), first.continuation_token) == ([1, 2], "")
    assert read(machine, execution_id, old) == first


@pytest.mark.parametrize(("size", "pages"), [(1, [1, 1, 1]), (2, [2, 1]), (3, [3]), (4, [3])])
def test_what_has_ended_has_a_token_as_long_as_events_remain(size: int, pages: list[int]) -> None:
    machine = make_machine(event_page_size=size)
    execution_id = start(machine, LOGIC, JobScript(run_s=3, events=said(1, 2, 3)))
    pass_until(machine, 3)
    found: list[int] = []
    token = ""
    while token or not found:
        page = read(machine, execution_id, token)
        found.append(len(page.events))
        token = page.continuation_token
    assert found == pages


def test_a_token_of_the_end_gives_an_empty_drained_page() -> None:
    machine = make_machine()
    execution_id = start(machine, LOGIC, JobScript(run_s=5, events=said(1)))
    pass_until(machine, 4)
    token = read(machine, execution_id).continuation_token
    pass_until(machine, 5)
    assert read(machine, execution_id, token) == Page((), "")


def test_what_was_cancelled_before_it_ran_has_said_nothing() -> None:
    machine = make_machine()
    execution_id = start(machine, LOGIC, JobScript(queue_s=5, run_s=5, events=said(0)))
    Cancel(LOGIC, execution_id).answer(machine, ANN)
    pass_until(machine, 100)
    assert read(machine, execution_id) == Page((), "")


def test_a_timeout_cuts_the_stream() -> None:
    machine = make_machine(event_page_size=9)
    execution_id = start(
        machine, LOGIC, JobScript(run_s=99, events=said(59, 60, 60.000001)), timeout_mins=1
    )
    pass_until(machine, 99)
    assert numbers(read(machine, execution_id)) == [0, 1]


# Not here: a place of more than 4,300 digits, which raises a bare ValueError (reported).
OTHER_SPELLINGS: dict[str, Callable[[str], str]] = {
    "leading zero": "0{}".format,
    "sign": "+{}".format,
    "space before": " {}".format,
    "space behind": "{} ".format,
    "newline behind": "{}\n".format,
    "another place": lambda token: token.replace("1.", "2.", 1),
    "another script's digit": lambda token: token.replace("1.", "\u0661.", 1),
    "underscore": lambda token: token.replace("1.", "1_0.", 1),
    "negative": lambda token: token.replace("1.", "-1.", 1),
    "cut seal": lambda token: token[:-1],
    "seal in capitals": lambda token: token.upper() + "A",
    "seal alone": lambda token: token[2:],
    "place alone": lambda token: token.partition(".")[0],
    "no place": lambda token: token[1:],
}


@pytest.mark.parametrize("spelling", OTHER_SPELLINGS)
def test_a_token_in_any_other_spelling_is_refused(spelling: str) -> None:
    machine = make_machine(event_page_size=1)
    execution_id = start(machine, LOGIC, JobScript(run_s=9, events=said(0, 0)))
    token = read(machine, execution_id).continuation_token
    assert token.startswith("1.")
    assert numbers(read(machine, execution_id, token)) == [1]
    with pytest.raises(Refused, match="token is malformed or belongs to another stream"):
        read(machine, execution_id, OTHER_SPELLINGS[spelling](token))


def test_a_token_is_of_one_backend_one_execution_and_one_stream() -> None:
    tokens: set[str] = set()
    for seed in (1, 2):
        machine = make_machine(seed=seed)
        for _ in range(2):
            execution_id = start(machine, LOGIC, JobScript(run_s=9))
            for stream in ("progress", "profiler"):
                tokens.add(read(machine, execution_id, stream=stream).continuation_token)
    assert len(tokens) == 8


@pytest.mark.parametrize("user", [BOB, ROOT])
def test_only_the_owner_reads_events(user: User) -> None:
    machine = make_machine()
    execution_id = start(machine, LOGIC)
    with pytest.raises(NotFound):
        ReadEvents(LOGIC, execution_id).answer(machine, user)


@pytest.mark.parametrize("stream", ["", "profiler", "PROGRESS", " progress", "x" * 10_000])
def test_a_job_has_the_progress_stream_alone(stream: str) -> None:
    machine = make_machine()
    execution_id = start(machine, PREDICTIVE)
    with pytest.raises(Refused, match=r"there is progress$") as caught:
        ReadEvents(PREDICTIVE, execution_id, "", stream).answer(machine, ANN)
    assert len(str(caught.value)) < 200


def test_a_page_is_not_the_script_itself() -> None:
    machine = make_machine()
    execution_id = start(machine, LOGIC, JobScript(run_s=0, events=said(0)))
    read(machine, execution_id).events[0]["n"] = 99
    assert numbers(read(machine, execution_id)) == [0]


def test_a_refused_token_is_told_in_the_same_words_whatever_is_wrong_with_it() -> None:
    machine = make_machine()
    execution_id = start(machine, LOGIC, JobScript(run_s=9))
    for token in ("x", "1.0123456789abcdef", "1" * 65):
        with pytest.raises(Refused) as caught:
            read(machine, execution_id, token)
        assert str(caught.value) == "continuation token is malformed or belongs to another stream"


def test_zero_begins_the_stream_of_a_transaction_and_is_no_token_of_a_job() -> None:
    machine = make_machine()
    script = JobScript(run_s=9, events=said(0))
    logic, job = (start(machine, kind, script) for kind in (LOGIC, PREDICTIVE))
    assert read(machine, logic, "0") == read(machine, logic)
    with pytest.raises(Refused):
        ReadEvents(PREDICTIVE, job, "0").answer(machine, ANN)


def test_a_token_is_a_place_and_a_seal_of_sixteen_digits() -> None:
    machine = make_machine()
    execution_id = start(machine, LOGIC, JobScript(run_s=9))
    assert re.fullmatch(r"0\.[0-9a-f]{16}", read(machine, execution_id).continuation_token)


def test_a_stream_that_is_not_there_is_named_as_far_as_eighty_characters_go() -> None:
    machine = make_machine()
    execution_id = start(machine, LOGIC)
    with pytest.raises(Refused) as caught:
        read(machine, execution_id, stream="x" * 81)
    name = "x" * 80
    assert str(caught.value) == f"no event stream '{name}' here: there is progress, profiler"
