"""
Encoding 100 spans of 8 tags and 1 log, by each encoder.

Run as a program it prints microseconds per span: with values that repeat, and with 3 of
the 8 values new.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from jaeger_client.encoding import (
    JaegerBinaryEncoder,
    JaegerCompactEncoder,
    OtlpEncoder,
    ZipkinJsonEncoder,
)
from jaeger_client.encoding.packing import PackingEncoder
from jaeger_client.model import Process, SpanLosses, TagItem

SPANS = 100
NUMBERS = itertools.count(1)


@dataclass
class Ids:
    """Ids of a child of a root with three siblings."""

    trace_id: int
    span_id: int
    parent_id: int | None
    flags: int = 1


@dataclass
class FinishedSpan:
    """A client span of one request."""

    ids: Ids
    start_time: float
    end_time: float
    tag_items: list[TagItem]
    log_items: list[tuple[int, list[TagItem]]]
    operation_name: str = "GET /customers"
    references: None = None
    shares_span_id: bool = False
    dropped_tags: int = 0
    dropped_logs: int = 0


def scattered(number: int) -> int:
    """Return 64 bits that look random, the same in each run."""
    return (number * 0x9E3779B97F4A7C15 + 0x1234567) % 2**64


def make_spans(*, unseen: bool) -> list[FinishedSpan]:
    """Return new spans; with *unseen*, 3 of their 8 values are new ones."""
    return [make_span(next(NUMBERS), unseen=unseen) for _ in range(SPANS)]


def make_span(number: int, *, unseen: bool) -> FinishedSpan:
    """Return the span with this *number*."""
    start = 1_700_000_000 + number / 1000
    family = scattered(number // 4)
    new = number if unseen else 17
    return FinishedSpan(
        ids=Ids(family, scattered(-number), family),
        start_time=start,
        end_time=start + number % 50 / 1000 + 0.0001,
        tag_items=[
            ("span.kind", "client"),
            ("component", "http"),
            ("http.method", "GET"),
            ("http.url", f"http://shop/customers/{new}"),
            ("http.status_code", 200),
            ("peer.service", "customers"),
            ("peer.port", 1024 + new * 7919),
            ("request.id", f"r{new:x}"),
        ],
        log_items=[
            (
                int(start * 1_000_000),
                [
                    ("event", "retry"),
                    ("message", "first attempt failed"),
                    ("attempt", 1),
                ],
            )
        ],
    )


ENCODERS: list[Callable[[SpanLosses], PackingEncoder]] = [
    JaegerCompactEncoder,
    JaegerBinaryEncoder,
    OtlpEncoder,
    ZipkinJsonEncoder,
]


@pytest.mark.parametrize("unseen", [False, True], ids=["warm", "unseen"])
@pytest.mark.parametrize("make_encoder", ENCODERS)
def test_encode(
    benchmark: Callable[..., Any],
    make_encoder: Callable[[SpanLosses], PackingEncoder],
    *,
    unseen: bool,
) -> None:
    """Encode 100 spans into as many payloads as the limit of a datagram requires."""
    encoder = make_encoder(SpanLosses())
    encoder.set_process(Process("shop", (("hostname", "host"), ("ip", "10.0.0.1"))))

    def encode(spans: list[FinishedSpan]) -> None:
        for _ in encoder.encode(spans, limit=65_000):
            pass

    def fresh_spans() -> tuple[tuple[list[FinishedSpan]], dict[str, object]]:
        return (make_spans(unseen=unseen),), {}

    pedantic: Any = benchmark.pedantic  # type: ignore[attr-defined]  # untyped plugin
    pedantic(encode, setup=fresh_spans, rounds=100, warmup_rounds=10)


def microseconds(encoder: PackingEncoder, *, unseen: bool) -> float:
    """Return the CPU time of encoding one span."""
    spans = make_spans(unseen=unseen)
    start = time.thread_time()
    for _ in encoder.encode(spans, limit=65_000):
        pass
    return (time.thread_time() - start) / SPANS * 1e6


def main() -> None:
    """Print the medians of interleaved rounds."""
    encoders = [make_encoder(SpanLosses()) for make_encoder in ENCODERS]
    kinds = list(itertools.product(encoders, (False, True)))
    rounds = [
        [microseconds(encoder, unseen=unseen) for encoder, unseen in kinds]
        for _ in range(200)
    ]
    for (encoder, unseen), *took in zip(kinds, *rounds, strict=True):
        name = type(encoder).__name__
        values = "3 of 8 values unseen" if unseen else "warm"
        print(f"{name:<22}{values:<22}{statistics.median(took):6.2f} us a span")


if __name__ == "__main__":
    main()
