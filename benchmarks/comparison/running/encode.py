"""Batches of a hundred spans to bytes, by the peer's own encoder."""

from __future__ import annotations

import gc

from benchmarks.comparison.peers.base import Peer
from benchmarks.comparison.peers.work import SPANS_IN_BATCH
from benchmarks.comparison.running.job import Figures, Job, Meter, max_memory

WARM_UP = 5


def run(peer: Peer, job: Job) -> Figures:
    """Encode batches that differ in their ids, and return the cost of a span."""
    peer.start(job.addresses)
    encode = peer.make_encoding(
        unseen=job.scenario.unseen,
        batches=WARM_UP + job.groups,
    )
    sizes = [encode() for _ in range(WARM_UP)]
    # The spans of all batches exist at once, which is only so in the benchmark: no
    # collection while one is encoded should scan the others.
    gc.collect()
    gc.freeze()
    meter = Meter()
    meter.measure(encode, job.groups)
    return {
        "encode_us": meter.app / meter.calls / SPANS_IN_BATCH * 1e6,
        "bytes": sizes[-1] / SPANS_IN_BATCH,
        "memory_mb": max_memory(),
        "started": 0,
    }
