"""The codec interface, and what the package exports."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jaeger_client import ConstSampler, Span, Tracer, codecs
from jaeger_client.codecs import (
    B3Codec,
    BinaryCodec,
    Codec,
    TextCodec,
    ZipkinCodec,
)
from jaeger_client.codecs.b3 import B3SingleCodec
from jaeger_client.codecs.registry import CompositeCodec
from jaeger_client.codecs.w3c import W3CCodec
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
    """Every public name of `codecs` of 4.8 can be imported."""
    assert hasattr(codecs, name)


@pytest.mark.parametrize("name", ["B3Codec", "B3SingleCodec", "W3CCodec"])
def test_a_codec_that_is_imported_on_demand_is_a_name_of_the_package(name: str) -> None:
    """The package exports it, and `dir()` lists it."""
    assert issubclass(getattr(codecs, name), Codec)
    assert name in dir(codecs)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """The message is the usual one of a module."""
    with pytest.raises(
        AttributeError, match="'jaeger_client.codecs' has no .* 'NoCodec'"
    ):
        getattr(codecs, "NoCodec")  # noqa: B009 - unknown to type checkers, too


def test_the_base_class_does_nothing() -> None:
    """A codec must override both methods."""
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
    """Return a carrier for *codec*."""
    carrier: bytearray | dict[str, object]
    carrier = bytearray() if isinstance(codec, BinaryCodec) else {}
    return carrier


@pytest.mark.parametrize(
    "codec", OF_EACH_FORMAT, ids=lambda codec: type(codec).__name__
)
def test_every_codec_injects_the_current_baggage_of_a_span(codec: Codec) -> None:
    """This includes spans whose context is created when it is read."""
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
        SpanContext.with_debug_id("d"),
    ],
    ids=["child", "root", "baggage", "debug id"],
)
def test_every_codec_injects_a_span(codec: Codec, context: SpanContext) -> None:
    """Its context is injected, whether passed by name or by position."""
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
    """It is injected like a SpanContext."""

    class Derived(SpanContext):
        pass

    base, derived = empty_carrier(codec), empty_carrier(codec)

    codec.inject(SpanContext(1, 2, 3, 1), base)
    codec.inject(Derived(1, 2, 3, 1), derived)

    assert base == derived


@pytest.mark.parametrize(
    "codec", OF_EACH_FORMAT, ids=lambda codec: type(codec).__name__
)
def test_every_codec_injects_an_object_with_the_attributes_of_a_context(
    codec: Codec,
) -> None:
    """Tests of applications pass objects that only have the attributes of a context."""
    context = SpanContext(1, 2, 3, 1, {"user": "me"})
    names = [name for name in dir(context) if not name.startswith("__")]
    imitation: Any = SimpleNamespace(**{name: getattr(context, name) for name in names})
    expected, carrier = empty_carrier(codec), empty_carrier(codec)

    codec.inject(context, expected)
    codec.inject(imitation, carrier)

    assert expected == carrier
