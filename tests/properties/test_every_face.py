"""One history, every face: whatever is asked, each answers what the pure machine says.

A search drives one random history through the model and through a backend behind each face (see
`sides`), and compares after every step. Some hundreds of histories on every run; ten thousand with
`make nightly`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from rai_jobs import JobError
from rai_jobs.models import JobIncludeDict
from rai_jobs_fakes import JobScript

from .drawing import (
    ANY_USER,
    ASKING,
    FILTERS,
    INCLUDES,
    MADE_UP_TOKENS,
    NAMES,
    OBJECTS,
    PAUSES,
    REASONERS,
    SECONDS,
    SETTINGS,
    TEXTS,
    TYPES,
    Creation,
    creations,
)
from .sides import FACES, Jobs, Sides, tokens_of

STEPS = 30


@dataclass(frozen=True)
class Ref:
    """An execution, and who created it."""

    kind: str
    id: str
    owner: str

    def user(self, other: str | None) -> str:
        """Who asks for it: its owner unless it is somebody else."""
        return self.owner if other is None else other


def followed(jobs: Jobs, ref: Ref, seconds: float) -> object:
    """The events that come, and how the following ended."""
    found: list[object] = []
    try:
        found.extend(jobs.follow(ref.kind, ref.id, timeout_s=seconds, poll_interval_s=2))
    except JobError as error:
        found.append(type(error))
    return found


class EveryFace(RuleBasedStateMachine):
    """The same random history on all sides, compared after every step."""

    executions: Bundle[Ref] = Bundle("executions")
    tokens: Bundle[str] = Bundle("tokens")
    on: Sides

    def teardown(self) -> None:
        if hasattr(self, "on"):
            self.on.require_same_story()
            self.on.close()

    @initialize(
        target=executions,
        given=SETTINGS,
        reasoners=st.lists(
            st.tuples(st.sampled_from(["one", "two"]), st.sampled_from(TYPES), REASONERS),
            max_size=3,
        ),
        several=st.lists(creations(), min_size=3, max_size=6),
    )
    def begin(
        self,
        given: dict[str, Any],
        reasoners: list[tuple[str, str, dict[str, Any]]],
        several: list[Creation],
    ) -> MultipleResults[Ref]:
        """There is something to look at in every history, and an id that is nobody's."""
        self.on = Sides(given)
        for each in reasoners:
            self.on.add_reasoner(*each)
        made = [ref for each in several for ref in self.made("ann", each)]
        return multiple(Ref("Logic", "nobody", "ann"), *made)

    @initialize(target=tokens)
    def the_first_token(self) -> MultipleResults[str]:
        """Where every stream begins."""
        return multiple("")

    @rule(name=st.sampled_from(NAMES), reasoner_type=st.sampled_from(TYPES), told=REASONERS)
    def change_reasoner(self, name: str, reasoner_type: str, told: dict[str, Any]) -> None:
        """A reasoner gets other bounds, or another status."""
        self.on.add_reasoner(name, reasoner_type, told)

    @rule(target=executions, user=ANY_USER, creation=creations())
    def create(self, user: str, creation: Creation) -> MultipleResults[Ref]:
        """Somebody creates an execution."""
        return multiple(*self.made(user, creation))

    def made(self, user: str, creation: Creation) -> list[Ref]:
        """Create it everywhere; return it unless refused."""
        made = self.on.create(user, creation)
        return [] if made is None else [Ref(creation.reasoner_type, made, user)]

    @rule(user=ANY_USER, reasoner_type=st.sampled_from(TYPES))
    def create_ready(self, user: str, reasoner_type: str) -> None:
        """Somebody creates an execution and waits for it."""
        payload = {"dbname": "d", "query": "q"}
        self.on.ask(
            user,
            lambda jobs: jobs.create_ready(
                reasoner_type, "two", payload, timeout_s=30, poll_interval_s=7
            ),
        )

    @rule(
        pause=PAUSES,
        user=ASKING,
        ref=executions,
        as_type=st.sampled_from([None, None, *TYPES]),
        include=INCLUDES,
    )
    def get(
        self,
        pause: float,
        user: str | None,
        ref: Ref,
        as_type: str | None,
        include: JobIncludeDict | None,
    ) -> None:
        """Somebody looks at an execution, sometimes under a type that is not its own."""
        self.advance(pause)
        kind = as_type or ref.kind
        self.on.ask(ref.user(user), lambda jobs: jobs.get(kind, ref.id, include=include))

    @rule(user=ASKING, ref=executions)
    def get_operation(self, user: str | None, ref: Ref) -> None:
        """Somebody looks at an execution as an operation."""
        self.on.ask(ref.user(user), lambda jobs: jobs.get_operation(ref.kind, ref.id))

    @rule(
        pause=PAUSES,
        user=ANY_USER,
        reasoner_type=st.sampled_from([None, *TYPES]),
        filters=FILTERS,
        only=st.one_of(st.none(), st.none(), executions),
        include=INCLUDES,
    )
    def list_jobs(
        self,
        pause: float,
        user: str,
        reasoner_type: str | None,
        filters: dict[str, Any],
        only: Ref | None,
        include: JobIncludeDict | None,
    ) -> None:
        """Somebody lists executions."""
        self.advance(pause)
        job_id = None if only is None else only.id
        self.on.ask(
            user, lambda jobs: jobs.list(reasoner_type, job_id=job_id, include=include, **filters)
        )

    @rule(target=tokens, pause=PAUSES, user=ASKING, ref=executions, token=tokens)
    def get_events(
        self, pause: float, user: str | None, ref: Ref, token: str
    ) -> MultipleResults[str]:
        """Somebody reads a page, from whichever token they remember."""
        self.advance(pause)
        page = self.on.ask(ref.user(user), lambda jobs: jobs.get_events(ref.kind, ref.id, token))
        return multiple(*tokens_of(page))

    @rule(
        target=tokens,
        user=ASKING,
        ref=executions,
        token=tokens,
        stream=st.sampled_from(["profiler", "profiler", "log", "a?b"]),
    )
    def read_other_stream(
        self, user: str | None, ref: Ref, token: str, stream: str
    ) -> MultipleResults[str]:
        """Somebody reads a stream that only some faces offer, or none."""
        page = self.on.read_other_stream(ref.user(user), ref.kind, ref.id, token, stream)
        return multiple(*tokens_of(page))

    @rule(ref=executions, token=st.sampled_from(MADE_UP_TOKENS))
    def get_events_by_a_made_up_token(self, ref: Ref, token: str) -> None:
        """The owner tries a token that nobody gave."""
        self.on.ask(ref.owner, lambda jobs: jobs.get_events(ref.kind, ref.id, token))

    @rule(target=tokens, ref=executions)
    def read_everything(self, ref: Ref) -> MultipleResults[str]:
        """The owner reads all pages that there are, each from the token before."""
        found: list[str] = []
        token = ""
        for _ in range(8):
            page = self.on.ask(
                ref.owner, lambda jobs, at=token: jobs.get_events(ref.kind, ref.id, at)
            )
            found.extend(tokens_of(page))
            if not tokens_of(page) or token == found[-1]:
                break
            token = found[-1]
        return multiple(*found[-1:])

    @rule(pause=PAUSES, user=ASKING, ref=executions)
    def cancel(self, pause: float, user: str | None, ref: Ref) -> None:
        """Somebody cancels an execution."""
        self.advance(pause)
        self.on.ask(ref.user(user), lambda jobs: jobs.cancel(ref.kind, ref.id))
        self.look_at(ref)

    @rule(pause=PAUSES, user=ANY_USER, ref=executions)
    def cancel_for_all(self, pause: float, user: str, ref: Ref) -> None:
        """Somebody cancels an execution whoever's it is."""
        self.advance(pause)
        self.on.cancel_for_all(user, ref.kind, ref.id)
        self.look_at(ref)

    @rule(user=ASKING, ref=consumes(executions), seconds=st.sampled_from([1, 5, 30]))
    def wait(self, user: str | None, ref: Ref, seconds: float) -> None:
        """Somebody waits for an execution for the last time."""
        self.on.ask(
            ref.user(user),
            lambda jobs: jobs.wait(ref.kind, ref.id, timeout_s=seconds, poll_interval_s=2),
        )

    @rule(user=ASKING, ref=executions, seconds=st.sampled_from([1, 5, 30]))
    def follow(self, user: str | None, ref: Ref, seconds: float) -> None:
        """Somebody follows the events of an execution."""
        self.on.ask(ref.user(user), lambda jobs: followed(jobs, ref, seconds))

    def look_at(self, ref: Ref) -> None:
        """An admin sees everything by a list, and this one by its id: what is under way, too."""
        self.on.ask("root", lambda jobs: jobs.list())
        self.on.ask("root", lambda jobs: jobs.get(ref.kind, ref.id))

    @rule(seconds=SECONDS)
    def advance(self, seconds: float) -> None:
        """Time passes."""
        self.on.advance(seconds)

    @invariant()
    def it_is_the_same_instant(self) -> None:
        """Waiting took the same time on all sides."""
        self.on.require_same_instant()


def search(histories: int) -> None:
    """Drive so many random histories through all sides."""
    case = cast("Any", EveryFace).TestCase()  # hypothesis has types for it since 6.170
    case.settings = settings(
        max_examples=histories,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    case.runTest()


@pytest.mark.parametrize("part", range(4))
def test_every_face_answers_what_the_machine_says(part: int) -> None:
    search(histories=60)


@pytest.mark.nightly
@pytest.mark.parametrize("part", range(20))
def test_every_face_answers_what_the_machine_says_in_ten_thousand_histories(part: int) -> None:
    search(histories=500)


@given(st.dictionaries(TEXTS, OBJECTS, max_size=2), st.lists(OBJECTS, max_size=2))
@settings(max_examples=50, deadline=None)
def test_any_artifacts_and_problems_come_over_http_as_they_are(
    artifacts: dict[str, Any], problems: list[dict[str, Any]]
) -> None:
    on = Sides(faces=[face for face in FACES if not face.rows])
    script = JobScript(artifacts=artifacts, problems=problems)
    made = on.create("ann", Creation("Logic", "w", {"dbname": "d", "query": "q"}, script))
    assert made is not None
    include = JobIncludeDict(artifacts=True, problems=True)
    on.ask("ann", lambda jobs: jobs.get("Logic", made, include=include))
    on.close()
