"""Sampling decisions in B3, and how the tracer follows them."""

from __future__ import annotations

import pytest

from jaeger_client.codecs import (
    B3Codec,
    B3SingleCodec,
    BinaryCodec,
    Codec,
    TextCodec,
    W3CCodec,
)
from jaeger_client.sampler import ConstSampler
from jaeger_client.testing import MemoryTracer


@pytest.mark.parametrize("decision", [True, False])
@pytest.mark.parametrize(("header", "flags"), [("0", 0), ("1", 1), ("d", 3)])
def test_decision_without_a_trace_is_followed(
    header: str,
    flags: int,
    *,
    decision: bool,
) -> None:
    """A header that is only a sampling state decides for a new trace."""
    tracer = MemoryTracer("svc")
    tracer.sampler = ConstSampler(decision)
    context = B3SingleCodec().extract({"b3": header})

    span = tracer.start_span("op", child_of=context)

    assert (flags, None) == (span.flags, span.parent_id)


@pytest.mark.parametrize("decision", [True, False])
@pytest.mark.parametrize(
    ("headers", "flags"),
    [
        ({"X-B3-Sampled": "0"}, 0),
        ({"X-B3-Sampled": "1"}, 1),
        ({"X-B3-Flags": "1"}, 3),
        ({"X-B3-Flags": "1", "X-B3-Sampled": "0"}, 3),
    ],
)
def test_decision_of_several_headers_without_a_trace_is_followed(
    headers: dict[str, str],
    flags: int,
    *,
    decision: bool,
) -> None:
    """`X-B3-Sampled` and `X-B3-Flags` without ids decide for a new trace."""
    tracer = MemoryTracer("svc")
    tracer.sampler = ConstSampler(decision)

    span = tracer.start_span("op", child_of=B3Codec().extract(headers))

    assert (flags, None) == (span.flags, span.parent_id)


def test_an_unsampled_trace_stays_unsampled_behind_our_service() -> None:
    """The service after an unsampled one does not make a decision of its own."""
    first, second = MemoryTracer("first"), MemoryTracer("second")
    first.sampler = ConstSampler(decision=False)
    headers: dict[str, str] = {}

    B3Codec().inject(first.start_span("op").context, headers)
    span = second.start_span("op", child_of=B3Codec().extract(headers))

    assert not span.is_sampled()


TRACE, SPAN = "000000000000000a", "000000000000000b"


@pytest.mark.parametrize("decision", [True, False])
@pytest.mark.parametrize(
    ("codec", "headers"),
    [
        (B3SingleCodec(), {"b3": f"{TRACE}-{SPAN}"}),
        (B3Codec(), {"X-B3-TraceId": TRACE, "X-B3-SpanId": SPAN}),
    ],
    ids=["single", "several"],
)
def test_absent_decision_is_the_samplers(
    codec: Codec, headers: dict[str, str], *, decision: bool
) -> None:
    """Our sampler decides about a trace whose sender left the decision open."""
    tracer = MemoryTracer("svc")
    tracer.sampler = ConstSampler(decision)
    context = codec.extract(headers)

    span = tracer.start_span("op", child_of=context)

    assert (0xA, 0xB, decision) == (span.trace_id, span.parent_id, span.is_sampled())


@pytest.mark.parametrize("decision", [True, False])
@pytest.mark.parametrize("codec", [B3Codec(), B3SingleCodec()])
def test_absent_decision_is_the_samplers_after_a_relay(
    codec: Codec, *, decision: bool
) -> None:
    """A relay that adds baggage and starts no span leaves the decision open."""
    relayed: dict[str, str] = {}
    context = B3SingleCodec().extract({"b3": f"{TRACE}-{SPAN}-{SPAN}"})
    assert context is not None
    codec.inject(context.with_baggage_item("k", "v"), relayed)
    tracer = MemoryTracer("svc")
    tracer.sampler = ConstSampler(decision)

    span = tracer.start_span("op", child_of=codec.extract(relayed))

    assert (0xA, 0xB, decision) == (span.trace_id, span.parent_id, span.is_sampled())
    assert "v" == span.get_baggage_item("k")


@pytest.mark.parametrize(
    "codec",
    [TextCodec(), TextCodec(url_encoding=True), W3CCodec(), BinaryCodec()],
    ids=["text", "http", "w3c", "binary"],
)
def test_an_open_decision_is_unsampled_in_formats_that_have_none(codec: Codec) -> None:
    """Formats with flags alone write "not sampled" where the decision is left open."""
    context = B3SingleCodec().extract({"b3": f"{TRACE}-{SPAN}"})
    assert context is not None
    carrier = bytearray() if isinstance(codec, BinaryCodec) else dict[str, str]()
    codec.inject(context, carrier)

    again = codec.extract(carrier)

    assert again is not None
    assert (0xA, 0xB, 0) == (again.trace_id, again.span_id, again.flags)
