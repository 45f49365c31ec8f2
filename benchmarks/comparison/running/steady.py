"""Two thousand spans per second for five seconds, two each millisecond."""

from __future__ import annotations

import time

from benchmarks.comparison.peers.base import Peer
from benchmarks.comparison.running.job import (
    CLOSE_TIMEOUT,
    Figures,
    Job,
    max_memory,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

TICK = 0.001
SPANS_A_TICK = 2
IDLE_TICKS = 1_000


def run(peer: Peer, job: Job) -> Figures:
    """Tick idly without a tracer, then with spans; the idle cost is subtracted."""
    ticks = job.scenario.calls // SPANS_A_TICK
    idle = tick(IDLE_TICKS, lambda: None) * ticks / IDLE_TICKS

    peer.start(job.addresses, queue_size=job.queue_size)

    def two_spans() -> None:
        for _ in range(SPANS_A_TICK):
            peer.root_finish()

    process = time.process_time()
    tick(ticks, two_spans)
    peer.close(CLOSE_TIMEOUT)
    process = time.process_time() - process
    return {
        "process_s": process - idle,
        "idle_s": idle,
        "memory_mb": max_memory(),
        "started": ticks * SPANS_A_TICK,
    }


def tick(ticks: int, work: Callable[[], None]) -> float:
    """Report spans at the start of each tick; return the CPU seconds of the process."""
    process = time.process_time()
    next_tick = time.perf_counter()
    for _ in range(ticks):
        work()
        next_tick += TICK
        time.sleep(max(0.0, next_tick - time.perf_counter()))
    return time.process_time() - process
