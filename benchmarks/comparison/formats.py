"""
The cost of inject and extract in each format, and the minimum as a comparison.

Run as a program, with the fields of `Formats` as JSON, in an environment that has
jaeger-client 5; prints the fields of `FormatCosts` as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

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

PEERS = ("ours", "ours_python")
"""The measured peers."""

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


@dataclass(frozen=True, slots=True)
class Formats:
    """What to do."""

    rounds: int = ROUNDS


@dataclass(frozen=True, slots=True)
class FormatCosts:
    """Microseconds per call."""

    limit: float
    """Of the minimum."""
    calls: dict[str, list[float]]
    """Of inject and extract, without and with baggage, by the name of the format."""


FORMATS_HEADER = (
    "format",
    "implementation",
    "inject µs",
    "extract µs",
    "both ÷ limit",
    "inject µs, 2 items of baggage",
    "extract µs, 2 items of baggage",
)


def measure_formats(work: Formats) -> FormatCosts:
    """Return the microseconds of the minimum, and of each format."""
    calls = {
        name: (
            make_inject(codec),
            make_extract(codec),
            make_inject(codec, **BAGGAGE),
            make_extract(codec, **BAGGAGE),
        )
        for name, codec in CODECS.items()
    }
    calls["binary"] = (
        make_binary_inject(),
        make_binary_extract(),
        make_binary_inject(**BAGGAGE),
        make_binary_extract(**BAGGAGE),
    )
    costs = {
        name: [microseconds(call, work.rounds) for call in each]
        for name, each in calls.items()
    }
    return FormatCosts(microseconds(limit, work.rounds), costs)


def format_rows(
    costs: Mapping[str, FormatCosts], labels: Mapping[str, str]
) -> list[list[str]]:
    """Return the cells of each row: the minimum first, then each format by peer."""
    first = next(iter(costs.values()))
    return [
        ["limit", "", "", f"{first.limit:.2f}", "1.0", "", ""],
        *(
            [name, labels.get(peer, peer), *_cells(of_peer, name)]
            for name in first.calls
            for peer, of_peer in costs.items()
        ),
    ]


def _cells(costs: FormatCosts, name: str) -> list[str]:
    inject, extract, *with_baggage = costs.calls[name]
    ratio = (inject + extract) / costs.limit
    texts = [f"{figure:.2f}" for figure in (inject, extract, *with_baggage)]
    return [*texts[:2], f"{ratio:.1f}", *texts[2:]]


def main() -> None:
    """Measure what the command line specifies."""
    work = Formats(**json.loads(sys.argv[1]))
    print(json.dumps(asdict(measure_formats(work))))


if __name__ == "__main__":
    main()
