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

from .generate import PAGES, ROOT

TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]+\]\(([^)#\s]+)(#[^)]*)?\)")
EXAMPLES = [
    pytest.param(block, id=f"{path.name}-{number}")
    for path in TEXTS
    for number, block in enumerate(BLOCK.findall(path.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs_as_pasted(example: str, tmp_path: Path) -> None:
    tests = "def test_" in example
    script = tmp_path / ("test_example.py" if tests else "example.py")
    script.write_text(example, encoding="utf-8")
    how = ["-m", "pytest", "-q", "-p", "no:cacheprovider"] if tests else []
    backend = FakeBackend()
    with backend.serve() as server:
        environment = {
            **os.environ,
            "RAI_JOBS_BASE_URL": server.url,
            "RAI_JOBS_TOKEN": server.token(),
        }
        done = subprocess.run(  # noqa: S603
            [sys.executable, *how, str(script)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_readme_shows_the_demo_as_it_is() -> None:
    demo = (ROOT / "docs/examples/demo.py").read_text(encoding="utf-8")
    assert demo in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_examples_of_the_readmes_first_screen_are_short() -> None:
    first, *_ = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len([line for line in first.splitlines() if line.strip()]) <= 10


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target, _ in LINK.findall(path.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (path.parent / target).exists(), target


@pytest.mark.parametrize(("path", "make"), PAGES.items())
def test_a_generated_page_is_fresh(path: str, make: Callable[[], str]) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == make(), f"{path} is stale: run `make docs`"


def test_every_file_that_the_architecture_names_exists() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:src|fakes|cassettes|tests|docs)/[\w./-]+)`", text)
    assert len(named) > 20
    for path in named:
        assert (ROOT / path).exists(), path
