"""What the single B3 header says of sampling, and what the tracer makes of it."""

from __future__ import annotations

import pytest

from jaeger_client.codecs import B3SingleCodec
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
def test_absent_decision_is_the_samplers(*, decision: bool) -> None:
    """A trace whose sender left the decision to us is sampled as the sampler says."""
    tracer = MemoryTracer("svc")
    tracer.sampler = ConstSampler(decision)
    context = B3SingleCodec().extract({"b3": "000000000000000a-000000000000000b"})

    span = tracer.start_span("op", child_of=context)

    assert (0xA, 0xB, decision) == (span.trace_id, span.parent_id, span.is_sampled())
