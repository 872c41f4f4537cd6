"""The site: the pages laid where Zensical may build them, and built strictly.

A page is written to be read in a repository too, so it may lead out of `docs/`: to the sources, to
an example project. On the site there is no such place, and the link becomes its path in words.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["SITE", "build", "in_words", "lay", "pages"]

ROOT = Path(__file__).parents[2]
SITE = ROOT / ".site"
"""Where it is laid and built; git ignores it."""
_DOCS = ROOT / "docs"
_ASIDE = _DOCS / "examples"
"""Projects of their own, not pages."""
_LINK = re.compile(r"\[([^\]]+)\]\((?!https://|#)([^)#\s]+)(#[^)\s]*)?\)")
_COMPLAINT = re.compile(r"^(griffe|mkdocs\S*|autorefs)\b|\bwarning\b", re.IGNORECASE | re.MULTILINE)


def pages(docs: Path = _DOCS) -> list[Path]:
    """Return the pages of the site, as paths in `docs/`."""
    aside = docs / _ASIDE.name
    found = sorted(path for path in docs.rglob("*.md") if aside not in path.parents)
    return [path.relative_to(docs) for path in found]


def in_words(text: str, page: Path) -> str:
    """Return a page's text, with its links out of the site as words.

    Args:
        text: the page.
        page: its path, in `docs/`.
    """

    def told(link: re.Match[str]) -> str:
        target = (_DOCS / page.parent / link[2]).resolve()
        if target.is_relative_to(_DOCS) and _ASIDE not in (target, *target.parents):
            return link[0]
        path = target.relative_to(ROOT).as_posix()
        return link[1] if link[1].strip("`") == path else f"{link[1]} (`{path}`)"

    return _LINK.sub(told, text)


def lay(site: Path = SITE) -> None:
    """Lay pages, pictures and settings for a build; what was there is gone.

    Args:
        site: the folder.
    """
    shutil.rmtree(site, ignore_errors=True)
    for page in pages():
        laid = site / "pages" / page
        laid.parent.mkdir(parents=True, exist_ok=True)
        laid.write_text(in_words((_DOCS / page).read_text("utf-8"), page), encoding="utf-8")
    shutil.copytree(_DOCS / "images", site / "pages" / "images")
    shutil.copy(_DOCS / "zensical.toml", site)


def build(site: Path = SITE) -> int:
    """Build what was laid, and return the status: 0 only when nothing was said against it.

    Args:
        site: the folder.
    """
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(  # noqa: S603
        command,
        cwd=site,
        env={**os.environ, "PYTHONPATH": str(ROOT)},  # settings name what reads docstrings
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    sys.stdout.write(done.stdout)
    # Zensical passes on what the reader of docstrings complains of, but does not count it.
    return done.returncode or int(bool(_COMPLAINT.search(done.stdout)))


if __name__ == "__main__":
    lay()
    sys.exit(build())
