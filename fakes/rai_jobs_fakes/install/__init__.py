"""`install`: a backend put under code that makes its own clients, and taken away by monkeypatch.

Where a library has one place through which everything of it passes, that is replaced; else its
function, by whatever name a loaded module holds it. What is replaced is in a module for each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

from ..kinds import is_text
from .patching import Patching

if TYPE_CHECKING:
    from ..ways import BackendWays

__all__ = ["install_on"]

_Installing = Callable[["BackendWays", Patching, "str | None"], None]
_HOMES = {
    "connect": "ours",
    "connector": "connector",
    "http": "http",
    "snowpark": "snowpark",
    "relationalai": "published",
}
_NEEDED = {
    "connect": "rai_jobs",
    "connector": "snowflake.connector",
    "http": "httpx",
    "snowpark": "snowflake.snowpark",
    "relationalai": "relationalai",
}


def install_on(
    backend: BackendWays,
    patching: Patching,
    *,
    user: str | None,
    libraries: Mapping[str, bool | None],
    time: bool | str | Sequence[str] | None,
) -> None:
    """Put a backend under what is asked for; under all that is installed, where nothing is.

    Args:
        backend: what is put there.
        patching: replaces, and puts back.
        user: who is asking, where the code under test does not name a user of the backend.
        libraries: which ones, by the name of the argument of `FakeBackend.install`.
        time: whether the code's time is the clock's, or in which packages alone.

    Raises:
        ValueError: a library is asked for that is not installed, there is no such user, or
            `patching` replaces nothing.
    """
    if not callable(getattr(patching, "setattr", None)):
        raise ValueError(
            "`monkeypatch` must be pytest's fixture of that name, or what"
            f" `pytest.MonkeyPatch.context()` gives; got {patching!r:.200}."
        )
    backend.gateway(user)  # refuses who does not exist
    missing = [each for each, wanted in libraries.items() if wanted and not _is_here(each)]
    if missing:
        needed = ", ".join(_NEEDED[each] for each in missing)
        raise ValueError(
            f"There is no {needed} here, which {_listed(missing)} is about: leave it out."
        )
    everything = not time and not any(libraries.values())
    for each, wanted in libraries.items():
        if wanted or (everything and wanted is None and _is_here(each)):
            _installing(each)(backend, patching, user)
    if time or (everything and time is None):
        from .times import install

        packages = (time,) if isinstance(time, str) else time
        named = () if isinstance(packages, bool) or packages is None else packages
        if not isinstance(cast("object", named), Sequence) or not all(map(is_text, named)):
            raise ValueError(f"`time` must be True, or names of packages; got {time!r:.200}.")
        install(backend.clock, patching, None if isinstance(packages, bool) else packages)


def _installing(library: str) -> _Installing:
    module = import_module(f".{_HOMES[library]}", __name__)
    return module.install


def _is_here(library: str) -> bool:
    try:
        return find_spec(_NEEDED[library]) is not None
    except ModuleNotFoundError:
        return False


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{each}`" for each in names)
