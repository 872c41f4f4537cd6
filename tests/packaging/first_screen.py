"""The README's test as a user pastes it, and what pytest says when it fails: the page shows it.

`python -m tests.packaging.first_screen` writes the page's report anew.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from .environment import ran, strangers
from .wheel import ROOT

__all__ = ["broken", "readme_test", "report_of", "run", "shown"]

PAGE = ROOT / "docs/pytest.md"
_FILE = "test_solve.py"
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SHOWN = re.compile(r"(?<=## When a test fails\n).*?^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_REPORT = re.compile(r"^=+ FAILURES =+\n(.*?)^=+ short test summary", re.MULTILINE | re.DOTALL)
_TOLD_OTHERWISE = ("BUILD_NUMBER", "CI", "FORCE_COLOR", "PY_COLORS")
"""By these, pytest shows more than it does on a user's screen."""


def readme_test() -> str:
    """Return the one test that the README shows."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    [test] = [block for block in _BLOCK.findall(text) if "\ndef test_" in block]
    return test


def broken(test: str) -> str:
    """Return it with another reason expected than comes."""
    before, expects, after = test.rpartition('"infeasible"')
    if not expects:
        raise ValueError("The README's test expects no reason any more: break something else.")
    return f'{before}"unbounded"{after}'


def run(
    test: str, folder: Path, python: str, options: Sequence[str] = (), *, path: str = ""
) -> str:
    """Run a test alone in a folder, and return what pytest prints.

    Args:
        test: its text.
        folder: an empty folder, or one in which this was done before.
        python: whose pytest.
        options: for pytest.
        path: where modules are looked for first, as `PYTHONPATH` says it; nothing else of what this
            process is told is told there.
    """
    (folder / _FILE).write_text(test, encoding="utf-8")
    told = {name: value for name, value in strangers(path).items() if name not in _TOLD_OTHERWISE}
    command = [python, "-m", "pytest", "--color=no", "-p", "no:cacheprovider", *options]
    done = ran(command, folder, {**told, "COLUMNS": "80"})
    return done.stdout + done.stderr


def report_of(printed: str) -> str:
    """Return the report of the test that failed, of all that pytest prints.

    Raises:
        ValueError: there is none.
    """
    found = _REPORT.search(printed)
    if found is None:
        raise ValueError(f"No test failed:\n{printed}")
    return found[1]


def shown() -> str:
    """Return the report that the page shows."""
    found = _SHOWN.search(PAGE.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError(f"{PAGE.name} shows no report under `When a test fails`.")
    return found[1]


def main() -> None:
    import os
    import sys
    from tempfile import TemporaryDirectory

    from tests.plugin_option import PLUGIN

    with TemporaryDirectory() as name:
        path = os.environ.get("PYTHONPATH", "")
        printed = run(broken(readme_test()), Path(name), sys.executable, PLUGIN, path=path)
        report = report_of(printed)
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(text.replace(f"```\n{shown()}```", f"```\n{report}```"), encoding="utf-8")
    print(f"made the report of {PAGE.relative_to(ROOT)}")  # noqa: T201


if __name__ == "__main__":
    main()
