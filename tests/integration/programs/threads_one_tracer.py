"""
Traces that 16 threads record while the sampling strategy changes all the time.

Other threads read the metrics and flush. Prints the names of the spans that were
sampled, and the counts of Prometheus. The agent comes from the environment.
"""

from __future__ import annotations

import json
import time
from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest

from jaeger_client import Config, Tracer
from jaeger_client.metrics.prometheus import PrometheusMetricsFactory
from tests.integration.programs.switches import run_on_threads

THREADS: Final = 16
TRACES: Final = 100
UPDATES: Final = 10
TIMEOUT: Final = 40.0

registry = CollectorRegistry()
ended: list[int] = []
"""The threads that have recorded their traces."""


def record_all(tracer: Tracer, thread: int) -> None:
    """Record all traces of a thread."""
    try:
        for number in range(TRACES):
            wait_for_updates(number * UPDATES // TRACES)
            record(tracer, f"{thread}.{number}")
    finally:
        ended.append(thread)


def wait_for_updates(count: int) -> None:
    """Wait until the sampling strategy has changed *count* times."""
    deadline = time.monotonic() + TIMEOUT
    while (updates() or 0) < count:
        assert time.monotonic() < deadline, f"{updates()} updates of {count}"
        time.sleep(0)


def updates() -> float | None:
    """Return how many strategies were applied."""
    name = "jaeger:sampler_updates_total"
    return registry.get_sample_value(name, {"result": "ok"})


def record(tracer: Tracer, name: str) -> None:
    """Record a trace: a root, its child, and the child of that."""
    with tracer.start_active_span(f"{name} root") as root:
        root.span.set_baggage_item("trace", name)
        with tracer.start_active_span(f"{name} child") as child:
            with tracer.start_active_span(f"{name} grandchild") as grandchild:
                assert tracer.active_span is grandchild.span
                assert name == grandchild.span.get_baggage_item("trace")
            assert tracer.active_span is child.span
        assert tracer.active_span is root.span
        if root.span.is_sampled():
            sampled.append(name)


def is_recording() -> bool:
    """Return whether some threads are still recording."""
    return len(ended) < THREADS


def flush(tracer: Tracer) -> None:
    """Flush repeatedly."""
    while is_recording():
        tracer.flush()


def read_metrics() -> None:
    """Read the metrics repeatedly, as a server for Prometheus does."""
    while is_recording():
        assert b"jaeger:started_spans_total" in generate_latest(registry)


sampled: list[str] = []
tracer = Config(
    {"sampler": {"type": "remote", "param": 0.5}, "sampling_refresh_interval": 0.005},
    service_name="threads",
    metrics_factory=PrometheusMetricsFactory(registry=registry),
).new_tracer()
run_on_threads(
    *(partial(record_all, tracer, n) for n in range(THREADS)),
    partial(flush, tracer),
    read_metrics,
)
assert tracer.close(30).result()
counts = {
    " ".join([sample.name, *sample.labels.values()]): sample.value
    for metric in registry.collect()
    for sample in metric.samples
    if sample.name.endswith("_total")
}
print(json.dumps({"sampled": sampled, "counts": counts}))
