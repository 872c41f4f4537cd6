"""A search for a request that the control API cannot answer, or that it half carries out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rai_jobs_fakes import FakeBackend
from rai_jobs_fakes.control.access import Access
from rai_jobs_fakes.control.body import DEEPEST, MOST_PROBLEMS, MOST_VALUES
from rai_jobs_fakes.control.openapi import document
from rai_jobs_fakes.control.routes import ROUTES

from .talking import HOST, Answer, Control

JSON = {**HOST, "content-type": "application/json"}

EVENT: dict[str, Any] = {"after_s": 1, "event": {"type": "x", "n": [1]}, "stream": "progress"}
FAULT: dict[str, Any] = {"kind": "http", "status": 503, "operation": ["get"], "times": 2}
REASONER: dict[str, Any] = {
    "name": "r",
    "reasoner_type": "ML",
    "status": "SUSPENDED",
    "max_running": 1,
    "resume_s": 3,
    "auto_suspend_mins": 5,
}
SCRIPT: dict[str, Any] = {
    "payload": {"n": 1},
    "payload_contains": {"n": {"m": "x"}},
    "times": 2,
    "queue_s": 1.5,
    "run_s": 9,
    "events": [EVENT],
    "outcome": {"aborted": {"reason": "r", "problems": [{"type": "U"}]}},
    "artifacts": {"f": {"presigned_url": "u"}},
    "problems": [{"a": 1}],
    "guard_rail_after_s": 3,
}
USER: dict[str, Any] = {"name": "ann", "admin": True, "password": "p", "token": "t"}
MADE: dict[str, Any] = {"generate": {"training_run": {"epochs": 2, "seed": 3}}, "created_s": 1}

SAID: dict[str, list[object]] = {
    "/control/users": [USER],
    "/control/reasoners": [REASONER],
    "/control/scripts": [SCRIPT, MADE, {"run_s": "never", "outcome": "completed"}],
    "/control/faults": [
        FAULT,
        {"kind": "http", "status": 200, "body": {"a": [1]}, "headers": {"x": "y"}},
        {"kind": "delayed", "seconds": 5, "probability": 0.5, "seed": 1, "face": "http"},
        {"kind": "sql", "errno": 391, "message": "no", "where": {"job_id": "x"}},
    ],
    "/control/setup": [
        {"users": [USER], "reasoners": [REASONER], "scripts": [SCRIPT, MADE], "faults": [FAULT]}
    ],
    "/control/clock/advance": [{"seconds": 5}],
    "/control/clock/set": [{"instant": "2026-01-01T00:00:30Z"}],
}
"""What each route takes: it is right before it is spoilt."""

FRAGMENTS = [
    *("1e999", "-1e999", "NaN", "-Infinity", "1e308", "5e-324", "-0.0", "9" * 400, "9" * 5_000),
    *("null", "true", "-1", "0", "0.5", "2", '""', '" "', '"x"', "[]", "{}", "[[]]", '{"a": 1}'),
    *(r'"\ud800"', r'{"\udfff": 1}', r'"\u0000"', '"ann"', '"nobody"', '"never"', '"fake_user"'),
    *("[" * 90 + "]" * 90, "[" * 300 + "]" * 300, '{"a":' * 5_000 + "1" + "}" * 5_000),
    *("'x'", "1,", '"', "{", "//", "\t", "0x1", "\N{PILE OF POO}", '{"a": 1, "a": 2}'),
]
"""What is put where something else belongs: JSON as text, or what is none."""


@pytest.fixture(scope="module")
def control() -> Control:
    return Control()


def ways(value: object, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places in a value, the whole first."""
    yield way
    if isinstance(value, dict):
        for name, each in cast("dict[str, object]", value).items():
            yield from ways(each, (*way, name))
    elif isinstance(value, list):
        for number, each in enumerate(cast("list[object]", value)):
            yield from ways(each, (*way, number))


def put(value: Any, way: tuple[Any, ...], new: object) -> Any:
    """A value with another at one place; without that place where there is none."""
    if not way:
        return new
    step, rest = way[0], way[1:]
    if isinstance(value, list):
        many = cast("list[object]", value)
        made = [] if not rest and new is None else [put(many[step], rest, new)]
        return [*many[:step], *made, *many[step + 1 :]]
    held = dict(cast("dict[str, Any]", value))
    if not rest and new is None:
        del held[step]
    else:
        held[step] = put(held.get(step), rest, new)
    return held


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, bytes]:
    """A route, and a body that is nearly right for it."""
    path = draw(st.sampled_from(sorted(SAID)))
    value = draw(st.sampled_from(SAID[path]))
    fragments: dict[str, str] = {}
    for number in range(draw(st.integers(1, 2))):
        way = draw(st.sampled_from(list(ways(value))))
        how = draw(st.sampled_from(["put", "put", "add", "drop"]))
        if how == "add":
            way = (*way[:-1], "extra") if way and isinstance(way[-1], str) else way
        mark = f"<{number}>"
        fragments[json.dumps(mark)] = draw(st.sampled_from(FRAGMENTS))
        value = put(value, way, None if how == "drop" and way else mark)
    text = json.dumps(value)
    for mark, fragment in fragments.items():
        text = text.replace(mark, fragment)
    encoding = draw(st.sampled_from(["utf-8"] * 8 + ["utf-16", "utf-32", "utf-8-sig"]))
    return path, text.encode(encoding)


def is_well(answer: Answer) -> bool:
    """Whether an answer is one that may be given; a refusal says what is wrong."""
    told = answer.response
    assert told.status == 200 or 400 <= told.status < 500
    assert b"Traceback" not in told.body
    assert b'File \\"' not in told.body
    if told.status != 200 or told.content_type == "application/json":
        assert answer.json is not None
    if told.status != 200:
        assert set(answer.json) == {"error"}
        assert set(answer.error) == {"message", "valid", "problems"}
        assert len(answer.error["message"]) > 10
    return told.status == 200


def is_answered_whole_or_not_at_all(control: Control, *request: Any, **more: Any) -> None:
    """Send a request to a namespace of its own, and look at what it has changed there."""
    before = control.get("/control/snapshot", namespace="fuzz").text
    done = is_well(control.send(*request, namespace="fuzz", **more))
    after = control.get("/control/snapshot", namespace="fuzz")
    assert after.status == 200
    assert done or after.text == before
    # What was accepted can be lived by, and told of.
    backend = control.namespaces.named("fuzz")
    backend.faults.clear()
    backend.jobs().create("Logic", "other", {"dbname": "d", "query": "q", "n": 1})
    for path in ("snapshot", "executions", "transcript", "timeline", "timeline?format=svg"):
        assert control.get(f"/control/{path}", namespace="fuzz").status == 200
    assert control.delete("/control/namespaces/fuzz").status == 200


def test_every_route_that_takes_a_body_is_tried() -> None:
    taking = {
        path
        for path, methods in document()["paths"].items()
        if "requestBody" in methods.get("post", {})
    }
    assert set(SAID) == taking


@pytest.mark.parametrize(
    ("path", "said"), [(path, said) for path, many in SAID.items() for said in many], ids=repr
)
def test_what_is_spoilt_below_is_right_before(control: Control, path: str, said: object) -> None:
    assert control.post(path, said, namespace="right").status == 200
    control.delete("/control/namespaces/right")


@settings(deadline=None, max_examples=300)
@given(request=spoilt())
@example(request=("/control/reasoners", b'{"name": "r", "reasoner_type": "ML", "resume_s": 1e300}'))
@example(request=("/control/scripts", rb'{"problems": [{"\ud800": 1}]}'))
@example(request=("/control/scripts", b'{"problems": [{"a":%s}]}' % (b"[" * 300 + b"]" * 300)))
@example(request=("/control/clock/advance", b'{"seconds": 1e308}'))
@example(request=("/control/users", rb'{"name": "a", "\ud800": 1}'))
def test_a_body_that_is_nearly_right_is_carried_out_whole_or_not_at_all(
    control: Control, request: tuple[str, bytes]
) -> None:
    path, body = request
    is_answered_whole_or_not_at_all(control, "POST", path, body, headers=JSON)


PATHS = sorted({route.path for route in ROUTES})
WORDS = st.one_of(
    st.sampled_from(
        ["", "x", "0", "default", "fuzz", "fake_user", "%2F", "%ff", "%00", "..", "9" * 99]
    ),
    st.text(max_size=5),
)


@settings(deadline=None, max_examples=150)
@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "", "get"]),
    path=st.sampled_from([*PATHS, "/control", "/control/", "/control//users", "/healthz"]),
    word=WORDS,
    query=st.one_of(
        st.just(""),
        st.text(max_size=10),
        st.builds("{}={}".format, st.sampled_from(["format", "user", "execution", "face"]), WORDS),
        st.just("format=text&format=json"),
        st.just("&".join(f"{number}=" for number in range(200))),
    ),
    headers=st.dictionaries(
        st.sampled_from(["accept", "authorization", "content-type", "content-encoding", "host"]),
        st.one_of(
            st.sampled_from(["", "*/*", "image/svg+xml", "application/json", "gzip", "127.0.0.1"]),
            st.text(st.characters(max_codepoint=255), max_size=10),
        ),
    ),
    body=st.one_of(st.just(b""), st.binary(max_size=20), st.just(gzip.compress(b"{}", mtime=0))),
)
def test_any_request_has_an_answer_and_changes_all_or_nothing(
    control: Control,
    method: str,
    path: str,
    word: str,
    query: str,
    headers: dict[str, str],
    body: bytes,
) -> None:
    place = path.partition("{")[2].partition("}")[0]
    target = path.replace(f"{{{place}}}", word) if place else path
    told = f"{target}?{query}" if query else target
    if (method, target) == ("DELETE", "/control/namespaces/fuzz"):
        return
    is_answered_whole_or_not_at_all(control, method, told, body, headers={**HOST, **headers})


@settings(deadline=None, max_examples=50)
@given(
    headers=st.dictionaries(
        st.sampled_from(["host", "origin", "sec-fetch-site", "authorization"]),
        st.one_of(
            st.sampled_from(["127.0.0.1", "localhost", "[::1", "none", "null", "Bearer s3cre"]),
            st.text(st.characters(max_codepoint=255), max_size=12),
        ),
    ),
    path=st.sampled_from(sorted(SAID)),
)
def test_without_the_token_nothing_is_carried_out(headers: dict[str, str], path: str) -> None:
    control = GUARDED
    before = len(control.backend.snapshot().users), len(control.backend.faults)
    body = json.dumps(SAID[path][0]).encode()
    answer = control.send(
        "POST", path, body, headers={"content-type": JSON["content-type"], **headers}
    )
    assert not is_well(answer)
    assert answer.status in {401, 403}
    assert "s3cret" not in answer.text
    assert (len(control.backend.snapshot().users), len(control.backend.faults)) == before


GUARDED = Control(access=Access(token="s3cret"))


class TestNamed:
    """What was found, by name."""

    @pytest.mark.parametrize(
        ("path", "body", "where"),
        [
            ("reasoners", '{"name": "r", "reasoner_type": "ML", "resume_s": 1e999}', "resume_s"),
            ("reasoners", '{"name": "r", "auto_suspend_mins": -1e999}', "auto_suspend_mins"),
            ("reasoners", '{"name": "r", "max_running": NaN}', "max_running"),
            ("scripts", '{"run_s": 1e999}', "run_s"),
            ("scripts", '{"run_s": NaN}', "run_s"),
            ("scripts", '{"payload": {"a": [0, Infinity]}}', "payload.a[1]"),
            ("scripts", '{"events": [{"after_s": 1e999}]}', "events[0].after_s"),
            (
                "scripts",
                '{"generate": {"solver_run": {"run_s": 1e999}}}',
                "generate.solver_run.run_s",
            ),
            ("faults", '{"kind": "http", "status": 500, "body": {"a": NaN}}', "body.a"),
            ("faults", '{"kind": "delayed", "seconds": 1e999}', "seconds"),
            ("clock/advance", '{"seconds": 1e999}', "seconds"),
            ("setup", '{"reasoners": [{"resume_s": 1e999}]}', "reasoners[0].resume_s"),
        ],
    )
    def test_a_number_that_is_none_is_named_with_its_place(
        self, control: Control, path: str, body: str, where: str
    ) -> None:
        answer = control.send("POST", f"/control/{path}", body.encode(), headers=JSON)
        assert answer.status == 422
        [problem] = answer.error["problems"]
        assert problem["where"] == where
        assert problem["wrong"].startswith("it must be a finite number; got ")

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ("", "Expecting value (line 1:1)"),
            ('{"run_s": 1,\n2}', "(line 2:1)"),
            ('{"run_s": 1, "run_s": 2}', "'run_s' stands twice in one object"),
            ("[" * 500_000, f"nested deeper than {DEEPEST} levels"),
            ('{"run_s": ' + "9" * 5_000 + "}", "Exceeds the limit"),
        ],
        ids=lambda text: text[:20],
    )
    def test_what_is_no_json_is_told_with_its_reason(
        self, control: Control, body: str, said: str
    ) -> None:
        answer = control.send("POST", "/control/scripts", body.encode(), headers=JSON)
        assert answer.status == 400
        assert said in answer.error["message"]
        assert "run_s" in answer.error["valid"]

    def test_bytes_that_are_no_text_are_told_so(self, control: Control) -> None:
        answer = control.send("POST", "/control/scripts", b"{\xff}", headers=JSON)
        assert "it is no text in UTF-8" in answer.error["message"]

    def test_a_packed_body_is_refused(self, control: Control) -> None:
        headers = {**JSON, "content-encoding": "gzip"}
        body = gzip.compress(b'{"run_s": 5}', mtime=0)
        answer = control.send("POST", "/control/scripts", body, headers=headers)
        assert answer.status == 415
        assert "must not be packed; got 'gzip'" in answer.error["message"]

    @pytest.mark.parametrize("depth", [DEEPEST - 1, DEEPEST])
    def test_a_body_is_nested_so_deeply_and_no_deeper(self, control: Control, depth: int) -> None:
        body = b'{"payload": %s}' % (b'{"a":' * depth + b"1" + b"}" * depth)
        answer = control.send("POST", "/control/scripts", body, headers=JSON)
        assert answer.status == (200 if depth < DEEPEST else 422)
        if answer.status == 422:
            [problem] = answer.error["problems"]
            assert problem["where"] == "payload.a.a"
            assert problem["wrong"] == f"it is nested deeper than {DEEPEST} levels"

    def test_a_body_holds_so_many_values_and_no_more(self, control: Control) -> None:
        for count, status in ((MOST_VALUES - 3, 200), (MOST_VALUES - 2, 422)):
            said = {"payload": {"n": [0] * count}}
            answer = control.post("/control/scripts", said, namespace="many")
            assert answer.status == status
        assert f"more than {MOST_VALUES} values" in answer.error["message"]

    def test_of_many_problems_the_first_are_told(self, control: Control) -> None:
        answer = control.post("/control/setup", {"users": cast("list[object]", [{}]) * 1_000})
        assert [each["where"] for each in answer.error["problems"]] == [
            f"users[{number}].name" for number in range(MOST_PROBLEMS)
        ]

    def test_a_query_says_each_name_once(self, control: Control) -> None:
        answer = control.get("/control/transcript?format=text&user=a&format=json")
        assert answer.status == 422
        [problem] = answer.error["problems"]
        assert (problem["where"], problem["wrong"]) == ("format", "it stands twice")

    def test_a_reasoner_that_resumes_after_the_end_of_time_never_does(self) -> None:
        control = Control()
        said = {**REASONER, "resume_s": 1e300, "auto_suspend_mins": 1e300}
        [told] = control.post("/control/reasoners", said).json["reasoners"]
        assert (told["resume_s"], told["auto_suspend_mins"]) == ("never", None)
        assert control.get("/control/snapshot").json["reasoners"] == [told]

    def test_a_fault_that_is_later_than_any_clock_goes_is_refused(self) -> None:
        for said in ({"kind": "delayed", "seconds": 1e10}, {**FAULT, "delay_s": 1e10}):
            answer = Control().post("/control/faults", said)
            assert answer.status == 422
            assert "1000000000" in answer.error["message"]

    @pytest.mark.parametrize("levels", [10, 190, 300, 900])
    def test_what_a_client_sent_is_told_however_deeply_it_is_nested(self, levels: int) -> None:
        control = Control()
        payload: dict[str, Any] = {"n": 1}
        for _ in range(levels):
            payload = {"a": payload}
        control.backend.jobs().create("ML", "t", payload)
        [told] = control.get("/control/snapshot").json["executions"]
        assert (told["payload"] == payload) is (levels < 200)

    def test_half_a_character_that_a_client_sent_is_told(self) -> None:
        control = Control()
        half = "\ud800"
        control.backend.jobs().create("ML", half, {half: half})
        [told] = control.get("/control/executions").json["executions"]
        assert (told["reasoner_name"], told["payload"]) == (half, {half: half})
        for path in ("timeline", "timeline?format=svg", "transcript?format=text"):
            assert control.get(f"/control/{path}").status == 200

    def test_many_users_are_added_at_once(self) -> None:
        # Each of them once cost a look at all others: minutes.
        backend = FakeBackend()
        control = Control(backend)
        said = {"users": [{"name": f"u{number}"} for number in range(20_000)]}
        assert control.post("/control/setup", said).status == 200
        assert backend.user_of_token(backend.token("u19999")) is not None
