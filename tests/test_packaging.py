"""What the package promises of its dependencies, and that it is whole."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
OURS = (
    "basedpyright",
    "check-wheel-contents",
    "griffelib",
    "hatchling",
    "import-linter",
    "mkdocstrings",
    "mutmut",
    "pymdown-extensions",
    "pytest-httpx",
    "pytest-randomly",
    "pytest-xdist",
    "ruff",
    "twine",
    "zensical",
)


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_oldest_versions_that_are_tested_are_those_that_are_promised() -> None:
    told = project()
    requirements: list[str] = list(told["dependencies"])
    for extra in told["optional-dependencies"].values():
        requirements += extra
    promised = {
        match[1]: match[2]
        for requirement in requirements
        if (match := re.match(r"([\w-]+)>=([\d.]+)", requirement)) and match[1] not in OURS
    }
    lines = (ROOT / "tests/lowest.txt").read_text(encoding="utf-8").splitlines()
    tested = dict(line.split("==") for line in lines if "==" in line)
    assert tested.keys() == promised.keys()
    for name, version in tested.items():
        padded = f"{promised[name]}.0.0".split(".")[:3]
        assert version.split(".") == padded, name


def test_every_package_is_typed() -> None:
    for package in ("src/rai_jobs", "fakes/rai_jobs_fakes", "cassettes/rai_jobs_cassettes"):
        assert (ROOT / package / "py.typed").is_file()


def test_no_upper_bound_is_set_without_a_reason() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    bounded = [line for line in lines if re.search(r'"[\w-]+[^"]*<\d', line)]
    assert [line for line in bounded if "  # " not in line] == []
