"""
Traces in child processes under PROMETHEUS_MULTIPROC_DIR; the parent is scraped.

The argument is the start method: fork or spawn. Prints two scrapes, the second without
the gauges of dead processes.
"""

from __future__ import annotations

import multiprocessing
import sys
from typing import Any

import prometheus_client.multiprocess
from prometheus_client import CollectorRegistry, generate_latest

from tests.integration.programs.prometheus_tracer import make_tracer

LIBRARY: Any = prometheus_client.multiprocess
"""The library has no types."""

CHILDREN = 3
SPANS_OF_A_CHILD = 20
SPANS_OF_THE_PARENT = 5


def trace_in_a_child() -> None:
    """Create a tracer as a worker of a server does, and trace."""
    trace(SPANS_OF_A_CHILD)


def trace(count: int) -> None:
    """Make *count* spans with a tracer of this process."""
    tracer = make_tracer()
    for _ in range(count):
        tracer.start_span("bake", tags={"span.kind": "server"}).finish()
    assert tracer.close(timeout=20.0).result()


def scrape() -> str:
    """Return the counts of all processes."""
    registry = CollectorRegistry()
    LIBRARY.MultiProcessCollector(registry)
    return generate_latest(registry).decode()


def main() -> None:
    """Trace here and in children, then print the scrapes."""
    trace(SPANS_OF_THE_PARENT)
    children = [
        multiprocessing.Process(target=trace_in_a_child) for _ in range(CHILDREN)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
        assert child.exitcode == 0
    print(scrape())
    print("# then")
    for child in children:
        LIBRARY.mark_process_dead(child.pid)
    print(scrape())


if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    main()
