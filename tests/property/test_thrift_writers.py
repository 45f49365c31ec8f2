"""The compiled writers of Thrift write what those in Python write, for any span."""

from __future__ import annotations

import enum
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaeger_client._internal.tag_lists import Log, Tag
from jaeger_client.encoding import (
    JaegerBinaryEncoder,
    JaegerCompactEncoder,
    jaeger_binary,
    jaeger_compact,
)
from jaeger_client.model import SpanLosses
from jaeger_client.reporter import InMemoryReporter
from jaeger_client.sampler import ConstSampler
from jaeger_client.testing import FakeClock
from jaeger_client.tracer import Tracer
from tests.foreign.spans import LARGE, FinishedSpan, Ids, encode_all, reference

if TYPE_CHECKING:
    from jaeger_client.encoding.jaeger_thrift import ThriftEncoder
    from jaeger_client.encoding.packing import SpanWriter
    from jaeger_client.span import Span

native = pytest.importorskip(
    "jaeger_client._native.writers",
    reason="the compiled writers are not built",
)

FORMATS = pytest.mark.parametrize(
    ("encoder", "compiled"),
    [
        (JaegerCompactEncoder, native.CompactWriter(jaeger_compact.CompactWriter())),
        (JaegerBinaryEncoder, native.BinaryWriter(jaeger_binary.BinaryWriter())),
    ],
    ids=["compact", "binary"],
)


class Text(str):
    """Text of a subclass, which lies about its length and its bytes."""

    __slots__ = ()

    def __len__(self) -> int:
        return 1 << 40

    def encode(self, encoding: str = "", errors: str = "") -> bytes:
        """Raise."""
        raise RuntimeError(encoding, errors)


class Number(int):
    """A number of a subclass, whose operations raise."""

    def _raise(self, _: object = None) -> Any:
        raise RuntimeError

    __and__ = __lshift__ = __rshift__ = __ge__ = __lt__ = __bool__ = _raise


class Kind(enum.IntEnum):
    """A member is an int, but not exactly."""

    ONE = 1


class Raising:
    """Raises whatever is done with it."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __iter__(self) -> Any:
        raise RuntimeError

    def __str__(self) -> str:
        raise RuntimeError

    def __len__(self) -> int:
        raise RuntimeError


class Lying(list[Any]):
    """A list that lies about its length."""

    def __len__(self) -> int:
        return 100


def items_of(values: dict[Any, Any]) -> Any:
    """Return a view of the items."""
    return values.items()


BITS = st.integers(0, 130).flatmap(lambda bits: st.integers(-(2**bits), 2**bits))
TEXT = st.text(st.characters(), max_size=12) | st.sampled_from(
    ["", "x" * 127, "x" * 128, "é" * 64, "\U0001f600" * 40, "\ud800", "€" * 5500]
)
VALUE = st.one_of(
    TEXT,
    st.booleans(),
    BITS,
    st.floats(),
    st.binary(max_size=200),
)
ODD = st.sampled_from(
    [
        None,
        (),
        Text("text"),
        Number(7),
        Kind.ONE,
        Raising(),
        bytearray(b"x"),
        Decimal("1.5"),
        Fraction(1, 3),
        1.5j,
        int,
        2**70,
    ]
)
PAIR = st.tuples(TEXT, VALUE)
ITEM = (
    PAIR
    | PAIR.map(list)
    | PAIR.map(lambda pair: Tag.of(*pair))
    | st.tuples(TEXT | ODD, VALUE | ODD)
    | st.tuples(TEXT)
    | ODD
)
ITEMS = st.one_of(
    st.lists(PAIR, max_size=20),
    st.lists(ITEM, max_size=5),
    st.lists(ITEM, max_size=5).map(tuple),
    st.lists(ITEM, max_size=5).map(Lying),
    st.dictionaries(TEXT, VALUE, max_size=20).map(items_of),
    st.dictionaries(TEXT, VALUE | ODD, max_size=5).map(items_of),
    st.dictionaries(st.integers() | TEXT, VALUE, max_size=5),
    ODD,
)
LOG = st.one_of(
    st.tuples(BITS, ITEMS),
    st.tuples(BITS | st.floats() | ODD, ITEMS),
    st.builds(Log, BITS, st.lists(PAIR, max_size=3)),
    ODD,
)
SECONDS = st.one_of(
    st.floats(0, 1e10), st.floats(), st.integers(), ODD, BITS.map(float)
)
NUMBER = BITS | ODD
SPAN = st.builds(
    FinishedSpan,
    ids=st.builds(Ids, BITS, BITS, BITS | st.none(), BITS)
    | st.builds(Ids, NUMBER, NUMBER, NUMBER, NUMBER)
    | ODD,
    operation_name=TEXT | ODD,
    start_time=SECONDS,
    end_time=SECONDS,
    references=st.none()
    | st.lists(st.builds(reference, TEXT, NUMBER, NUMBER), max_size=3)
    | ODD,
    tag_items=ITEMS,
    log_items=st.lists(LOG, max_size=3) | st.lists(LOG, max_size=3).map(tuple) | ODD,
    dropped_tags=st.sampled_from([0, 0, 1, 3, 2**32, -1]) | ODD,
    dropped_logs=st.sampled_from([0, 0, 1, 3, 2**32, -1]) | ODD,
)


def encoded(
    encoder: Callable[[SpanLosses], ThriftEncoder],
    writer: SpanWriter | None,
    spans: list[Any],
    limit: int,
) -> tuple[list[bytes], SpanLosses]:
    """Return payloads and losses of *spans*, written by *writer* or in Python."""
    losses = SpanLosses()
    made = encoder(losses)
    made._clock = FakeClock()
    made._span_writer = writer
    return [payload.body for payload in encode_all(made, spans, limit)], losses


@FORMATS
@given(
    spans=st.lists(SPAN, min_size=1, max_size=4),
    limit=st.sampled_from([200, 1_000, LARGE]),
)
def test_the_same_bytes(
    encoder: Any, compiled: SpanWriter, spans: list[FinishedSpan], limit: int
) -> None:
    """Spans of any parts give the same payloads and losses."""
    assert encoded(encoder, None, spans, limit) == encoded(
        encoder, compiled, spans, limit
    )


@FORMATS
@given(spans=st.lists(SPAN, min_size=1, max_size=4))
def test_the_same_spans_are_refused(
    encoder: Any, compiled: SpanWriter, spans: list[FinishedSpan]
) -> None:
    """A span that one writer refuses, so that a copy is encoded, both refuse."""
    made = encoder()
    for span in spans:
        results: list[object] = []
        for writer in (None, compiled):
            made._span_writer = writer
            out, ends = bytearray(b"before"), [6]
            try:
                made._write_spans(out, ends, [span], LARGE)
            except Exception:  # noqa: BLE001 - any span may raise anything
                results.append("refused")
            else:
                results.append((bytes(out), ends))
        assert results[0] == results[1]


def change(span: Span, draw: Callable[[Any], Any]) -> None:
    """Do with *span* what applications do."""
    action = draw(st.integers(0, 9))
    if action < 3:
        span.set_tag(draw(TEXT), draw(VALUE | ODD))
    elif action < 5:
        span.log_kv(draw(st.dictionaries(TEXT, VALUE | ODD, max_size=5)))
    elif action == 5:
        span.set_baggage_item("key", "value")
    elif action == 6:
        assert span.tags is not None
        assert span.logs is not None
    elif action == 7:
        name = draw(
            st.sampled_from(["operation_name", "start_time", "end_time", "references"])
        )
        setattr(span, name, draw(TEXT | SECONDS | ODD))
    elif action == 8:
        span.set_tag("sampling.priority", draw(st.integers(-1, 2)))
    else:
        span.count_dropped("tags", 3)


@FORMATS
@given(data=st.data(), bits=st.booleans(), count=st.integers(0, 12))
def test_spans_of_the_tracer(
    encoder: Any, compiled: SpanWriter, data: st.DataObject, count: int, *, bits: bool
) -> None:
    """Spans whose fields are read in C are written as those read as attributes."""
    tracer = Tracer(
        "shop",
        InMemoryReporter(),
        ConstSampler(decision=True),
        generate_128bit_trace_id=bits,
    )
    with tracer:
        root = tracer.start_span("root", tags={"first": 1})
        span = tracer.start_span(
            data.draw(TEXT),
            child_of=data.draw(st.sampled_from([None, root])),
            tags=data.draw(st.none() | st.dictionaries(TEXT, VALUE, max_size=8)),
            start_time=data.draw(st.none() | st.floats(0, 1e10)),
        )
        for _ in range(count):
            change(span, data.draw)
        if data.draw(st.booleans()):
            span.finish()
        spans = [root, span]

        assert encoded(encoder, None, spans, LARGE) == encoded(
            encoder, compiled, spans, LARGE
        )
