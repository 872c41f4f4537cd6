"""Doing something to a module as soon as it is there: now, or when somebody imports it first.

Loading the connector takes most of a second, which a suite that never uses it must not pay.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

__all__ = ["OnImport"]


class OnImport(MetaPathFinder):
    """Calls a function once a module is loaded, unless it is called off before.

    Args:
        name: the module's full name.
        do: what to do then.
    """

    def __init__(self, name: str, do: Callable[[], None]) -> None:
        self._name = name
        self._do = do
        self._looking = False

    def begin(self) -> None:
        """Do it now, where the module is loaded; else wait for it."""
        if self._name in sys.modules:
            import_module(self._name)  # waits, where another thread is still loading it
            self._do()
        else:
            sys.meta_path.insert(0, self)

    def call_off(self) -> None:
        """Wait no longer."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Find the module as everybody else does, with a loader that tells when it is loaded."""
        del path, target
        if fullname != self._name or self._looking:
            return None
        self._looking = True
        try:
            spec = find_spec(fullname)
        finally:
            self._looking = False
        if spec is not None and spec.loader is not None:
            spec.loader = _Telling(spec.loader, self._loaded)
        return spec

    def _loaded(self) -> None:
        if self in sys.meta_path:
            self.call_off()
            self._do()


class _Telling(Loader):
    """A loader that tells when it has loaded a module; in all else it is the one that it has."""

    def __init__(self, loader: Any, loaded: Callable[[], None]) -> None:
        self._loader = loader
        self._loaded = loaded

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # The module keeps the loader that it would have had.
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._loaded()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)
