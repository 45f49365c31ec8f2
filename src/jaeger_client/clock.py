"""
All clocks and sleeps of the client.

The hot path (`span_starter`, `span`) calls `time.time()` itself, looked up at each
call, because tests of applications patch it there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Protocol

WALL_CLOCK: Final = time.time
"""`time.time` unless a test has patched it, in which case `time.time` is another."""

STEADY_CLOCK: Final[Callable[[], float]] = (
    time.monotonic
    if time.get_clock_info("monotonic").resolution < 1e-6  # noqa: PLR2004 - a microsecond
    # On Windows before Python 3.13, where `monotonic` has steps of 16 ms.
    else time.perf_counter
)
"""Seconds since some fixed point, to less than a microsecond; never goes back."""


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
    """The machine's own clocks, looked up at each call."""

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
"""The default wherever a clock is passed in."""
