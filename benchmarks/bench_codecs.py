"""
Injecting and extracting span contexts.

Run as a program it prints microseconds for each call and format, with the minimum for
any Python tracer (`limit` of the speed table) as a comparison.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

# Run as a program, this file finds only modules of its own folder.
sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.comparison.formats import (
    BAGGAGE,
    CODECS,
    CONTEXT,
    FOREIGN,
    FORMATS_HEADER,
    Formats,
    format_rows,
    make_extract,
    make_inject,
    measure_formats,
)
from benchmarks.comparison.table import markdown
from jaeger_client._native import IMPLEMENTATION
from jaeger_client.codecs import BinaryCodec
from jaeger_client.span_context import SpanContext


class Benchmark(Protocol):
    """The part of pytest-benchmark's fixture that is used here."""

    def __call__(self, work: Callable[[], object]) -> object:
        """Call *work* repeatedly."""
        ...


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
    benchmark(make_inject(CODECS[name], **BAGGAGE))


@pytest.mark.parametrize("name", CODECS)
def test_extract_with_baggage(benchmark: Benchmark, name: str) -> None:
    """Extract with two items of baggage beside the ids."""
    benchmark(make_extract(CODECS[name], **BAGGAGE))


def test_extract_with_baggage_in_utf8(benchmark: Benchmark) -> None:
    """Extract an item of baggage that is not ASCII."""
    benchmark(make_extract(CODECS["jaeger"], user="J\u00fcrgen"))


@pytest.mark.parametrize("name", ["Uber-Trace-Id", "UBER-TRACE-ID"])
def test_extract_other_spellings(benchmark: Benchmark, name: str) -> None:
    """Extract where the trace header is not in lower case."""
    carrier = {**FOREIGN, name: "463ac35c9f6413ad:48485a3953bb6124:0:1"}
    benchmark(lambda: CODECS["jaeger"].extract(carrier))


def test_extract_ids_that_lack_zeros(benchmark: Benchmark) -> None:
    """Extract ids without leading zeros, as one of eight has."""
    carrier = {**FOREIGN, "uber-trace-id": "63ac35c9f6413ad:48485a3953bb6124:0:1"}
    benchmark(lambda: CODECS["jaeger"].extract(carrier))


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
    """Extract from foreign headers only."""
    benchmark(lambda: CODECS["jaeger"].extract(FOREIGN))


def main() -> None:
    """Print the table."""
    costs = {IMPLEMENTATION: measure_formats(Formats())}
    print(markdown(FORMATS_HEADER, format_rows(costs, {})))


if __name__ == "__main__":
    main()
