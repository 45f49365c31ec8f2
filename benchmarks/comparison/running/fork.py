"""Spans, a fork, spans in both processes, and close in both."""

from __future__ import annotations

import os
import signal
import time

from benchmarks.comparison.peers.base import Peer
from benchmarks.comparison.running.job import Figures, Job

CLOSE_SECONDS = 4.0
"""Timeout of close in each process; one that takes this long hangs."""
LONGEST_CHILD = 10.0
HUNG = 3
"""Exit code of the child if its close took the whole timeout."""


def run(peer: Peer, job: Job) -> Figures:
    """Fork with spans still queued; half of the parent's are reported after it."""
    peer.start(job.addresses)
    _make_spans(peer, "parent", job.scenario.calls)
    child = os.fork()
    if child == 0:
        _be_child(peer, job.scenario.calls)
    _make_spans(peer, "parent", job.scenario.calls)
    parent_hung = _close(peer)
    return {
        "parent_spans": 2 * job.scenario.calls,
        "child_spans": job.scenario.calls,
        "parent_hung": parent_hung,
        "child_hung": _wait_for(child),
        "started": 3 * job.scenario.calls,
    }


def _make_spans(peer: Peer, name: str, count: int) -> None:
    for _ in range(count):
        peer.named_span(name)


def _be_child(peer: Peer, count: int) -> None:
    """Report spans, close and end without the parent's exit handlers."""
    status = HUNG
    try:
        _make_spans(peer, "child", count)
        status = HUNG if _close(peer) else 0
    finally:
        os._exit(status)


def _close(peer: Peer) -> bool:
    """Close the tracer; return whether that took the whole timeout."""
    start = time.monotonic()
    peer.close(CLOSE_SECONDS)
    return time.monotonic() - start >= CLOSE_SECONDS


def _wait_for(child: int) -> bool:
    """Wait until the child has ended, kill it if necessary; return whether it hung."""
    deadline = time.monotonic() + LONGEST_CHILD
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) != 0
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True
