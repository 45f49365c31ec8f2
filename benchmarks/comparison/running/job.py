"""What a runner is told, what it answers, and how it reads the machine."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.comparison.peers.base import Addresses
from benchmarks.comparison.scenarios import Scenario

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

Figures = dict[str, float]
"""What was measured; `started` is the number of spans that have to arrive."""

CLOSE_TIMEOUT = 30.0
"""Seconds that a peer gets to send what is left."""


@dataclass(frozen=True, slots=True)
class Job:
    """One scenario for one peer."""

    scenario: Scenario
    addresses: Addresses
    queue_size: int | None = None
    quick: bool = False

    @property
    def goes(self) -> int:
        """How many goes; a quick run makes do with half of them."""
        return self.scenario.goes // 2 if self.quick else self.scenario.goes


@dataclass(slots=True)
class Meter:
    """Adds up what calls take of this thread, by its own CPU clock and by the wall."""

    calls: int = 0
    app: float = field(default=0.0)
    wall: float = field(default=0.0)

    def measure(self, call: Callable[[], object], times: int) -> None:
        """Make the call so many times; the loop itself is counted in."""
        goes = range(times)
        wall, app = time.perf_counter(), time.thread_time()
        for _ in goes:
            call()
        self.app += time.thread_time() - app
        self.wall += time.perf_counter() - wall
        self.calls += times

    def figures(self) -> Figures:
        """Return microseconds a call."""
        return {
            "app_us": self.app / self.calls * 1e6,
            "wall_us": self.wall / self.calls * 1e6,
        }


def most_memory() -> float:
    """Return the most MiB that this process has had in memory, or 0 if unknown."""
    # Not getrusage(): its figure begins with that of the process that forked.
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return next(
        int(line.split()[1]) / 1024
        for line in status.splitlines()
        if line.startswith("VmHWM:")
    )
