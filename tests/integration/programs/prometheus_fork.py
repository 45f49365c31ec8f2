"""
Forks while another thread holds every lock of the metrics, as a scrape may.

The child traces, and prints how many spans it finished.
"""

# pyright: reportPrivateUsage=false
# The locks are those of another library.

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import ExitStack
from typing import Any

from prometheus_client import REGISTRY

from jaeger_client.metrics import prometheus
from tests.integration.programs.prometheus_tracer import make_tracer

TIMEOUT = 20


def locks_of_the_metrics() -> list[Any]:
    """Return every lock that counting may acquire."""
    collectors = prometheus._SHARED._made[REGISTRY].values()
    parts = [REGISTRY, *(p for each in collectors for p in prometheus._parts_of(each))]
    locks = [getattr(part, "_lock", None) for part in parts]
    return [lock for lock in locks if lock is not None]


def hold(held: threading.Event, done: threading.Event) -> None:
    """Acquire every lock, and hold them until *done* is set."""
    with ExitStack() as stack:
        for lock in locks_of_the_metrics():
            stack.enter_context(lock)
        held.set()
        done.wait(TIMEOUT)


def main() -> None:
    """Fork while all locks are held."""
    tracer = make_tracer()
    tracer.start_span("bake", tags={"span.kind": "server"}).finish()
    assert tracer.flush(TIMEOUT)
    held, done = threading.Event(), threading.Event()
    holder = threading.Thread(target=hold, args=(held, done))
    holder.start()
    assert held.wait(TIMEOUT)
    child = os.fork()
    if child == 0:
        # A child that waits for a lock must not outlive the test.
        signal.alarm(TIMEOUT)
        tracer.start_span("bake", tags={"span.kind": "server"}).finish()
        assert tracer.close(timeout=TIMEOUT).result()
        value = REGISTRY.get_sample_value("bakery_jaeger:finished_spans_total")
        print(f"child {value}")
        sys.stdout.flush()
        os._exit(0)
    done.set()
    holder.join()
    assert os.waitpid(child, 0)[1] == 0
    assert tracer.close(timeout=TIMEOUT).result()


if __name__ == "__main__":
    main()
