"""Many spans as fast as possible, then close."""

from __future__ import annotations

import time

from benchmarks.comparison.peers.base import Peer
from benchmarks.comparison.running.job import (
    CLOSE_TIMEOUT,
    Figures,
    Job,
    Meter,
    max_memory,
)


def run(peer: Peer, job: Job) -> Figures:
    """Report the burst; `process_s` is the CPU time of all of it."""
    peer.start(job.addresses, queue_size=job.queue_size)
    meter = Meter()
    process = time.process_time()
    meter.measure(peer.root_finish, job.scenario.calls)
    peer.close(CLOSE_TIMEOUT)
    process = time.process_time() - process
    return {
        **meter.figures(),
        "process_s": process,
        "memory_mb": max_memory(),
        "started": meter.calls,
    }
