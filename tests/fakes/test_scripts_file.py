"""Files of scripts: what they say is done, and what is wrong is named with its line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from textwrap import dedent

import pytest

import rai_jobs_fakes
from rai_jobs_fakes import FakeBackend
from rai_jobs_fakes.scripts_file import ScriptsFileError, load_scripts, schema, scripts_of

WHOLE = """\
# A bad day.
settings: {seed: 7, app: MYAPP, schema: v2, retention_s: 3600, start: 2027-01-01T00:00:00Z,
           http_dialect: {instants: epoch_ms, transaction_wrapper: null}}
users:
  - {name: ann, admin: true, token: t-ann}
reasoners:
  - {name: solver-1, reasoner_type: Prescriptive, max_running: 1}
scripts:
  - reasoner_type: Prescriptive
    payload_contains: {model: huge}
    times: 1
    run_s: 60
    events:
      - {after_s: 10, event: {type: LogMessage, at: 2026-01-01}}
    outcome: {failed: out of memory}
  - {run_s: never, name: stuck}
faults:
  - {kind: http, status: 503, operation: [get, list], user: ann, times: null}
"""


def wrong(text: str) -> str:
    """What is said of a text."""
    with pytest.raises(ScriptsFileError) as caught:
        scripts_of(dedent(text), name="day.yaml")
    return str(caught.value)


class TestSaying:
    """What a file says."""

    def test_all_of_it_is_done(self, tmp_path: Path) -> None:
        path = tmp_path / "day.yaml"
        path.write_text(WHOLE, encoding="utf-8")
        said = load_scripts(path)
        backend = FakeBackend(**said.settings.arguments())
        said.fill(backend)
        assert (backend.app, backend.schema, backend.token("ann")) == ("MYAPP", "v2", "t-ann")
        assert backend.snapshot().settings.seed == 7
        assert backend.snapshot().settings.retention_s == 3600
        assert [each.name for each in backend.snapshot().reasoners] == ["solver-1"]
        jobs = backend.jobs()
        failed = jobs.create("SOLVER", "solver-1", {"model": "huge"})
        job = failed.wait()
        assert (job.state, job.abort_reason, job.duration) == ("FAILED", "out of memory", 60_000)
        # An instant stays text, as in JSON.
        assert list(failed.follow()) == [{"type": "LogMessage", "at": "2026-01-01"}]
        assert jobs.create_ready("SOLVER", "solver-1", {"model": "huge"}).state == "COMPLETED"
        [active] = backend.faults
        assert active.fault.which.user == "ann"
        assert active.fault.which.times is None
        assert said.settings.start is not None
        assert said.settings.start.year == 2027
        dialect = said.settings.arguments()["http_dialect"]
        assert (dialect.instants, dialect.transaction_wrapper) == ("epoch_ms", None)

    def test_json_is_yaml_and_an_empty_file_says_nothing(self) -> None:
        [script] = scripts_of(json.dumps({"scripts": [{"run_s": 5}]})).scripts
        assert script.made().run_s == 5
        for empty in ("", "# nothing\n", b"{}"):
            assert scripts_of(empty) == scripts_of("")
        assert scripts_of("").settings.arguments() == {}

    def test_an_anchor_is_said_once_and_used_twice(self) -> None:
        said = scripts_of("scripts:\n  - &slow {run_s: 60, name: a}\n  - {<<: *slow, name: b}\n")
        assert [each.name for each in said.scripts] == ["a", "b"]
        assert [each.run_s for each in said.scripts] == [60, 60]

    def test_infinity_is_never(self) -> None:
        one, two = scripts_of("scripts: [{run_s: .inf}, {run_s: never}]").scripts
        assert one.made() == two.made()


class TestErrors:
    """What is wrong."""

    def test_a_name_that_is_not_known_is_named_with_its_line_and_those_that_are(self) -> None:
        said = wrong("scripts:\n  - run_s: 5\n    outcom: completed\n")
        assert said.startswith("day.yaml:3: scripts[0].outcom: 'outcom' is not known; use one of ")
        assert "outcome" in said

    @pytest.mark.parametrize(
        ("text", "start", "valid"),
        [
            ("users: []\nscript: []\n", "2: script: ", "scripts"),
            ("settings:\n  seed: 1\n  sed: 2\n", "3: settings.sed: ", "schema"),
            ("faults:\n- kind: htp\n", "2: faults[0].kind: ", "stale_endpoint"),
            ("faults:\n- {kind: http}\n", "2: faults[0].status: ", "missing"),
            (
                "scripts:\n- run_s: 1\n- outcome:\n    failed: x\n    aborted: y\n",
                "3: scripts[1].outcome: ",
                "one of `failed` and `aborted`",
            ),
            (
                "scripts:\n- run_s: 1\n  events:\n  - after_s: 5\n    event: {}\n",
                "2: scripts[0]: ",
                "5",
            ),
            ("reasoners:\n- name: r\n  reasoner_type: x\n", "3: reasoners[0].r", "Prescriptive"),
            ("settings: {retention_s: -1}\n", "1: settings: ", "retention_s"),
            ("settings: {start: 2027-01-01T00:00:00}\n", "1: settings.start: ", "timezone"),
            ("- a\n- b\n", "1: ", "dictionary"),
            ("users:\n- name: yes\n", "2: users[0].name: ", "string"),
            ("scripts:\n- payload: {1: x}\n", "2: scripts[0].payload", "string"),
        ],
    )
    def test_what_is_wrong_is_told_with_its_line(self, text: str, start: str, valid: str) -> None:
        said = wrong(text)
        assert said.startswith(f"day.yaml:{start}")
        assert valid in said

    def test_several_errors_are_told_each_on_a_line_and_not_too_many(self) -> None:
        said = wrong("scripts:\n" + "- {x: 1}\n" * 15).splitlines()
        assert said[0].startswith("day.yaml:2: ")
        assert said[9].startswith("day.yaml:11: ")
        assert said[10:] == ["… and 5 more"]

    @pytest.mark.parametrize(
        ("text", "start"),
        [
            ("a: [1,\nb: 2\n", "day.yaml:3: "),
            ("users:\n\t- x\n", "day.yaml:2: "),
            ("a: !!python/object/apply:os.system [echo]\n", "day.yaml:1: "),
            ("a: &x 1\nb: *y\n", "day.yaml:2: "),
            ("---\na: 1\n---\nb: 2\n", "day.yaml:3: "),
            ("a: \x00\n", "day.yaml: it is no YAML"),
            ("[" * 5_000, "day.yaml"),
            ("users: []\nscripts: []\nusers: []\n", "day.yaml:3: 'users' stands here twice"),
            ("a: &x [*x]\n", "day.yaml:1: it is nested deeper"),
        ],
    )
    def test_what_is_no_plain_yaml_is_refused(self, text: str, start: str) -> None:
        assert wrong(text).startswith(start)

    def test_bytes_that_are_no_text_are_refused(self) -> None:
        with pytest.raises(ScriptsFileError, match=r"^the scripts: it is no YAML"):
            scripts_of(b"users: \xff\xfe\xff")

    def test_a_bomb_of_aliases_is_refused_at_once(self) -> None:
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
        assert "more than 200000 values, aliases counted" in wrong("\n".join(lines))

    def test_a_file_that_is_too_large_or_not_there_is_refused(self, tmp_path: Path) -> None:
        assert "larger than 4000000 bytes" in wrong("#" * 4_000_001)
        with pytest.raises(ScriptsFileError, match=r"nowhere\.yaml: No such file"):
            load_scripts(tmp_path / "nowhere.yaml")

    def test_no_secret_of_a_file_is_told(self) -> None:
        assert "1234567" not in wrong("users: [{name: a, password: 1234567}]")


def test_what_the_docs_show_is_a_file_of_scripts() -> None:
    root = Path(__file__).parents[2]
    assert load_scripts(root / "docs/examples/server/day.yaml").faults
    page = (root / "docs/server.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(shown) == 1
    assert scripts_of(shown[0]).scripts


def test_the_schema_that_is_shipped_is_that_of_the_models() -> None:
    path = Path(rai_jobs_fakes.__file__).parent / "scripts.schema.json"
    shipped = json.loads(path.read_text(encoding="utf-8"))
    assert shipped == json.loads(json.dumps(schema())), (
        "stale: python -m rai_jobs_fakes schema > fakes/rai_jobs_fakes/scripts.schema.json"
    )
    assert set(shipped["properties"]) == {"settings", "users", "reasoners", "scripts", "faults"}
    assert shipped["additionalProperties"] is False
