"""The same call, in groups with a pause between, so that nothing is lost."""

from __future__ import annotations

import gc
import time

from benchmarks.comparison.peers.base import Peer
from benchmarks.comparison.running.job import (
    CLOSE_TIMEOUT,
    Figures,
    Job,
    Meter,
    max_memory,
)

WARM_UP = 20
"""Number of calls before the measured ones, whose spans are sent with theirs."""


def run(peer: Peer, job: Job) -> Figures:
    """Execute all groups, close, and return the cost of a call."""
    scenario = job.scenario
    peer.start(job.addresses, sampled=scenario.sampled, queue_size=job.queue_size)
    operation = getattr(peer, scenario.operation)
    Meter().measure(operation, WARM_UP)
    time.sleep(scenario.pause)
    # Garbage of the start is collected once: 1 ms that the next 4,000 spans should not
    # pay. `init` measures starts; garbage of the calls is still theirs.
    gc.collect()

    meter = Meter()
    process = time.process_time()
    for _ in range(job.groups):
        meter.measure(operation, scenario.calls)
        time.sleep(scenario.pause)
    peer.close(CLOSE_TIMEOUT)
    process = time.process_time() - process

    return {
        **meter.figures(),
        "process_us": process / meter.calls * 1e6,
        "memory_mb": max_memory(),
        "started": (WARM_UP + meter.calls) * _spans_a_call(peer, job),
    }


def _spans_a_call(peer: Peer, job: Job) -> int:
    """Return the number of spans of a call that must arrive."""
    if not job.scenario.sampled:
        return 0
    return peer.spans_of.get(job.scenario.operation, 0)
