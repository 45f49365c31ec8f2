"""
The BINARY format: any bytes in a bytearray.

- They are a span context, or raise `CorruptContextError`. The bytes decide, as an
  independent reading of the format does.
- The carrier is not changed.
- What was extracted is the same after it was injected and extracted again.
"""

from __future__ import annotations

import io
from typing import Final, NamedTuple

from opentracing import Format

from jaeger_client.constants import MAX_BAGGAGE_ITEMS, MAX_BAGGAGE_VALUE_LENGTH
from jaeger_client.errors import CorruptContextError
from jaeger_client.reporter import NullReporter
from jaeger_client.sampler import ConstSampler
from jaeger_client.span_context import SpanContext
from jaeger_client.tracer import Tracer
from tests.fuzz.oracles import check_error, checked_log

TRACER: Final = Tracer("fuzz", NullReporter(), ConstSampler(decision=True))
HEAD_SIZE: Final = 37


class Fields(NamedTuple):
    """The content of the format."""

    trace_id: int
    span_id: int
    parent_id: int
    flags: int
    baggage: list[tuple[bytes, bytes]]


def fuzz_one(data: bytes) -> None:
    """Extract from *data*, inject, and extract again."""
    carrier = bytearray(data)
    try:
        expected = read(data)
    except EOFError:
        expected = None
    with checked_log():
        try:
            context = TRACER.extract(Format.BINARY, carrier)
        except CorruptContextError as error:
            check_error(error)
            assert expected is None, expected
            return
        assert data == carrier
        assert context is not None
        assert expected is not None
        check(expected, context)
        again = bytearray()
        TRACER.inject(context, Format.BINARY, again)
        assert parts(context) == parts(TRACER.extract(Format.BINARY, again))


def check(expected: Fields, context: SpanContext) -> None:
    """Ids and flags are those of the bytes, and baggage within the limits."""
    trace_id, span_id, parent_id, flags, items = expected
    assert (trace_id, span_id, parent_id or None, flags) == parts(context)[:4]
    assert len(context.baggage) <= MAX_BAGGAGE_ITEMS
    carried = {
        key.decode("utf-8", "replace"): value.decode("utf-8", "replace")
        for key, value in items
        if len(key) + len(value) <= MAX_BAGGAGE_VALUE_LENGTH
    }
    is_plain = all(key.isascii() and value.isascii() for key, value in items)
    if len(items) <= MAX_BAGGAGE_ITEMS and is_plain:
        assert carried == context.baggage


def parts(
    context: SpanContext | None,
) -> tuple[int, int, int | None, int, dict[str, str]]:
    """Return what a context carries."""
    assert context is not None
    ids = context.trace_id, context.span_id, context.parent_id or None, context.flags
    return (*ids, dict(context.baggage))


def read(data: bytes) -> Fields:
    """Read the format in the simplest way, or raise `EOFError`."""
    stream = io.BytesIO(data)
    trace_id, span_id, parent_id = (number(stream, size) for size in (16, 8, 8))
    flags, count = number(stream, 1), number(stream, 4)
    baggage: list[tuple[bytes, bytes]] = []
    for _ in range(count):
        key = exactly(stream, number(stream, 4))
        baggage.append((key, exactly(stream, number(stream, 4))))
    return Fields(trace_id, span_id, parent_id, flags, baggage)


def number(stream: io.BytesIO, size: int) -> int:
    """Read a number of *size* bytes."""
    return int.from_bytes(exactly(stream, size), "big")


def exactly(stream: io.BytesIO, size: int) -> bytes:
    """Read *size* bytes."""
    taken = stream.read(size)
    if len(taken) < size:
        raise EOFError
    return taken
