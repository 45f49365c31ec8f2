"""The cost of inject and extract in each format, and the minimum as a comparison."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from jaeger_client.codecs import (
    B3Codec,
    B3SingleCodec,
    BinaryCodec,
    Codec,
    CompositeCodec,
    TextCodec,
    W3CCodec,
)
from jaeger_client.span_context import SpanContext

ROUNDS = 50
CALLS = 2000
QUICK_ROUNDS = 5

CONTEXT = SpanContext(0x463AC35C9F6413AD, 0x48485A3953BB6124, 0x53CE929D0E0E4736, 1)
FOREIGN = {
    "Host": "customers.example",
    "User-Agent": "requests/2.32",
    "Accept": "*/*",
    "Accept-Encoding": "gzip",
    "Content-Type": "application/json",
    "Content-Length": "12",
    "X-Request-Id": "b1946ac92492d2347c6235b4d2611184",
    "Connection": "keep-alive",
}
BAGGAGE = {"user-name": "Juergen K", "tenant": "acme"}
CODECS: dict[str, Codec] = {
    "jaeger": TextCodec(url_encoding=True),
    "b3": B3Codec(),
    "b3single": B3SingleCodec(),
    "w3c": W3CCodec(),
    "jaeger, b3 and w3c": CompositeCodec(
        [TextCodec(url_encoding=True), B3Codec(), W3CCodec()]
    ),
}
"""The formats of HTTP headers."""

Work = Callable[[], object]


def make_inject(codec: Codec, **baggage: str) -> Work:
    """Return a call that injects into an empty dict."""
    context = SpanContext(CONTEXT.trace_id, CONTEXT.span_id, None, 1, baggage)
    return lambda: codec.inject(context, {})


def make_extract(codec: Codec, **baggage: str) -> Work:
    """Return a call that extracts from a dict with eight foreign headers."""
    carrier: dict[str, object] = dict(FOREIGN)
    codec.inject(
        SpanContext(CONTEXT.trace_id, CONTEXT.span_id, None, 1, baggage), carrier
    )
    return lambda: codec.extract(carrier)


def make_binary_inject(**baggage: str) -> Work:
    """Return a call that injects into an empty bytearray."""
    codec = BinaryCodec()
    context = SpanContext(CONTEXT.trace_id, CONTEXT.span_id, None, 1, baggage)
    return lambda: codec.inject(context, bytearray())


def make_binary_extract(**baggage: str) -> Work:
    """Return a call that extracts from a bytearray."""
    codec, carrier = BinaryCodec(), bytearray()
    codec.inject(
        SpanContext(CONTEXT.trace_id, CONTEXT.span_id, None, 1, baggage), carrier
    )
    return lambda: codec.extract(carrier)


def limit() -> object:
    """Perform the minimum: write four ids, find and read them again, store them."""
    carrier = {"uber-trace-id": f"{CONTEXT.trace_id:x}:{CONTEXT.span_id:x}:0:1"}
    return [int(part, 16) for part in carrier["uber-trace-id"].split(":")]


def microseconds(work: Work, rounds: int = ROUNDS) -> float:
    """Return the time of one call in the fastest of many rounds."""
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        for _ in range(CALLS):
            work()
        best = min(best, time.perf_counter() - started)
    return best / CALLS * 1e6


class FormatCost(NamedTuple):
    """Microseconds per call."""

    name: str
    inject: float
    extract: float
    inject_baggage: float
    extract_baggage: float


FORMATS_HEADER = (
    "format",
    "inject µs",
    "extract µs",
    "both ÷ limit",
    "inject µs, 2 items of baggage",
    "extract µs, 2 items of baggage",
)


def measure_formats(rounds: int = ROUNDS) -> tuple[float, list[FormatCost]]:
    """Return the microseconds of the minimum, and of each format."""
    works = {
        name: (
            make_inject(codec),
            make_extract(codec),
            make_inject(codec, **BAGGAGE),
            make_extract(codec, **BAGGAGE),
        )
        for name, codec in CODECS.items()
    }
    works["binary"] = (
        make_binary_inject(),
        make_binary_extract(),
        make_binary_inject(**BAGGAGE),
        make_binary_extract(**BAGGAGE),
    )
    costs = [
        FormatCost(name, *(microseconds(work, rounds) for work in each))
        for name, each in works.items()
    ]
    return microseconds(limit, rounds), costs


def format_rows(least: float, costs: Sequence[FormatCost]) -> list[list[str]]:
    """Return the cells of each row, the minimum first."""
    return [
        ["limit", "", f"{least:.2f}", "1.0", "", ""],
        *(
            [
                cost.name,
                f"{cost.inject:.2f}",
                f"{cost.extract:.2f}",
                f"{(cost.inject + cost.extract) / least:.1f}",
                f"{cost.inject_baggage:.2f}",
                f"{cost.extract_baggage:.2f}",
            ]
            for cost in costs
        ),
    ]
