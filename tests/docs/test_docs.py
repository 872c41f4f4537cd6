"""Every example in README and docs runs; every link leads somewhere; generated pages are fresh."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rai_jobs_fakes import FakeBackend
from tests.plugin_option import PLUGIN

from .generate import PAGES, ROOT
from .pasting import pasted
from .playing import differs, play
from .site import pages

TEXTS = [Path("README.md"), Path("CONTRIBUTING.md"), *(Path("docs") / each for each in pages())]
TUTORIAL = Path("docs/tutorial.md")
"""Its blocks are one story, which is played as a whole."""
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
RUN = re.compile(r"^# pytest ?(.*)\n", re.MULTILINE)
"""A run that an example begins with; one without options where it says none."""
CONNECTS = re.compile(r"connect_sync\(\)|--jobs-live")
"""An example that looks for a backend where its environment says."""
LINK = re.compile(r"\[[^\]]+\]\((?!https://)([^)#\s]*)(?:#([^)]*))?\)")
ELSEWHERE = "# where pyarrow and pandas are installed\n"
"""Begins an example that `tests/interop` runs, where they are."""
EXAMPLES = [
    pytest.param(block, id=f"{path}-{number}")
    for path in TEXTS
    if path != TUTORIAL
    for number, block in enumerate(BLOCK.findall((ROOT / path).read_text(encoding="utf-8")))
    if not block.startswith(ELSEWHERE)
]


PATIENT = """
from hypothesis import HealthCheck, settings

settings.register_profile("patient", suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
"""
"""A search first reads all sources that are not installed, which a busy machine is slow at."""


@pytest.mark.docs
@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs_as_pasted(example: str, tmp_path: Path) -> None:
    tests = "def test_" in example
    script = tmp_path / ("test_example.py" if tests else "example.py")
    script.write_text(example, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(PATIENT, encoding="utf-8")
    how = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *PLUGIN] if tests else []
    runs = RUN.findall(example) if tests else []
    backend = FakeBackend()
    with backend.serve() as server:
        settings = {"RAI_JOBS_BASE_URL": server.url, "RAI_JOBS_TOKEN": server.token()}
        environment = {**os.environ, **(settings if CONNECTS.search(example) else {})}
        for options in runs or [""]:
            done = subprocess.run(  # noqa: S603
                [sys.executable, *how, *options.split(), str(script)],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            assert "skipped" not in done.stdout, done.stdout


@pytest.mark.docs
def test_the_tutorial_is_true_from_its_first_block_to_its_last(tmp_path: Path) -> None:
    assert play((ROOT / TUTORIAL).read_text(encoding="utf-8"), tmp_path) == 5
    project = ROOT / "docs/examples/overnight"
    for ours, theirs in (
        ("overnight/night.py", "src/overnight/night.py"),
        ("test_night.py", "tests/test_night.py"),
        ("test_every_fault.py", "tests/test_every_fault.py"),
    ):
        assert (tmp_path / ours).read_bytes() == (project / theirs).read_bytes(), theirs


def test_the_tutorials_first_code_and_test_are_short() -> None:
    code, test, *_ = BLOCK.findall((ROOT / TUTORIAL).read_text(encoding="utf-8"))
    assert len([line for line in (code + test).splitlines() if line.strip()]) < 10


@pytest.mark.parametrize(
    ("shown", "came", "missing"),
    [
        ("a\n1 passed in 0.05s\n", "a\n1 passed in 7.31s\n", None),
        ("a\n…\nd\n", "a\nb\nc\nd\n", None),
        ("…\nd\n", "a\nd\n", None),
        ("a\n…\n", "a\nb\n", None),
        ("a\n…\nd\n", "a\nb\n", "d\n"),
        ("b\n…\n", "a\nb\n", "b\n"),
        ("a\n…\nc\n…\nb\n", "a\nb\nc\n", "b\n"),
        ("a\n", "a\nb\n", "a\n"),
        ("a\n…\nb\n", "a\nb\nc\n", "b\n"),
        ("…\n1 passed in 0.05s\n", "a\n2 passed in 0.05s\n", "1 passed\n"),
    ],
)
def test_what_a_console_shows_is_compared_but_for_what_is_left_out(
    shown: str, came: str, missing: str | None
) -> None:
    assert differs(shown, came) == missing


@pytest.mark.parametrize(
    "page",
    [
        "```python\nprint()\n```\n",
        "```console\n$ rm -r .\n```\n",
        "```console\n$ pytest -q\n1 passed in 0.01s\n```\n",
        "```diff\n--- a/b.py\n+++ b/b.py\n@@ -1 +1 @@\n-a\n+b\n```\n",
    ],
)
def test_a_story_that_is_not_true_is_refused(page: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        play(page, tmp_path)


def test_the_readme_shows_the_demo_as_it_is() -> None:
    demo = (ROOT / "docs/examples/demo.py").read_text(encoding="utf-8")
    assert demo in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.docs
def test_the_readmes_script_on_the_connector_runs_as_pasted(tmp_path: Path) -> None:
    promised, came = pasted("on_the_connector.py", tmp_path)
    assert came == promised == "COMPLETED bob"


def test_the_examples_of_the_readmes_first_screen_are_short() -> None:
    first, *_ = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len([line for line in first.splitlines() if line.strip()]) <= 10


@pytest.mark.parametrize("path", TEXTS, ids=str)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target, anchor in LINK.findall(prose(ROOT / path)):
        found = (ROOT / path).parent / target if target else ROOT / path
        assert found.exists(), target
        if anchor:
            assert anchor in anchors(found), f"{target}#{anchor}"


def prose(path: Path) -> str:
    """The text of a page without its blocks, in which brackets are code."""
    return re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.M)


def anchors(path: Path) -> set[str]:
    """What a repository browser and the site make of the headings of a page."""
    heads = re.findall(r"^#+ (.*)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head).strip().lower().replace(" ", "-") for head in heads}


@pytest.mark.parametrize(("path", "make"), PAGES.items())
def test_a_generated_page_is_fresh(path: str, make: Callable[[], str]) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == make(), f"{path} is stale: run `make docs`"


def test_every_file_that_the_architecture_names_exists() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:src|fakes|cassettes|tests|docs)/[\w./-]+)`", text)
    assert len(named) > 20
    for path in named:
        assert (ROOT / path).exists(), path
