"""Any input causes one kind of error, and no more memory than the limits allow."""

from __future__ import annotations

import contextlib
import tracemalloc

import opentracing
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jaeger_client.codecs import (
    B3Codec,
    B3SingleCodec,
    BinaryCodec,
    Codec,
    CompositeCodec,
    TextCodec,
    W3CCodec,
)
from jaeger_client.codecs.baggage import MAX_DEBUG_ID_LENGTH
from jaeger_client.codecs.headers import MAX_NAMES
from jaeger_client.codecs.items import MAX_BAGGAGE_SIZE
from jaeger_client.constants import MAX_BAGGAGE_ITEMS
from jaeger_client.span_context import SpanContext

pytestmark = pytest.mark.usefixtures("codec_implementation")

TEXT = TextCodec()
HTTP = TextCodec(url_encoding=True)
B3 = B3Codec()
B3_SINGLE = B3SingleCodec()
W3C = W3CCodec()
CODECS: list[Codec] = [TEXT, HTTP, B3, B3_SINGLE, W3C]
CODECS.append(CompositeCodec(CODECS[1:]))

NAMES = [
    "uber-trace-id",
    "uberctx-",
    "uberctx-key",
    "jaeger-debug-id",
    "jaeger-baggage",
    "x-b3-traceid",
    "x-b3-spanid",
    "x-b3-parentspanid",
    "x-b3-sampled",
    "x-b3-flags",
    "b3",
    "baggage-key",
    "traceparent",
    "tracestate",
    "baggage",
    "trace-id",
    "span_id",
    "parent-id",
    "traceflags",
]
VALUES = [
    "4bf92f3577b34da6:f067aa0ba902b7:0:1",
    "4bf92f3577b34da6%3Af067aa0ba902b7%3A0%3A1",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1-05e3ac9a4f6e3b90",
    "4bf92f3577b34da6a3ce929d0e0e4736",
    "00f067aa0ba902b7",
    "1",
    "jaeger=debug,a=b",
    "k=v,k2=v%202;p=1",
]
ODD_CHARACTERS = st.sampled_from(
    [*":-,=%;+_ .\n\0\x7f0x1fFgG", "\u0661", "\ud800", "\u00e9"]
)


@st.composite
def mutated(draw: st.DrawFn, originals: list[str]) -> str:
    """A valid text with a few characters changed, inserted or removed."""
    text = draw(st.sampled_from(originals))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(ODD_CHARACTERS) + text[at + draw(st.integers(0, 2)) :]
    return text


texts = mutated(VALUES) | st.text(max_size=60) | ODD_CHARACTERS
scalars = (
    texts
    | texts.map(lambda text: text.encode("utf-8", "replace"))
    | st.binary(max_size=40)
    | st.none()
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.builds(object)
)
values = scalars | st.lists(scalars, max_size=3) | st.tuples(scalars)
names = (
    st.sampled_from(NAMES)
    | st.sampled_from(NAMES).map(str.title)
    | st.sampled_from(NAMES).map(str.encode)
    | mutated(NAMES)
    | st.text(max_size=20)
    | st.binary(max_size=20)
    | st.none()
    | st.integers()
)
header_sets = st.lists(st.tuples(names, values), max_size=8).map(dict)


def check(context: SpanContext | None) -> None:
    """An extracted context is within all limits."""
    if context is None:
        return
    if context.has_trace:
        assert 0 < context.trace_id < 1 << 128
        assert 0 < context.span_id < 1 << 64
        assert 0 < (context.parent_id or 1) < 1 << 64
        assert 0 <= context.flags < 1 << 31
    assert len(context.baggage) <= MAX_BAGGAGE_ITEMS
    assert len(context.debug_id or "") <= MAX_DEBUG_ID_LENGTH
    for codec in CODECS:
        codec.inject(context, {})


@settings(
    max_examples=10 * settings().max_examples,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(header_sets)
def test_header_sets_raise_nothing_but_corrupt_context(
    headers: dict[object, object],
) -> None:
    """
    Random and mutated header sets raise one kind of error or none.

    The contexts can be injected again in every format, and the headers of the request
    are not changed.
    """
    before = [*headers.items()]
    for codec in CODECS:
        context: SpanContext | None = None
        with contextlib.suppress(opentracing.SpanContextCorruptedException):
            context = codec.extract(headers)
        check(context)

    assert before == [*headers.items()]


@given(st.binary(max_size=120), st.integers(0, 3))
def test_bytes_raise_nothing_but_corrupt_context(data: bytes, items: int) -> None:
    """Random bytes, also after a valid head, raise one kind of error or none."""
    head = bytes(15) + b"\1" + bytes(7) + b"\2" + bytes(8) + b"\1"
    for carrier in (bytearray(data), bytearray(head + items.to_bytes(4, "big") + data)):
        with contextlib.suppress(opentracing.SpanContextCorruptedException):
            check(BinaryCodec().extract(carrier))


def giant_headers(number: int) -> dict[str, object]:
    """Headers of a megabyte and more, different ones for each *number*."""
    giant = f"{number}{'x' * 50_000}"
    return {
        **{name + giant: giant for name in NAMES},
        **{f"uberctx-{i}": giant for i in range(20)},
        "baggage": f"k{number}={giant}",
        "tracestate": f"k{number}={giant}",
        "traceparent": VALUES[2],
    }


@pytest.mark.parametrize("codec", CODECS)
def test_giants_take_no_memory_for_long(codec: Codec) -> None:
    """Header sets of a megabyte leave no more memory in use than the limits allow."""
    tracemalloc.start()
    try:
        contexts = [codec.extract(giant_headers(number)) for number in range(20)]
        in_use, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    # 20 contexts, each with at most its baggage, and names of 64 characters.
    assert in_use < 20 * (8 * MAX_BAGGAGE_SIZE) + 4 * MAX_NAMES * 400
    for context in contexts:
        check(context)


def test_made_up_names_do_not_fill_the_memory() -> None:
    """10,000 names that occur once leave a bounded number behind."""
    codec = TextCodec()
    tracemalloc.start()
    try:
        for number in range(10_000):
            codec.extract({f"x-{number}-{'y' * 40}": "", f"uberctx-{number}": ""})
        in_use, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert in_use < 2 * MAX_NAMES * 1000
