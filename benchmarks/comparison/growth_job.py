"""
One measurement of growth, in the environment of the measured peer.

Run as a program, with the fields of `Job` as JSON, it prints the fields of `Cost` as
JSON. Uses only the standard library and the peer.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from benchmarks.comparison.peers.base import Addresses
from benchmarks.comparison.runner import load_peer

if TYPE_CHECKING:
    from benchmarks.comparison.peers.base import Peer

WARM_UP_SPANS = 600
"""Number of spans before those that count; one batch of each peer loads all modules."""

CLOSE_TIMEOUT = 60.0
"""Maximum number of seconds for a peer to send what is left."""

_IDLE_SHARE = 0.05
_IDLE_PAUSE = 0.1
_MAX_PAUSES = 30


@dataclass(frozen=True, slots=True)
class Job:
    """What to measure."""

    peer: str
    """Module of the peer among `benchmarks.comparison.peers`."""
    kind: str
    """`tags`, `traces` or `threads`."""
    size: int
    """Tags of a span, spans of a trace, or threads at once."""
    spans: int
    """Number of spans, without those of the warm-up."""
    udp_port: int
    http_port: int


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost, in seconds."""

    app_s: float
    """CPU of the application's threads."""
    wall_s: float
    """Time until the application's threads have ended."""
    process_s: float
    """CPU of all threads until all was sent."""
    spans: int
    """Number of spans that were measured."""


def run_job(job: Job, peer: Peer) -> Cost:
    """Start *peer*, execute the job with it, and close it."""
    # The same size for all, so that no queue loses spans.
    peer.start(
        Addresses(job.udp_port, job.http_port),
        queue_size=job.spans + WARM_UP_SPANS,
    )
    go = make_go(job, peer)
    for _ in range(WARM_UP_SPANS):
        peer.root_finish()
    wait_until_idle()
    process_start, start = time.process_time(), time.perf_counter()
    app_s = run_threads(go, job.size if job.kind == "threads" else 1)
    wall_s = time.perf_counter() - start
    peer.close(CLOSE_TIMEOUT)
    return Cost(app_s, wall_s, time.process_time() - process_start, job.spans)


def make_go(job: Job, peer: Peer) -> Callable[[], None]:
    """
    Return the function for each of the application's threads.

    Raises:
        ValueError: If nothing is known of the kind.
    """
    if job.kind == "tags":
        return repeat(peer.make_tagged_span(job.size), job.spans)
    if job.kind == "traces":
        return repeat(lambda: peer.trace(job.size), job.spans // job.size)
    if job.kind == "threads":
        return repeat(peer.root_finish, job.spans // job.size)
    msg = f"kind must be tags, traces or threads, got {job.kind!r}"
    raise ValueError(msg)


def repeat(call: Callable[[], None], count: int) -> Callable[[], None]:
    """Return a function that calls *call* *count* times."""

    def go() -> None:
        for _ in range(count):
            call()

    return go


def run_threads(go: Callable[[], None], count: int) -> float:
    """Run *go* in *threads* threads at once; return the CPU seconds of all."""
    ready = threading.Barrier(count)
    took: list[float] = []

    def run() -> None:
        ready.wait()
        start = time.thread_time()
        go()
        took.append(time.thread_time() - start)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(took) < count:
        msg = f"{count - len(took)} of {count} threads failed"
        raise RuntimeError(msg)
    return sum(took)


def wait_until_idle() -> None:
    """Wait until the process uses no more CPU, a few seconds at most."""
    for _ in range(_MAX_PAUSES):
        start = time.process_time()
        time.sleep(_IDLE_PAUSE)
        if time.process_time() - start < _IDLE_PAUSE * _IDLE_SHARE:
            return


def main() -> None:
    """Execute the job of the command line, and print its cost."""
    job = Job(**json.loads(sys.argv[1]))
    print(json.dumps(asdict(run_job(job, load_peer(job.peer)))))


if __name__ == "__main__":
    main()
