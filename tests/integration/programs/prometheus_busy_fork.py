"""
Forks under PROMETHEUS_MULTIPROC_DIR while threads of the parent count without pause.

Prints how many children did not end by themselves, how many have a file of counters of
their own, and whether a scrape has exactly the spans of all processes.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import prometheus_client.multiprocess
from prometheus_client import CollectorRegistry

from jaeger_client import ConstSampler, Tracer
from jaeger_client.metrics.prometheus import PrometheusMetricsFactory
from jaeger_client.reporter import NullReporter

LIBRARY: Any = prometheus_client.multiprocess
"""Without types of its own."""

CHILDREN = 30
SPANS_OF_A_CHILD = 3
PATIENCE = 5


def count_on(tracer: Tracer, stop: threading.Event, counts: list[int]) -> None:
    """Finish spans until told to stop."""
    count = 0
    while not stop.is_set():
        tracer.start_span("parent").finish()
        count += 1
    counts.append(count)


def child(tracer: Tracer) -> None:
    """Finish a few spans; a child that hangs is ended by a signal."""
    signal.alarm(PATIENCE)
    for _ in range(SPANS_OF_A_CHILD):
        tracer.start_span("child").finish()
    os._exit(0)


def finished_spans() -> float | None:
    """Return what a scrape has of all processes."""
    registry = CollectorRegistry()
    LIBRARY.MultiProcessCollector(registry)
    return registry.get_sample_value("jaeger:finished_spans_total")


def main() -> None:
    """Fork, and wait for each child."""
    tracer = Tracer(
        "s",
        NullReporter(),
        ConstSampler(decision=True),
        metrics_factory=PrometheusMetricsFactory(),
    )
    stop = threading.Event()
    counts: list[int] = []
    threads = [
        threading.Thread(target=count_on, args=(tracer, stop, counts)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    hung = own_files = 0
    for _ in range(CHILDREN):
        pid = os.fork()
        if pid == 0:
            child(tracer)
        hung += os.waitpid(pid, 0)[1] != 0
        directory = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
        own_files += (directory / f"counter_{pid}.db").exists()
    stop.set()
    for thread in threads:
        thread.join()
    expected = sum(counts) + CHILDREN * SPANS_OF_A_CHILD
    print(f"hung {hung}, files {own_files}, exact {finished_spans() == expected}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
