"""
All clocks and sleeps of the client.

Spans (`span_starter`, `span`, `span_records`) call `time.time()` themselves, looked up
at each call, because tests of applications patch it there.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Final, Protocol


class _Unpatched:
    """The `time.time` of the interpreter, in a slot because that reads fastest."""

    __slots__ = ("wall_clock",)

    wall_clock: Callable[[], float] | None
    """Compared with `time.time`: if a test has patched that, they are not the same."""


UNPATCHED: Final = _Unpatched()
# Not a module attribute: freezegun replaces those that are `time.time`. time-machine
# patches the function itself, which stays the same object, so in a process that has
# imported it every clock counts as patched.
UNPATCHED.wall_clock = None if "time_machine" in sys.modules else time.time


STEADY_CLOCK: Final[Callable[[], float]] = (
    time.monotonic
    if time.get_clock_info("monotonic").resolution < 1e-6  # noqa: PLR2004 - a microsecond
    # For Windows before Python 3.13, where `monotonic` has steps of 16 ms.
    else time.perf_counter
)
"""Returns seconds since some fixed point, in steps below 1 µs; never goes back."""


class Clock(Protocol):
    """Clocks and sleep. Every method may be called from any thread."""

    def time(self) -> float:
        """Return seconds since the epoch; may jump."""
        ...

    def monotonic(self) -> float:
        """Return seconds since some fixed point; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Block the calling thread for *seconds*."""
        ...


class SystemClock:
    """The clocks of `time`, looked up at each call."""

    __slots__ = ()

    def time(self) -> float:
        """Return seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds since some fixed point."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block the calling thread for *seconds*."""
        time.sleep(seconds)


SYSTEM_CLOCK = SystemClock()
"""The default wherever a clock can be passed."""
