"""
Spans that 16 threads write, finish and go on writing, one span after the other.

The spans leave at once, so they are encoded while the threads go on. Prints the counts
of the tracer.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Final

from jaeger_client import Config, Span
from jaeger_client.metrics import CallableMetricsFactory
from tests.unit.racing import run_together

THREADS: Final = 16
SPANS: Final = 100
WRITES: Final = 10
PATIENCE: Final = 45.0

counted: list[tuple[str, int]] = []


def count(name: str, value: int, labels: Mapping[str, str]) -> None:
    """Note what is counted; to append to a list is atomic."""
    counted.append((" ".join([name, *labels.values()]), value))


def use(spans: list[Span], together: threading.Barrier, thread: int) -> None:
    """Write to each span, finish it as all other threads do, and write again."""
    name = f"w{thread}"
    for span in spans:
        together.wait(PATIENCE)
        for number in range(WRITES):
            span.set_tag(name, number).log_kv({name: number})
            if thread == number:
                _ = span.tags, span.logs
        together.wait(PATIENCE)
        span.finish()
        for number in range(WRITES):
            span.set_tag(f"late {name}", number).log_kv({f"late {name}": number})
            _ = span.tags, span.logs


tracer = Config(
    {"sampler": {"type": "const", "param": 1}, "reporter_flush_interval": 0},
    service_name="threads",
    metrics_factory=CallableMetricsFactory(count=count),
).new_tracer()
spans = [tracer.start_span(f"span {n}", tags={"first": n}) for n in range(SPANS)]
barrier = threading.Barrier(THREADS)
run_together(
    *(partial(use, spans, barrier, n) for n in range(THREADS)), patience=PATIENCE
)
assert tracer.close().result()
totals = Counter[str]()
for name, value in counted:
    totals[name] += value
print(json.dumps(totals))
