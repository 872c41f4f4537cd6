"""The site has every page and every public name, and is not built where something is wrong."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest

from .arguments import one_by_one
from .generate import ROOT
from .site import build, in_words, lay, pages

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DOCS = ROOT / "docs"
A_SCREEN = 46
PUBLIC = (
    "rai_jobs",
    "rai_jobs_cassettes",
    "rai_jobs_cassettes.sanitize",
    "rai_jobs_fakes",
    "rai_jobs_fakes.contract",
    "rai_jobs_fakes.scripts_file",
    "rai_jobs_fakes.strategies",
)
SETTINGS = """
[project]
site_name = "a site"
docs_dir = "pages"
[project.plugins.mkdocstrings.handlers.python]
paths = ["."]
"""


def in_navigation() -> list[str]:
    told = tomllib.loads((DOCS / "zensical.toml").read_text("utf-8"))
    return leaves(told["project"]["nav"])


def leaves(entry: Any) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    if isinstance(entry, dict):
        entry = list(cast("dict[str, Any]", entry).values())
    return [page for each in entry for page in leaves(each)]


def shown_by_reference() -> set[str]:
    texts = [path.read_text("utf-8") for path in (DOCS / "reference").glob("*.md")]
    return {name for text in texts for name in re.findall(r"^::: (\S+)$", text, re.MULTILINE)}


def test_every_page_stands_once_in_the_navigation() -> None:
    assert sorted(in_navigation()) == sorted(page.as_posix() for page in pages())


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_name_is_in_the_reference(module: str) -> None:
    public = {f"{module}.{name}" for name in import_module(module).__all__}
    assert public - set(PUBLIC) <= shown_by_reference()


@pytest.mark.parametrize("page", sorted((DOCS / "how-to").glob("*.md")), ids=lambda page: page.name)
def test_a_how_to_is_no_longer_than_a_screen(page: Path) -> None:
    assert len(page.read_text("utf-8").splitlines()) <= A_SCREEN


def test_example_projects_are_no_pages() -> None:
    assert not [page for page in pages() if page.parts[0] == "examples"]


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("[faults](faults.md#which-calls)", "[faults](faults.md#which-calls)"),
        ("[respx](https://example.org/a.md)", "[respx](https://example.org/a.md)"),
        ("[how to change it](../CONTRIBUTING.md)", "how to change it (`CONTRIBUTING.md`)"),
        ("[a day](examples/server/day.yaml)", "a day (`docs/examples/server/day.yaml`)"),
        ("[`docs/examples`](examples)", "`docs/examples`"),
    ],
)
def test_a_link_out_of_the_site_is_told_in_words(link: str, told: str) -> None:
    assert in_words(f"See {link}.", Path("server.md")) == f"See {told}."


def test_a_page_in_a_folder_leads_to_those_above_it() -> None:
    for link in ("[faults](../faults.md)", "[live](live.md)"):
        assert in_words(link, Path("how-to/record.md")) == link


def test_arguments_that_are_documented_together_are_told_one_by_one() -> None:
    told = one_by_one(
        "Do it.\n\nArgs:\n    first, second: what\n        they are.\n    *rest: more.\n\n"
        "Returns:\n    one, two: as they were.\n"
    )
    entry = "what\n        they are.\n"
    assert told == (
        f"Do it.\n\nArgs:\n    first: {entry}    second: {entry}    *rest: more.\n\n"
        "Returns:\n    one, two: as they were.\n"
    )


def test_what_was_laid_before_is_gone(tmp_path: Path) -> None:
    stale = tmp_path / "site/pages/stale.md"
    stale.parent.mkdir(parents=True)
    stale.touch()
    lay(tmp_path / "site")
    assert not stale.exists()
    assert (tmp_path / "site/pages/how-to/record.md").is_file()


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("[the module](#sound) [more](more.md#more)", 0),
        ("::: sound.double", 0),
        ("[nothing](nothing.md)", 1),
        ("[nothing](more.md#nothing)", 1),
        ("[nothing][sound.nothing]", 1),
        ("::: sound.nothing", 1),
        ("::: sound.halve", 1),  # its docstring names what it does not take
    ],
)
def test_a_site_is_built_only_where_nothing_is_wrong(
    tmp_path: Path, line: str, status: int
) -> None:
    pytest.importorskip("zensical", reason="`make docs` installs it")
    (tmp_path / "pages").mkdir()
    (tmp_path / "zensical.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "sound.py").write_text(
        '"""A module."""\n\n\ndef double(number: int) -> int:\n    """Return the double."""\n\n\n'
        'def halve(number: int) -> int:\n    """Return the half.\n\n    Args:\n        what: it.\n'
        '    """\n',
        encoding="utf-8",
    )
    (tmp_path / "pages/more.md").write_text("# More\n", encoding="utf-8")
    (tmp_path / "pages/index.md").write_text(f"# Sound\n\n{line}\n", encoding="utf-8")
    assert build(tmp_path) == status
