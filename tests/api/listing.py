"""What is public, one line a name: signatures, fields, base classes and defaults.

Read from the sources, nothing is imported. A name stands where users have it from, whichever module
it lives in; what a class inherits from our own stands under it too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import griffe

__all__ = ["FOLDERS", "PACKAGES", "ROOT", "lines_of", "listing", "loaded", "public"]

ROOT = Path(__file__).parents[2]
PACKAGES = ("rai_jobs", "rai_jobs_fakes", "rai_jobs_cassettes")
FOLDERS = ("src", "fakes", "cassettes")
_UNTOLD = {"__eq__", "__getattr__", "__hash__", "__post_init__", "__repr__", "__str__"}
"""What a class does by these is told by its fields, or for eyes alone."""
_DESCRIPTION = re.compile(r""", description=(['"]).*?\1(?=[,)])""")
"""Words for a setting's page: to change them breaks nobody."""


def loaded(root: Path = ROOT) -> dict[str, griffe.Module]:
    """Return the packages of a checkout, as griffe reads them."""
    loader = griffe.GriffeLoader(search_paths=[root / folder for folder in FOLDERS])
    for package in PACKAGES:
        loader.load(package)
    loader.resolve_aliases(external=False)
    return {package: loader.modules_collection[package] for package in PACKAGES}


def public(module: griffe.Object | griffe.Alias) -> dict[str, griffe.Object | griffe.Alias]:
    """Return what users have of a package, by the path that they have it by."""
    return dict(_of_module(module, module.path))


def listing(module: griffe.Object | griffe.Alias) -> str:
    """Return the lines of a package."""
    found = public(module).items()
    return "".join(f"{line}\n" for path, each in found for line in lines_of(each, path))


_Found = Iterator[tuple[str, griffe.Object | griffe.Alias]]


def _of_module(module: griffe.Object | griffe.Alias, path: str) -> _Found:
    names = sorted(str(name) for name in module.exports or ())
    for name in names:
        yield from _of(module.members[name], f"{path}.{name}")


def _of(found: griffe.Object | griffe.Alias, path: str) -> _Found:
    target = _behind(found.final_target if isinstance(found, griffe.Alias) else found)
    if isinstance(target, griffe.Module):
        yield from _of_module(target, path)
        return
    yield path, target
    if isinstance(target, griffe.Class):
        for name, member in sorted(target.all_members.items()):
            if _is_told(name):
                yield from _of(member, f"{path}.{name}")


def lines_of(target: griffe.Object | griffe.Alias, path: str) -> Iterator[str]:
    """Return what is listed of a name, without its members."""
    if isinstance(target, griffe.Class):
        decorated = "".join(f"@{each.value} " for each in target.decorators)
        bases = f"({', '.join(map(str, target.bases))})" if target.bases else ""
        yield f"{decorated}class {path}{bases}"
    elif isinstance(target, griffe.Function):
        for each in target.overloads or [target]:
            yield _signature(each, path)
    elif isinstance(target, griffe.Attribute):
        yield _attribute(target, path)
    elif isinstance(target, griffe.TypeAlias):
        yield f"type {path} = {target.value}"
    else:
        raise TypeError(f"What is {path}? griffe calls it a {type(target).__name__}.")


def _behind(target: griffe.Object) -> griffe.Object | griffe.Alias:
    """Return what a package imports from its module of that name; griffe finds the module."""
    home = target.parent
    if isinstance(target, griffe.Module) and isinstance(home, griffe.Module):
        imported = home.imports.get(target.name, target.path)
        if imported != target.path:
            return target.members[imported.rpartition(".")[2]]
    return target


def _is_told(name: str) -> bool:
    is_special = name.startswith("__") and name.endswith("__")
    return name not in _UNTOLD if is_special else not name.startswith("_")


def _signature(function: griffe.Function, path: str) -> str:
    labels = function.labels & {"async", "classmethod", "staticmethod"}
    told = "".join(f"{label} " for label in sorted(labels))
    return f"{told}def {function.signature(name=path)}"


def _attribute(attribute: griffe.Attribute, path: str) -> str:
    labels = attribute.labels & {"cached", "property", "writable"}
    told = "".join(f"{label} " for label in sorted(labels))
    annotation = "" if attribute.annotation is None else f": {attribute.annotation}"
    # What `__init__` gives it is its own affair.
    is_default = "class-attribute" in attribute.labels
    is_constant = attribute.name != "__version__" and "module-attribute" in attribute.labels
    is_told = attribute.value is not None and (is_default or is_constant)
    value = f" = {attribute.value}" if is_told else ""
    return f"{told}{path}{annotation}{_DESCRIPTION.sub('', value)}"
