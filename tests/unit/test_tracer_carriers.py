"""`inject` and `extract` as the tracer offers them."""

from __future__ import annotations

import opentracing
import pytest
from opentracing import Format

from jaeger_client.codecs import Codec
from jaeger_client.errors import (
    ForeignSpanContextError,
    JaegerClientError,
    UnsupportedFormatError,
)
from jaeger_client.reporter import InMemoryReporter
from jaeger_client.sampler import ConstSampler
from jaeger_client.span_context import SpanContext
from jaeger_client.testing import MemoryTracer
from jaeger_client.tracer import Tracer
from tests.unit.spans import Anything


class OwnCodec(Codec):
    """A codec of the application."""

    def inject(self, span_context: SpanContext, carrier: Anything) -> None:
        carrier["own"] = span_context.trace_id

    def extract(self, carrier: Anything) -> SpanContext | None:
        return SpanContext(carrier["own"], 1, None, 1)


@pytest.mark.parametrize("as_context", [False, True])
def test_inject_takes_a_span_or_a_context(as_context: bool) -> None:
    """`inject` takes a Span or a SpanContext."""
    tracer = MemoryTracer()
    span = tracer.start_span("op")
    carrier: dict[str, str] = {}

    tracer.inject(span.context if as_context else span, Format.TEXT_MAP, carrier)

    assert {"uber-trace-id": "1:1:0:1"} == carrier


def test_extract_reads_what_was_injected() -> None:
    """`extract` gives the ids, flags and baggage that were injected."""
    tracer = MemoryTracer()
    span = tracer.start_span("op").set_baggage_item("key", "value")
    carrier: dict[str, str] = {}

    tracer.inject(span, Format.HTTP_HEADERS, carrier)
    context = tracer.extract(Format.HTTP_HEADERS, carrier)

    assert context is not None
    assert (span.trace_id, span.span_id, 1, {"key": "value"}) == (
        context.trace_id,
        context.span_id,
        context.flags,
        context.baggage,
    )


def test_extract_finds_nothing() -> None:
    """Without a context in the carrier, `extract` gives `None`."""
    assert MemoryTracer().extract(Format.TEXT_MAP, {}) is None


@pytest.mark.parametrize("foreign", [opentracing.SpanContext(), None, "1:1:0:1"])
def test_context_of_another_tracer(foreign: Anything) -> None:
    """Another tracer's context is a `ValueError` that names what came."""
    with pytest.raises(ForeignSpanContextError) as caught:
        MemoryTracer().inject(foreign, Format.TEXT_MAP, {})

    assert isinstance(caught.value, ValueError)
    assert foreign is caught.value.got
    assert str(caught.value).endswith(f"got {type(foreign).__name__}")


@pytest.mark.parametrize("unknown", ["telepathy", None, ["text_map"]])
def test_unknown_format(unknown: Anything) -> None:
    """An unknown format is OpenTracing's error and ours, and names the known ones."""
    tracer = MemoryTracer()

    with pytest.raises(opentracing.UnsupportedFormatException, match="text_map"):
        tracer.inject(tracer.start_span("op"), unknown, {})
    with pytest.raises(UnsupportedFormatError, match="http_headers"):
        tracer.extract(unknown, {})


@pytest.mark.parametrize("format_", [Format.TEXT_MAP, Format.BINARY])
def test_carrier_of_a_wrong_type(format_: str) -> None:
    """A carrier that the format cannot use is OpenTracing's error and ours."""
    tracer = MemoryTracer()
    span = tracer.start_span("op")

    with pytest.raises(opentracing.InvalidCarrierException) as caught:
        tracer.inject(span, format_, 5)

    assert isinstance(caught.value, JaegerClientError)


class Unspeakable:
    """A format that cannot be converted to text."""

    def __str__(self) -> str:
        msg = "no text"
        raise RuntimeError(msg)

    __repr__ = __str__


@pytest.mark.parametrize("key", [5, None, b"own", Unspeakable()])
@pytest.mark.parametrize("unknown", ["telepathy", 6, ["text_map"], Unspeakable()])
def test_unknown_format_beside_a_key_that_is_no_text(
    key: Anything, unknown: Anything
) -> None:
    """Keys of `extra_codecs` may be of any type, and so may the unknown format."""
    tracer = Tracer(
        "svc",
        InMemoryReporter(),
        ConstSampler(decision=True),
        extra_codecs={key: OwnCodec()},
    )

    with pytest.raises(UnsupportedFormatError, match="text_map"):
        tracer.inject(tracer.start_span("op"), unknown, {})
    with pytest.raises(UnsupportedFormatError, match="text_map"):
        tracer.extract(unknown, {})


def test_extra_codecs_win() -> None:
    """`extra_codecs` override the codecs of OpenTracing's formats, and add others."""
    tracer = Tracer(
        "svc",
        InMemoryReporter(),
        ConstSampler(decision=True),
        extra_codecs={Format.TEXT_MAP: OwnCodec(), "own": OwnCodec()},
    )
    carrier: dict[str, int] = {}

    tracer.inject(SpanContext(7, 1, None, 1), Format.TEXT_MAP, carrier)
    context = tracer.extract("own", carrier)

    assert {"own": 7} == carrier
    assert context is not None
    assert 7 == context.trace_id


def test_header_names_of_the_tracer() -> None:
    """The tracer's own header names are those of its text codecs."""
    tracer = Tracer(
        "svc",
        InMemoryReporter(),
        ConstSampler(decision=True),
        trace_id_header="x-trace",
        baggage_header_prefix="x-bag-",
        debug_id_header="x-debug",
    )
    carrier: dict[str, str] = {}

    tracer.inject(SpanContext(1, 2, None, 1, {"k": "v"}), Format.TEXT_MAP, carrier)
    debug = tracer.extract(Format.HTTP_HEADERS, {"X-Debug": "Coraline"})

    assert {"x-trace": "1:2:0:1", "x-bag-k": "v"} == carrier
    assert debug is not None
    assert "Coraline" == debug.debug_id


def test_all_formats_of_opentracing() -> None:
    """TEXT_MAP, HTTP_HEADERS and BINARY are there, and Zipkin's binary format."""
    expected = {"text_map", "http_headers", "binary", "zipkin-span-format"}

    assert expected == set(MemoryTracer().codecs)
