"""
One span that 16 threads write to and read for 10 seconds; then all of them finish it.

Prints the baggage at the end. The collector comes from the environment.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Final

from opentracing import Format

from jaeger_client import Span, Tracer
from tests.integration.programs.make_tracer import make_tracer
from tests.integration.programs.switches import run_on_threads

SECONDS: Final = 10.0
WRITERS: Final = 12
READERS: Final = 4
WRITES: Final = 1500
"""Number of tags, and of logs, by each writer; as many as a payload can hold."""
WRITES_PER_ITEM: Final = 50


def write(span: Span, writer: int) -> None:
    """Record numbers, evenly over time, and read in between; OTLP's keys are unique."""
    name, began = f"w{writer}", time.monotonic()
    number = 0
    while (elapsed := time.monotonic() - began) < SECONDS or number < WRITES:
        if number < WRITES and number <= WRITES * elapsed / SECONDS:
            span.set_tag(f"{name}.{number}", number).log_kv({name: number})
            if not number % WRITES_PER_ITEM:
                span.set_baggage_item(name, str(number))
            number += 1
        else:
            assert span.is_sampled()
            assert repr(span).endswith("shared")
            assert span.context.trace_id == span.trace_id


def read(span: Span, tracer: Tracer) -> None:
    """Check that everything recorded so far stays, in its order."""
    began = time.monotonic()
    tags = logs = 0
    baggage: dict[str, str] = {}
    while time.monotonic() - began < SECONDS:
        numbers = [tag.vLong or 0 for tag in span.tags if tag.key[:3] == "w0."]
        assert numbers == [*range(len(numbers))]
        assert tags <= len(span.tags)
        tags = len(span.tags)
        times = [log.timestamp for log in span.logs if log.fields[0].key == "w0"]
        assert all(before <= after for before, after in pairwise(times))
        assert logs <= len(span.logs)
        logs = len(span.logs)
        headers: dict[str, str] = {}
        tracer.inject(span, Format.HTTP_HEADERS, headers)
        extracted = tracer.extract(Format.HTTP_HEADERS, headers)
        assert extracted is not None
        assert all(int(extracted.baggage[key]) >= int(baggage[key]) for key in baggage)
        baggage = extracted.baggage
        assert int(span.get_baggage_item("w0") or 0) >= int(baggage.get("w0", 0))


tracer = make_tracer(
    collector={"endpoint": os.environ["TEST_ENDPOINT"]},
    max_tags_per_span=1_000_000,
    max_logs_per_span=1_000_000,
)
span = tracer.start_span("shared", tags={"first": True})
actions: list[Callable[[], None]] = [
    *(partial(write, span, writer) for writer in range(WRITERS)),
    *(partial(read, span, tracer) for _ in range(READERS)),
]
run_on_threads(*actions)
run_on_threads(*[span.finish] * len(actions))
assert tracer.close(30).result()
print(json.dumps(span.context.baggage))
