"""As many spans as fast as they go, then close."""

from __future__ import annotations

import time

from benchmarks.comparison.peers.base import Peer
from benchmarks.comparison.running.job import (
    CLOSE_TIMEOUT,
    Figures,
    Job,
    Meter,
    most_memory,
)


def run(peer: Peer, job: Job) -> Figures:
    """Make the burst; `process_s` is the CPU of all of it."""
    peer.start(job.addresses, queue_size=job.queue_size)
    meter = Meter()
    process = time.process_time()
    meter.measure(peer.root_finish, job.scenario.calls)
    peer.close(CLOSE_TIMEOUT)
    process = time.process_time() - process
    return {
        **meter.figures(),
        "process_s": process,
        "memory_mb": most_memory(),
        "started": meter.calls,
    }
