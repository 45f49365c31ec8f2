"""
The room of time: what the client reads clocks and sleeps through.

The hot path (`tracer`, `span`) calls `time.time()` itself, looked up at each
call, because tests of applications patch it there.
"""

from __future__ import annotations

import time
from typing import Protocol


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
