"""What a client raised instead of an answer: its name and message, and the same raised again.

A class is named where it is public, and is one of the libraries that speak HTTP; a file names no
other, so that reading a file runs nobody's code. What cannot be made of its message alone is raised
as a subclass that says the message: whoever catches it sees no difference.
"""

from __future__ import annotations

import builtins
import importlib
import re
from typing import Final, cast

from ..errors import CassetteError
from ..interactions import Tree

__all__ = ["error_of", "raised_of"]

_LIBRARIES: Final = frozenset(
    {
        "aiohttp",
        "anyio",
        "asyncio",
        "botocore",
        "http",
        "httpcore",
        "httplib2",
        "httpx",
        "requests",
        "socket",
        "ssl",
        "tornado",
        "urllib",
        "urllib3",
    }
)
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def raised_of(error: Exception) -> dict[str, Tree]:
    """Return what was raised as a response: `raised`, `message`, and `errno` where it has one.

    A class of the client's own is recorded as that of the library's which it derives from.
    """
    # Where an object lies in memory is another place each time.
    tree: dict[str, Tree] = {
        "raised": _name_of(type(error)),
        "message": _ADDRESS.sub("", str(error)),
    }
    if isinstance(error, OSError) and isinstance(error.errno, int):
        tree["errno"] = error.errno
    return tree


def error_of(tree: dict[str, Tree]) -> Exception:
    """Return what was raised, to be raised again.

    Raises:
        CassetteError: its class is none that a recording may name, or is not installed.
    """
    klass = _class_of(str(tree["raised"]))
    message = str(tree.get("message", ""))
    number = tree.get("errno")
    arguments: list[tuple[object, ...]] = [(message,), ()]
    if isinstance(number, int):
        arguments.insert(0, (number, message.removeprefix(f"[Errno {number}] ")))
    for each in arguments:
        try:
            error = klass(*each)
            told = str(error)
        except (TypeError, ValueError, AttributeError, LookupError):
            continue
        if told == message:
            return error
    return _saying(klass, message)


def _name_of(klass: type[BaseException]) -> str:
    for each in klass.__mro__:
        if each is Exception:
            break
        if each.__module__ == "builtins":
            return each.__qualname__
        if each.__module__.partition(".")[0] in _LIBRARIES:
            return f"{each.__module__}.{each.__qualname__}"
    return "Exception" if klass is Exception else f"{klass.__module__}.{klass.__qualname__}"


def _class_of(name: str) -> type[Exception]:
    module_name, _, class_name = name.rpartition(".")
    known = _NAME.fullmatch(name) and (
        not module_name or module_name.partition(".")[0] in _LIBRARIES
    )
    if not known:
        raise CassetteError(
            f"The recording says that {name!r} was raised, which is of no library that is known to"
            f" speak HTTP ({', '.join(sorted(_LIBRARIES))}): make the client raise one of theirs,"
            " or one derived from it, and record it again."
        )
    try:
        module = importlib.import_module(module_name) if module_name else builtins
        klass: object = getattr(module, class_name)
    except (ImportError, AttributeError) as error:
        raise CassetteError(
            f"The recording says that {name!r} was raised, which is not installed here: install"
            f" what it was recorded with, or record it again ({error})."
        ) from error
    if not isinstance(klass, type) or not issubclass(klass, Exception):
        raise CassetteError(
            f"The recording says that {name!r} was raised, which is no exception: record it again."
        )
    return klass


def _saying(klass: type[Exception], message: str) -> Exception:
    def told(_: object) -> str:
        return message

    def made(_: object, *__: object) -> None:
        """Nothing is known of what it was made of."""

    members = {"__init__": made, "__str__": told, "__module__": klass.__module__}
    return cast("type[Exception]", type(klass.__name__, (klass,), members))(message)
