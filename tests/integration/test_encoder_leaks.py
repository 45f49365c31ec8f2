"""A million spans through the encoders leave nothing behind."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from jaeger_client.encoding import (
    JaegerBinaryEncoder,
    JaegerCompactEncoder,
    OtlpEncoder,
)
from jaeger_client.model import SpanLosses
from jaeger_client.reporter import InMemoryReporter
from jaeger_client.sampler import ConstSampler
from jaeger_client.tracer import Tracer
from tests.foreign.implementations import TWIN
from tests.foreign.spans import FinishedSpan, reference

pytestmark = pytest.mark.timeout(300)

SPANS = 100
MAX_BLOCKS = 200
"""Number of blocks that may be allocated or freed for other reasons."""


def make_spans() -> list[Any]:
    """Return spans of the tracer and others, some of which have to be copied."""
    tracer = Tracer("shop", InMemoryReporter(), ConstSampler(decision=True))
    spans: list[Any] = []
    with tracer:
        for number in range(SPANS - 3):
            span = tracer.start_span("op", tags={"url": f"/é/{number}", "n": number})
            span.set_tag("peer.service", "customers").log_kv({"event": "e", "n": 1.5})
            span.finish()
            spans.append(span)
    return [
        *spans,
        FinishedSpan(references=[reference("follows_from", 2**100, 3)]),
        FinishedSpan(tag_items=[("k", 2**70), ("lone \ud800", None)]),
        FinishedSpan(ids=None),
    ]


def blocks() -> int:
    """Return how many blocks are allocated; with references, if these are counted."""
    gc.collect()
    total: Callable[[], int] = getattr(sys, "gettotalrefcount", lambda: 0)
    return sys.getallocatedblocks() + total()


@pytest.mark.parametrize(
    "make_encoder", [JaegerCompactEncoder, JaegerBinaryEncoder, OtlpEncoder]
)
@pytest.mark.parametrize(
    "spans", [20_000, pytest.param(1_000_000, marks=pytest.mark.long)]
)
def test_nothing_is_left(make_encoder: Any, spans: int, implementation: str) -> None:
    """Blocks, references and traced memory are as before, whatever was encoded."""
    encoder = make_encoder(SpanLosses())
    batch = make_spans()
    if implementation == TWIN:
        spans //= 10  # as it takes ten times as long

    def encode(count: int) -> None:
        for _ in range(count // SPANS):
            for payload in encoder.encode(batch, limit=8_000):
                assert payload.consumed

    encode(2_000)
    counts = [sys.getrefcount(span) for span in batch]
    before = blocks()
    encode(spans)
    assert abs(blocks() - before) < MAX_BLOCKS
    assert counts == [sys.getrefcount(span) for span in batch]

    tracemalloc.start()
    try:
        encode(2_000)
        traced, _ = tracemalloc.get_traced_memory()
        encode(4_000)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - traced < 5_000
    finally:
        tracemalloc.stop()
