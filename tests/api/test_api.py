"""A change of what is public is seen: in the listings, and against the last release."""

from __future__ import annotations

import difflib
import subprocess
from collections.abc import Mapping
from pathlib import Path

import griffe
import pytest

from .breaking import breaking, last_release, said_of
from .listing import PACKAGES, ROOT, listing, loaded


@pytest.fixture(scope="module")
def modules() -> Mapping[str, griffe.Module]:
    return loaded()


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_public_is_what_is_listed(
    package: str, modules: Mapping[str, griffe.Module]
) -> None:
    path = f"tests/api/{package}.txt"
    listed = (ROOT / path).read_text(encoding="utf-8")
    seen = listing(modules[package])
    if seen == listed:
        return
    pages = (listed.splitlines(), seen.splitlines())
    difference = "\n".join(difflib.unified_diff(*pages, path, "the code", n=0, lineterm=""))
    pytest.fail(
        f"What is public has changed. If it was meant: `python -m tests.api` lists it anew, and"
        f" CHANGELOG.md tells users.\n{difference}",
        pytrace=False,
    )


def test_what_breaks_users_of_the_last_release_is_told_in_the_changelog() -> None:
    tag = last_release()
    if tag is None:
        pytest.skip("nothing is released yet: there is no tag v*")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    untold = [told for name, told in breaking(tag).items() if not said_of(name, changelog)]
    assert untold == [], "name each under `### Changed` or `### Removed` of CHANGELOG.md"


FIRST = """
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .home import Made, __version__, act, gone, kept

__all__ = ["Made", "__version__", "act", "gone", "kept"]
"""
HOME = """
class Made:
    def __init__(self, a: int = 1) -> None: ...
    def done(self) -> None: ...

def act(a: int, b: int = 1) -> int: ...
def gone() -> None: ...
def behind(a: int, b: int = 1) -> int: ...
kept = 1
__version__ = "0.1.0"
"""


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """A checkout of small packages, with a release of each."""
    for folder, package in zip(("src", "fakes", "cassettes"), PACKAGES, strict=True):
        home = tmp_path / folder / package
        home.mkdir(parents=True)
        (home / "__init__.py").write_text(FIRST)
        (home / "home.py").write_text(HOME)
    for command in (
        ["init", "--quiet"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@a.invalid", "commit", "--quiet", "-m", "first"],
        ["tag", "v0.1.0"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)  # noqa: S603, S607
    return tmp_path


def test_what_broke_since_a_release_is_found_behind_lazy_names(released: Path) -> None:
    assert last_release(released) == "v0.1.0"
    assert breaking("v0.1.0", released) == {}
    home = released / "fakes/rai_jobs_fakes"
    (home / "home.py").write_text(
        HOME.replace("b: int = 1", "b: int")
        .replace("a: int = 1", "a: int")
        .replace("def gone() -> None: ...\n", "")
    )
    (home / "__init__.py").write_text(FIRST.replace("gone, ", "").replace('"gone", ', ""))
    assert breaking("v0.1.0", released) == {
        "rai_jobs_fakes.Made.__init__": "rai_jobs_fakes.Made.__init__: Parameter is now required",
        "rai_jobs_fakes.act": "rai_jobs_fakes.act: Parameter is now required",
        "rai_jobs_fakes.gone": "rai_jobs_fakes.gone: is public no more",
    }


def test_what_goes_with_its_class_is_told_by_the_class(released: Path) -> None:
    first = FIRST.replace("Made, ", "").replace('"Made", ', "")
    (released / "src/rai_jobs/__init__.py").write_text(first)
    assert list(breaking("v0.1.0", released)) == ["rai_jobs.Made"]


def test_another_version_breaks_nobody(released: Path) -> None:
    (released / "src/rai_jobs/home.py").write_text(HOME.replace("0.1.0", "0.2.0"))
    assert breaking("v0.1.0", released) == {}


def test_a_private_module_may_become_another(released: Path) -> None:
    home = released / "src/rai_jobs"
    (home / "home.py").rename(home / "elsewhere.py")
    (home / "__init__.py").write_text(FIRST.replace(".home", ".elsewhere"))
    assert breaking("v0.1.0", released) == {}


def test_a_checkout_without_a_release_has_none(tmp_path: Path) -> None:
    assert last_release(tmp_path) is None


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("### Removed\n- `JobsClientSync.act` is gone.", True),
        ("### Changed\n- `act(a, b)`: `b` has no default.", True),
        ("### Added\n- `act`.", False),
        ("### Changed\n- `react`.", False),
        ("### Changed\n\n## 0.1.0\n\n### Removed\n- `act`.", False),
    ],
)
def test_what_the_changelog_says_of_a_name(section: str, *, expected: bool) -> None:
    assert (
        said_of("rai_jobs.client.act", f"# Changelog\n\n## Unreleased\n\n{section}\n") is expected
    )


def test_a_changed_constructor_is_told_by_the_name_of_its_class() -> None:
    changelog = "# Changelog\n\n## Unreleased\n\n### Changed\n- `Config(a)`: `a` has no default.\n"
    assert said_of("rai_jobs.Config.__init__", changelog)
    assert not said_of("rai_jobs.Job.__init__", changelog)
