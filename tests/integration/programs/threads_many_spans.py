"""
Spans that 16 threads write to, all of them finish, and continue to write to.

Each thread iterates over all spans, so a thread that is stopped anywhere in a call is
overtaken by the others. Spans are sent at once, so they are encoded while the threads
write to them. Prints the counts of the tracer and the baggage.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from jaeger_client import Config, Span
from jaeger_client.metrics import CallableMetricsFactory
from tests.integration.programs.switches import run_on_threads

THREADS: Final = 16
SPANS: Final = 600
WRITES: Final = 2
LATE_WRITES: Final = 5

counted: list[tuple[str, int]] = []


def count(name: str, value: int, labels: Mapping[str, str]) -> None:
    """Store each count; appending to a list is atomic."""
    counted.append((" ".join([name, *labels.values()]), value))


def write(spans: list[Span], thread: int) -> None:
    """Write to each span several times, and read some."""
    name = f"w{thread}"
    for number in range(WRITES):
        for index, span in enumerate(spans):
            span.set_tag(name, number).log_kv({name: number})
            span.set_baggage_item(name, str(number))
            if index % THREADS == thread:
                _ = span.tags, span.logs


def finish(spans: list[Span], thread: int) -> None:
    """Finish each span, as all other threads do, and write to it again."""
    name = f"late w{thread}"
    for number in range(LATE_WRITES):
        for span in spans:
            if not number:
                span.finish()
            span.set_tag(name, number).log_kv({name: number})


def run_threads(function: Callable[[list[Span], int], None]) -> None:
    """Call a function with all spans on each thread."""
    calls = (partial(function, spans, thread) for thread in range(THREADS))
    run_on_threads(*calls)


tracer = Config(
    {"sampler": {"type": "const", "param": 1}, "reporter_flush_interval": 0},
    service_name="threads",
    metrics_factory=CallableMetricsFactory(count=count),
).new_tracer()
names = [f"span {n}" for n in range(SPANS)]
spans = [tracer.start_span(name, tags={"first": name}) for name in names]
run_threads(write)
run_threads(finish)
assert tracer.close(30).result()
totals = Counter[str]()
for name, value in counted:
    totals[name] += value
baggage = [span.context.baggage for span in spans]
print(json.dumps({"counts": totals, "baggage": baggage}))
