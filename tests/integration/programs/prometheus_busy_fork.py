"""
Forks under PROMETHEUS_MULTIPROC_DIR while a thread of the parent is counting.

The thread is stopped while it holds the locks of the library and of the factory: before
a value is written to the parent's file, and after that. Prints how many children did
not end by themselves, how many have a file of counters of their own, and whether a
scrape counts exactly the spans of all processes.
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
from prometheus_client.mmap_dict import MmapedDict

from jaeger_client import ConstSampler, Tracer
from jaeger_client.metrics.prometheus import PrometheusMetricsFactory
from jaeger_client.reporter import NullReporter

LIBRARY: Any = prometheus_client.multiprocess
"""The library has no types."""

FILE: Any = MmapedDict
WRITE_VALUE = FILE.write_value

TIMEOUT = 30
SPANS_OF_A_CHILD = 3


class Stop:
    """Stops one thread in its next write to a file."""

    def __init__(self, *, after_write: bool) -> None:
        self._after_write = after_write
        self.is_reached = threading.Event()
        self.is_over = threading.Event()

    def write_value(self, file: object, *value: object) -> None:
        """Replace `MmapedDict.write_value`."""
        if self._after_write:
            WRITE_VALUE(file, *value)
        if not self.is_reached.is_set():
            self.is_reached.set()
            self.is_over.wait(TIMEOUT)
        if not self._after_write:
            WRITE_VALUE(file, *value)


def child(tracer: Tracer) -> None:
    """Finish a few spans; a child that hangs is ended by a signal."""
    signal.alarm(TIMEOUT)
    for _ in range(SPANS_OF_A_CHILD):
        tracer.start_span("child").finish()
    os._exit(0)


def fork_in_a_count(tracer: Tracer, stop: Stop) -> tuple[int, bool]:
    """Return the child's status, and whether it has a file of its own."""

    def write_value(file: object, *value: object) -> None:
        stop.write_value(file, *value)

    FILE.write_value = write_value
    thread = threading.Thread(target=lambda: tracer.start_span("parent").finish())
    thread.start()
    assert stop.is_reached.wait(TIMEOUT)
    pid = os.fork()
    if pid == 0:
        child(tracer)
    _, status = os.waitpid(pid, 0)
    stop.is_over.set()
    thread.join()
    directory = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    return status, (directory / f"counter_{pid}.db").exists()


def finished_spans() -> float | None:
    """Return the values that a scrape has for all processes."""
    registry = CollectorRegistry()
    LIBRARY.MultiProcessCollector(registry)
    return registry.get_sample_value("jaeger:finished_spans_total")


def main() -> None:
    """Fork twice."""
    tracer = Tracer(
        "s",
        NullReporter(),
        ConstSampler(decision=True),
        metrics_factory=PrometheusMetricsFactory(),
    )
    tracer.start_span("first").finish()
    ends = [fork_in_a_count(tracer, Stop(after_write=late)) for late in (False, True)]
    hung = sum(status != 0 for status, _ in ends)
    files = sum(has_file for _, has_file in ends)
    expected = 1 + len(ends) * (1 + SPANS_OF_A_CHILD)
    print(f"hung {hung}, files {files}, exact {finished_spans() == expected}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
