"""
What tracing costs the application's thread, call by call.

`python benchmarks/bench_hot_path.py` prints microseconds of each call and its
ratio to `limit`, the least that any Python tracer must do: two clock reads, one
random id, one slotted object, a dict, an append. Rounds are interleaved, so
that a machine that slows down slows all of them down.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest
from opentracing import Format

from jaeger_client import ConstSampler, Tracer
from jaeger_client.reporter import NullReporter

ROUNDS = 15
CALLS = 2_000

HEADERS = {
    "host": "shop.example",
    "user-agent": "benchmark",
    "accept": "*/*",
    "accept-encoding": "gzip",
    "connection": "keep-alive",
    "content-type": "application/json",
    "content-length": "17",
    "x-request-id": "b1946ac9",
    "uber-trace-id": "2bf82be4f931997f:dd7d3f44f12ffd2f:0:1",
}

Call = Callable[[], object]


class Least:
    """The slotted object of `limit`."""

    __slots__ = ("end", "span_id", "start", "tags")

    start: float
    end: float
    span_id: int
    tags: dict[str, object]


def make_limit() -> Call:
    """Return a call that does the least a tracer must do."""
    source, queue = random.Random(), list[Least]()  # noqa: S311 - as ids are made

    def limit() -> None:
        span = Least()
        span.start = time.time()
        span.span_id = source.getrandbits(64)
        span.tags = {"http.method": "GET", "http.status_code": 200, "cached": True}
        span.end = time.time()
        queue.append(span)
        queue.clear()

    return limit


def make_calls(tracer: Tracer, silent: Tracer) -> dict[str, Call]:
    """Return every call that is measured, by name."""
    context = tracer.start_span("context").context

    def finish_root(tracer: Tracer) -> None:
        tags = {"http.method": "GET", "http.status_code": 200, "cached": True}
        tracer.start_span("GET /customer", tags=tags).finish()

    def finish_active_child() -> None:
        with tracer.start_active_span("GET /customer"):
            tracer.start_active_span("SELECT").close()

    def set_tags() -> None:
        span = tracer.start_span("GET /customer")
        for _ in range(10):
            span.set_tag("http.method", "GET")

    def log() -> None:
        tracer.start_span("GET /customer").log_kv({"event": "retry", "attempt": 1})

    return {
        "limit": make_limit(),
        "start_span + finish": lambda: finish_root(tracer),
        "the same, unsampled": lambda: finish_root(silent),
        "active parent and child": finish_active_child,
        "start_span + 10 set_tag": set_tags,
        "start_span + log_kv": log,
        "inject": lambda: tracer.inject(context, Format.HTTP_HEADERS, {}),
        "extract": lambda: tracer.extract(Format.HTTP_HEADERS, HEADERS),
    }


@contextmanager
def calls_to_measure() -> Generator[dict[str, Call], None, None]:
    """Make two tracers, one of which samples nothing, and the calls on them."""
    with (
        Tracer("benchmark", NullReporter(), ConstSampler(decision=True)) as tracer,
        Tracer("benchmark", NullReporter(), ConstSampler(decision=False)) as silent,
    ):
        yield make_calls(tracer, silent)


with calls_to_measure() as _calls:
    NAMES = list(_calls)


@pytest.mark.parametrize("name", NAMES)
def test_hot_call(benchmark: Callable[[Call], Any], name: str) -> None:
    """Measure one call of the hot path."""
    with calls_to_measure() as calls:
        benchmark(calls[name])


def microseconds(call: Call) -> float:
    """Return the CPU time of one call, of this thread alone."""
    start = time.thread_time()
    for _ in range(CALLS):
        call()
    return (time.thread_time() - start) / CALLS * 1e6


def main() -> None:
    """Print the medians of interleaved rounds."""
    with calls_to_measure() as calls:
        rounds = [
            {name: microseconds(call) for name, call in calls.items()}
            for _ in range(ROUNDS)
        ]
    for name in calls:
        took = statistics.median(figures[name] for figures in rounds)
        ratio = statistics.median(
            figures[name] / figures["limit"] for figures in rounds
        )
        print(f"{name:<26}{took:7.2f} us{ratio:7.1f} x limit")


if __name__ == "__main__":
    main()
