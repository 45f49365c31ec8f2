"""Memory that queued spans use."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from jaeger_client.reporter import BaseReporter
from jaeger_client.sampler import ConstSampler
from jaeger_client.tracer import Tracer
from tests.implementations import implementations

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaeger_client.reporter.queue import SpanQueue
    from jaeger_client.span import Span

SPANS = 1_000

LAYOUT = 208 if sys.version_info >= (3, 14) else 0
"""
Bytes that CPython 3.14 adds to the same objects.

A tuple stores its hash, 8 bytes for each of the eight tags, and an object that has
both slots and a `__dict__` gets room for that dict's values, 144 bytes.
"""

MAX_BYTES = 1024 + LAYOUT


class QueueingReporter(BaseReporter):
    """Queues spans as the reporter that sends does."""

    def __init__(self, queue_type: type[SpanQueue[Span]]) -> None:
        self.queue: SpanQueue[Span] = queue_type(
            SPANS * 2,
            batch_size=SPANS * 2,
            wake=lambda: None,
            refused=lambda closed: None,
        )

    def report_span(self, span: Span) -> None:
        """Queue *span*."""
        self.queue.put(span)


def make_tags() -> dict[str, object]:
    """Return the eight tags of a client's span; their values exist already."""
    return {
        "span.kind": "client",
        "component": "http",
        "http.method": "GET",
        "http.url": "http://shop/customers/17",
        "http.status_code": 200,
        "peer.service": "customers",
        "peer.port": 8080,
        "request.id": "r17",
    }


def bytes_per_span(queue: SpanQueue[Span], finish_one: Callable[[], None]) -> float:
    """Return how many bytes more are in use for each span queued."""
    finish_one()
    queue.clear(list)
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(SPANS):
            finish_one()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (after - before) / SPANS


@pytest.fixture(params=implementations("reporter.queue", "queue"))
def reporter(request: pytest.FixtureRequest) -> QueueingReporter:
    """Return a reporter with a queue of either implementation."""
    return QueueingReporter(request.param.SpanQueue)


def test_a_queued_span_of_eight_tags_takes_one_kibibyte_at_most(
    reporter: QueueingReporter,
) -> None:
    """Tags given at the start: the span, its context, ids and times together."""
    tracer = Tracer("shop", reporter, ConstSampler(decision=True))
    parent = tracer.start_span("parent")

    def finish_one() -> None:
        tracer.start_span("GET", child_of=parent, tags=make_tags()).finish()

    assert bytes_per_span(reporter.queue, finish_one) <= MAX_BYTES


def test_tags_set_one_by_one_take_no_more(reporter: QueueingReporter) -> None:
    """Tags set after the start: the same bound."""
    tracer = Tracer("shop", reporter, ConstSampler(decision=True))

    def finish_one() -> None:
        span = tracer.start_span("GET")
        for key, value in make_tags().items():
            span.set_tag(key, value)
        span.finish()

    assert bytes_per_span(reporter.queue, finish_one) <= MAX_BYTES
