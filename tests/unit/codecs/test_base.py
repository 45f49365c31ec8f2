"""The codec interface, ids in hex, and what the package exports."""

from __future__ import annotations

from typing import Any

import pytest

from jaeger_client import ConstSampler, Span, Tracer, codecs
from jaeger_client.codecs import (
    B3Codec,
    BinaryCodec,
    Codec,
    TextCodec,
    ZipkinCodec,
    header_to_hex,
)
from jaeger_client.codecs.b3 import B3SingleCodec
from jaeger_client.codecs.registry import CompositeCodec
from jaeger_client.codecs.trace_id import id_of
from jaeger_client.codecs.w3c import W3CCodec
from jaeger_client.errors import CorruptContextError
from jaeger_client.reporter import InMemoryReporter
from jaeger_client.span_context import SpanContext


@pytest.mark.parametrize(
    "name",
    [
        "Codec",
        "TextCodec",
        "BinaryCodec",
        "B3Codec",
        "ZipkinCodec",
        "ZipkinSpanFormat",
        "span_context_to_string",
        "span_context_from_string",
        "header_to_hex",
    ],
)
def test_the_names_of_the_old_module_import(name: str) -> None:
    """Every public name of 4.8's `codecs` is there."""
    assert name in codecs.__all__
    assert hasattr(codecs, name)


def test_the_base_class_does_nothing() -> None:
    """A codec must bring both methods."""
    with pytest.raises(NotImplementedError):
        Codec().inject(SpanContext(1, 2, 3, 1), {})
    with pytest.raises(NotImplementedError):
        Codec().extract({})


OF_EACH_FORMAT: list[Codec] = [
    TextCodec(),
    TextCodec(url_encoding=True),
    B3Codec(),
    B3SingleCodec(),
    W3CCodec(),
    ZipkinCodec(),
    BinaryCodec(),
    CompositeCodec([TextCodec(), B3Codec()]),
]


def empty_carrier(codec: Codec) -> object:
    """Return what *codec* injects into."""
    carrier: bytearray | dict[str, object]
    carrier = bytearray() if isinstance(codec, BinaryCodec) else {}
    return carrier


@pytest.mark.parametrize(
    "codec", OF_EACH_FORMAT, ids=lambda codec: type(codec).__name__
)
def test_every_codec_injects_the_present_baggage_of_a_span(codec: Codec) -> None:
    """Also of a span of a tracer, whose context is created when it is first read."""
    tracer = Tracer("shop", InMemoryReporter(), ConstSampler(decision=True))
    spans: list[Any] = [tracer.start_span("op") for _ in range(2)]
    spans[1].set_baggage_item("user", "me")

    for span in spans:
        of_span, of_context = empty_carrier(codec), empty_carrier(codec)
        codec.inject(span, of_span)
        codec.inject(span.context, of_context)

        assert of_context == of_span


@pytest.mark.parametrize(
    "codec", OF_EACH_FORMAT, ids=lambda codec: type(codec).__name__
)
@pytest.mark.parametrize(
    "context",
    [
        SpanContext(2**64 + 1, 2, 3, 1, {"user": "me you"}),
        SpanContext(1, 2, None, 3),
        SpanContext(None, None, None, None, {"user": "me"}),  # type: ignore[arg-type]  # no trace, no ids
    ],
    ids=["child", "root", "baggage"],
)
def test_every_codec_injects_a_span(codec: Codec, context: SpanContext) -> None:
    """A span is injected as its context is, by name as well as by position."""
    tracer = Tracer("shop", InMemoryReporter(), ConstSampler(decision=True))
    span: Any = Span(context, tracer, "op")
    carriers = [empty_carrier(codec) for _ in range(3)]

    codec.inject(context, carriers[0])
    codec.inject(span, carriers[1])
    codec.inject(span_context=span, carrier=carriers[2])

    assert carriers[0] == carriers[1] == carriers[2]


@pytest.mark.parametrize(
    "codec", OF_EACH_FORMAT, ids=lambda codec: type(codec).__name__
)
def test_every_codec_injects_a_context_of_a_derived_type(codec: Codec) -> None:
    """As one of the type itself."""

    class Derived(SpanContext):
        pass

    base, derived = empty_carrier(codec), empty_carrier(codec)

    codec.inject(SpanContext(1, 2, 3, 1), base)
    codec.inject(Derived(1, 2, 3, 1), derived)

    assert base == derived


@pytest.mark.parametrize(
    ("text", "number"),
    [("a", 10), ("A", 10), ("0" * 50 + "1", 1), ("f" * 32, 2**128 - 1), (" a ", 10)],
)
def test_header_to_hex(text: str, number: int) -> None:
    """Hexadecimal text of up to 128 bits is a number."""
    assert number == header_to_hex(text)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "g",
        "0xa",
        "1_0",
        "-1",
        "+1",
        "1 0",
        "\u0661",
        "f" * 33,
        "0" * 600,
        None,
        b"a",
        5,
    ],
)
def test_header_to_hex_of_anything_else_is_corrupt(header: object) -> None:
    """Signs, `0x`, `_`, more than 128 bits and other types are malformed."""
    with pytest.raises(CorruptContextError):
        header_to_hex(header)


def test_an_id_has_a_number_of_bits() -> None:
    """An id over its bits is corrupt, and the error names both."""
    assert 2**64 - 1 == id_of("f" * 16, bits=64)
    with pytest.raises(CorruptContextError, match="64 bits"):
        id_of("f" * 17, bits=64)
