"""How a package loads its public names when first used: importing it costs next to nothing.

The import is the field's own (PEP 562); type checkers see plain imports under `TYPE_CHECKING`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

__all__ = ["names_of", "when_used"]


def when_used(package: str, homes: Mapping[str, Sequence[str]]) -> Callable[[str], object]:
    """Return a package's `__getattr__`.

    Args:
        package: its `__name__`.
        homes: the public names of each module in it; modules that are themselves public under `.`.
    """
    home_of = {name: home for home, names in homes.items() for name in names}

    def found(name: str) -> object:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        is_module = home_of[name] == "."
        home = import_module(f".{name}" if is_module else home_of[name], package)
        value = home if is_module else getattr(home, name)
        setattr(sys.modules[package], name, value)
        return value

    return found


def names_of(package: str) -> Callable[[], Sequence[str]]:
    """Return a package's `__dir__`: what is public, loaded or not."""
    return lambda: sys.modules[package].__all__
