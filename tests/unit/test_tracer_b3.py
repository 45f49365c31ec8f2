"""What B3 says of sampling, and what the tracer makes of it."""

from __future__ import annotations

import pytest

from jaeger_client.codecs import B3Codec, B3SingleCodec, Codec
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
    """A trace whose sender left the decision to us is sampled as the sampler says."""
    tracer = MemoryTracer("svc")
    tracer.sampler = ConstSampler(decision)
    context = codec.extract(headers)

    span = tracer.start_span("op", child_of=context)

    assert (0xA, 0xB, decision) == (span.trace_id, span.parent_id, span.is_sampled())
