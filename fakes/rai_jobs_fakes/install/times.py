"""The fake's clock under `time.sleep`, `asyncio.run` and their like, for the code under test.

Who asks decides: a test's own code lives on the clock, while pytest, servers, event loops and other
libraries keep the real time. Clocks nest: whom the inner one is not for is passed to the outer one.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial, update_wrapper
from types import FrameType
from typing import Any, TypeVar

from rai_jobs.clock import Clock

from ..clocks.event_loop import ClockLoop, run
from ..clocks.virtual_clock import VirtualClock
from ..whence import INSIDE, is_library
from .patching import Installed, Patching, installed
from .sleeping import sleep_on

__all__ = ["install"]

_T = TypeVar("_T")


def install(clock: Clock, patching: Patching, packages: Sequence[str] | None) -> None:
    """Have the functions of `time`, and those of `asyncio` that sleep, be the clock's.

    They are where the code under test calls them: a loop that it runs lives on the clock, and who
    sleeps on a loop that a library runs wakes in the order of the clock, without waiting.

    Args:
        clock: the time; nothing is replaced where it is no virtual one.
        patching: replaces, and puts back.
        packages: whose code lives on the clock; that which is no installed library when not given.
    """
    if not isinstance(clock, VirtualClock):
        return
    is_meant = _is_own if packages is None else _in(packages)
    here = installed(patching)
    stand_ins = [(time, name, stand_in) for name, stand_in in clock.stand_ins().items()]
    stand_ins += [
        (asyncio, "sleep", partial(_sleep, clock)),
        (asyncio, "run", partial(_run, clock)),
    ]
    by_real = {id(_real(getattr(home, name))): stand_in for home, name, stand_in in stand_ins}
    for module in list(sys.modules.values()):
        held: dict[str, Any] = getattr(module, "__dict__", {})  # some are no modules
        if module is not time and module is not asyncio and _is_of_meant(held, is_meant):
            for name, value in list(held.items()):
                stand_in = by_real.get(id(_real(value)))
                if stand_in is not None:
                    patching.setattr(module, name, _OnTheClock(value, stand_in, here))
    for home, name, stand_in in stand_ins:
        before = getattr(home, name)
        patching.setattr(home, name, _ByCaller(before, stand_in, here, is_meant))


async def _sleep(clock: VirtualClock, delay: float, result: _T | None = None) -> _T | None:
    loop = asyncio.get_running_loop()
    if delay <= 0 or (isinstance(loop, ClockLoop) and loop.clock is clock):
        return await asyncio.sleep(delay, result)
    await sleep_on(clock, loop, delay)
    return result


def _run(clock: VirtualClock, main: Coroutine[Any, Any, _T], **how: Any) -> _T:
    """Run a coroutine as `asyncio.run` does, on the clock unless a kind of loop is asked for."""
    if sys.version_info >= (3, 12) and how.get("loop_factory") is None:
        how.pop("loop_factory", None)
    if how.keys() - {"debug"} or not asyncio.iscoroutine(main):
        return asyncio.run(main, **how)
    loop = clock.event_loop()
    if how.get("debug") is not None:
        loop.set_debug(how["debug"])
    return run(main, loop)


class _OnTheClock:
    """A function that lives on a clock for whoever calls it, while it is installed.

    Args:
        before: what stood there before.
        stand_in: the clock's.
        here: whether it is installed.
    """

    def __init__(
        self, before: Callable[..., Any], stand_in: Callable[..., Any], here: Installed
    ) -> None:
        self.real: Any = _real(before)
        self._before = before
        self._stand_in = stand_in
        self._here = here
        update_wrapper(self, self.real)
        if inspect.iscoroutinefunction(self.real):
            _mark_as_coroutine_function(self)

    def __copy__(self) -> _OnTheClock:
        return self  # as a function is

    def __deepcopy__(self, memo: object) -> _OnTheClock:
        del memo
        return self

    def __call__(self, *args: Any, **more: Any) -> Any:
        return self.called_from(inspect.currentframe(), args, more)

    def called_from(
        self, frame: FrameType | None, args: tuple[Any, ...], more: Mapping[str, Any]
    ) -> Any:
        """Answer the call that `frame` passes on."""
        if self._here.now and self._is_for(frame):
            return self._stand_in(*args, **more)
        if isinstance(self._before, _OnTheClock):
            return self._before.called_from(frame, args, more)
        return self._before(*args, **more)

    def _is_for(self, frame: FrameType | None) -> bool:
        del frame
        return True


class _ByCaller(_OnTheClock):
    """The same, for the code that is meant alone.

    Args:
        before, stand_in, here: as above.
        is_meant: tells by name and file of a module whether it is.
    """

    def __init__(
        self,
        before: Callable[..., Any],
        stand_in: Callable[..., Any],
        here: Installed,
        is_meant: Callable[[str, str], bool],
    ) -> None:
        super().__init__(before, stand_in, here)
        self._is_meant = is_meant

    def _is_for(self, frame: FrameType | None) -> bool:
        caller = frame and frame.f_back
        if caller is None:
            return False
        name = str(caller.f_globals.get("__name__", ""))
        return self._is_meant(name, caller.f_code.co_filename)


def _mark_as_coroutine_function(function: Any) -> None:
    """Have a callable be what `async def` makes, to those who ask; mocks do."""
    if sys.version_info >= (3, 12):
        inspect.markcoroutinefunction(function)
    else:
        # What `asyncio` looks for; before 3.12 there is no other way to tell.
        vars(function)["_is_coroutine"] = vars(asyncio.coroutines)["_is_coroutine"]


def _real(function: Any) -> Any:
    # By the type alone: a proxy in somebody's module may have no `__class__` to tell.
    return function.real if issubclass(type(function), _OnTheClock) else function


def _is_of_meant(held: dict[str, Any], is_meant: Callable[[str, str], bool]) -> bool:
    file = held.get("__file__")
    return file is not None and is_meant(str(held.get("__name__", "")), str(file))


def _in(packages: Sequence[str]) -> Callable[[str, str], bool]:
    def is_meant(name: str, file: str) -> bool:
        del file
        return any(name == each or name.startswith(f"{each}.") for each in packages)

    return is_meant


def _is_own(name: str, file: str) -> bool:
    return name.partition(".")[0] not in INSIDE and not is_library(file)
