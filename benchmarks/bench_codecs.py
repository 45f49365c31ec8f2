"""
Injecting and extracting span contexts.

Run as a program it prints microseconds for each call and for the two together,
beside the least that any Python tracer must do (`limit` of the speed table).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import pytest

from jaeger_client.codecs import B3Codec, BinaryCodec, Codec, TextCodec, W3CCodec
from jaeger_client.span_context import SpanContext

ROUNDS = 50
CALLS = 2000

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
    "http": TextCodec(url_encoding=True),
    "b3": B3Codec(),
    "w3c": W3CCodec(),
}


class Benchmark(Protocol):
    """What the fixture of pytest-benchmark does for us."""

    def __call__(self, work: Callable[[], object]) -> object:
        """Call *work* many times."""
        ...


def make_inject(codec: Codec) -> Callable[[], object]:
    """Return a call that injects into an empty dict."""
    return lambda: codec.inject(CONTEXT, {})


def make_extract(codec: Codec, **baggage: str) -> Callable[[], object]:
    """Return a call that extracts from a dict with eight foreign headers."""
    carrier: dict[str, object] = dict(FOREIGN)
    codec.inject(
        SpanContext(CONTEXT.trace_id, CONTEXT.span_id, None, 1, baggage), carrier
    )
    return lambda: codec.extract(carrier)


@pytest.mark.parametrize("name", CODECS)
def test_inject(benchmark: Benchmark, name: str) -> None:
    """Inject into an empty dict."""
    benchmark(make_inject(CODECS[name]))


@pytest.mark.parametrize("name", CODECS)
def test_extract(benchmark: Benchmark, name: str) -> None:
    """Extract from a dict with eight foreign headers."""
    benchmark(make_extract(CODECS[name]))


@pytest.mark.parametrize("name", CODECS)
def test_inject_with_baggage(benchmark: Benchmark, name: str) -> None:
    """Inject with two items of baggage, one of which must be encoded."""
    codec = CODECS[name]
    context = SpanContext(CONTEXT.trace_id, CONTEXT.span_id, None, 1, BAGGAGE)
    benchmark(lambda: codec.inject(context, {}))


@pytest.mark.parametrize("name", CODECS)
def test_extract_with_baggage(benchmark: Benchmark, name: str) -> None:
    """Extract with two items of baggage beside the ids."""
    benchmark(make_extract(CODECS[name], **BAGGAGE))


def test_extract_with_baggage_in_utf8(benchmark: Benchmark) -> None:
    """Extract an item of baggage that is not ASCII."""
    benchmark(make_extract(CODECS["http"], user="J\u00fcrgen"))


@pytest.mark.parametrize("name", ["Uber-Trace-Id", "UBER-TRACE-ID"])
def test_extract_other_spellings(benchmark: Benchmark, name: str) -> None:
    """Extract where the trace header is not in lower case."""
    carrier = {**FOREIGN, name: "463ac35c9f6413ad:48485a3953bb6124:0:1"}
    benchmark(lambda: CODECS["http"].extract(carrier))


def test_extract_ids_that_lack_zeros(benchmark: Benchmark) -> None:
    """Extract ids that are shorter than an id may be, as one of eight is."""
    carrier = {**FOREIGN, "uber-trace-id": "63ac35c9f6413ad:48485a3953bb6124:0:1"}
    benchmark(lambda: CODECS["http"].extract(carrier))


def test_binary_there_and_back(benchmark: Benchmark) -> None:
    """Inject into a bytearray with two items of baggage and extract from it."""
    codec = BinaryCodec()
    context = SpanContext(CONTEXT.trace_id, CONTEXT.span_id, None, 1, BAGGAGE)

    def there_and_back() -> None:
        carrier = bytearray()
        codec.inject(context, carrier)
        codec.extract(carrier)

    benchmark(there_and_back)


def test_extract_nothing(benchmark: Benchmark) -> None:
    """Extract from foreign headers alone."""
    benchmark(lambda: CODECS["http"].extract(FOREIGN))


def limit() -> object:
    """Do the least: write four ids, find and read them again, keep them."""
    carrier = {"uber-trace-id": f"{CONTEXT.trace_id:x}:{CONTEXT.span_id:x}:0:1"}
    return [int(part, 16) for part in carrier["uber-trace-id"].split(":")]


def microseconds(work: Callable[[], object]) -> float:
    """Return the time of one call in the fastest of many rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(CALLS):
            work()
        best = min(best, time.perf_counter() - started)
    return best / CALLS * 1e6


def main() -> None:
    """Print the table."""
    least = microseconds(limit)
    print(f"{'limit':<14}{least:6.2f} us")
    for name, codec in CODECS.items():
        inject = microseconds(make_inject(codec))
        extract = microseconds(make_extract(codec))
        print(
            f"{name:<14}{inject + extract:6.2f} us"
            f" = {inject:.2f} inject + {extract:.2f} extract,"
            f" {(inject + extract) / least:.1f} x limit"
        )


if __name__ == "__main__":
    main()
