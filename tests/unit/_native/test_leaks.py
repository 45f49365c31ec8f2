"""Spans that go through all of the compiled core leave nothing behind."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any

import opentracing
import pytest

from jaeger_client import ConstSampler, Span, SpanContext, Tracer
from jaeger_client.encoding import (
    JaegerBinaryEncoder,
    JaegerCompactEncoder,
    OtlpEncoder,
)
from jaeger_client.model import SpanLosses
from jaeger_client.reporter import BaseReporter
from jaeger_client.reporter.queue import SpanQueue

TEXT = "a text that is longer than a few characters"
NON_ASCII = "é" * 20
OTHER = object()
TAGS: dict[str, object] = {
    "text": TEXT,
    "number": 1,
    "truth": True,
    "real": 1.5,
    "non-ascii": NON_ASCII,
    "bytes": TEXT.encode(),
    "object": OTHER,
}
ODD_TAGS = {"large": 10**30, "surrogate": "\ud800"}
"""Batches with such tags are encoded twice, the second time by other code."""

SPANS = 6
"""Number of spans of a turn."""


class Pipeline(BaseReporter):
    """Queues spans, and encodes them in three formats."""

    def __init__(self) -> None:
        self.queue: SpanQueue[Any] = SpanQueue(
            10_000,
            batch_size=1_000,
            wake=lambda: None,
            refused=lambda _: pytest.fail("the queue is full"),
        )
        self.encoders = [
            encoder(SpanLosses())
            for encoder in (JaegerCompactEncoder, JaegerBinaryEncoder, OtlpEncoder)
        ]

    def report_span(self, span: Span) -> None:
        self.queue.put(span)

    def encode(self) -> None:
        """Encode what is in the queue."""
        spans: list[Span] = []
        self.queue.move(10_000, spans.extend)
        for encoder in self.encoders:
            for payload in encoder.encode(spans, limit=60_000):
                assert payload.consumed


def trace(tracer: Tracer) -> None:
    """Record spans by every operation of the core."""
    with tracer.start_active_span(TEXT, tags=TAGS) as scope:
        root = scope.span.set_baggage_item("item", TEXT)
        child = tracer.start_span(TEXT, child_of=root, tags={"span.kind": "client"})
        for key, value in TAGS.items():
            child.set_tag(key, value)
        child.log_kv(TAGS).log_kv({"event": OTHER}, 5.0)
        headers: dict[str, str] = {}
        for format in ("http_headers", "text_map"):
            tracer.inject(child, format, headers)
        links = [opentracing.follows_from(root.context)]
        context = tracer.extract("http_headers", headers)
        server = tracer.start_span("server", child_of=context, references=links)
        server.start_time = TEXT  # type: ignore[assignment]  # the application may
        server.start_time = 5.0
        del server.operation_name
        server.operation_name = TEXT
        assert (server.flags, len(server.tags), len(server.logs)) == (1, 0, 0)
        tracer.start_span("follows", references=links).finish()
        tracer.start_span("unsampled", tags={"sampling.priority": 0}).finish()
        with tracer.start_span("with"):
            server.finish()
        child.finish()


def counts() -> list[int]:
    """Count blocks, objects, and references to what all spans share."""
    gc.collect()
    total: Callable[[], int] = getattr(sys, "gettotalrefcount", lambda: 0)
    shared = [TEXT, NON_ASCII, OTHER, None, True, Span, SpanContext, str, dict]
    references = [sys.getrefcount(thing) for thing in shared]
    return [sys.getallocatedblocks(), len(gc.get_objects()), total(), *references]


@pytest.mark.parametrize(
    "number",
    [
        5_000,
        pytest.param(1_000_000, marks=[pytest.mark.long, pytest.mark.timeout(1_800)]),
    ],
)
def test_spans_leave_nothing_behind(number: int) -> None:
    """No object, block or reference is left of many spans."""
    pipeline = Pipeline()
    tracer = Tracer("svc", pipeline, ConstSampler(decision=True))

    def use(spans: int) -> None:
        for turn in range(spans // SPANS):
            trace(tracer)
            if turn % 100 == 0:
                tracer.start_span("odd", tags=ODD_TAGS).finish()
                pipeline.encode()
        pipeline.encode()

    use(2_000)
    before = counts()
    use(number)

    # A leak in one of the operations of a turn would be one for each turn.
    growth = [new - old for new, old in zip(counts(), before, strict=True)]
    assert max(growth) < number / SPANS / 4
    assert min(growth[3:]) > -number / SPANS / 4
