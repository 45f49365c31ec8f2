"""The job of a runner, its result, and how it measures."""

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
"""The measurements; `started` is the number of spans that must arrive."""

CLOSE_TIMEOUT = 30.0
"""Maximum number of seconds for a peer to send what is left."""


@dataclass(frozen=True, slots=True)
class Job:
    """One scenario for one peer."""

    scenario: Scenario
    addresses: Addresses
    queue_size: int | None = None
    quick: bool = False

    @property
    def groups(self) -> int:
        """Number of groups; a quick run has half of them."""
        return self.scenario.groups // 2 if self.quick else self.scenario.groups


@dataclass(slots=True)
class Meter:
    """Adds up the durations of calls, as CPU time of this thread and as wall time."""

    calls: int = 0
    app: float = field(default=0.0)
    wall: float = field(default=0.0)

    def measure(self, call: Callable[[], object], times: int) -> None:
        """Call *call* *count* times; the cost of the loop is included."""
        turns = range(times)
        wall, app = time.perf_counter(), time.thread_time()
        for _ in turns:
            call()
        self.app += time.thread_time() - app
        self.wall += time.perf_counter() - wall
        self.calls += times

    def figures(self) -> Figures:
        """Return microseconds per call."""
        return {
            "app_us": self.app / self.calls * 1e6,
            "wall_us": self.wall / self.calls * 1e6,
        }


def max_memory() -> float:
    """Return the maximum memory of this process in MiB, or 0 if unknown."""
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
