"""
The tags of a sampling decision, read by decoders of other projects.

Jaeger's adaptive sampling counts the root spans with these tags, so type and parameter
must arrive with their types, whatever number the rate was.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jaeger_client.encoding import (
    JaegerBinaryEncoder,
    JaegerCompactEncoder,
    OtlpEncoder,
)
from jaeger_client.model import SpanLosses
from jaeger_client.reporter import InMemoryReporter
from jaeger_client.sampler import (
    AdaptiveSampler,
    CompositeSampler,
    ConstSampler,
    GuaranteedThroughputProbabilisticSampler,
    PrioritySampler,
    ProbabilisticSampler,
    RateLimitingSampler,
    Sampler,
    TagEqualsSampler,
)
from jaeger_client.span import Span
from jaeger_client.testing import FakeClock
from jaeger_client.tracer import Tracer
from tests.foreign.decoders import (
    attribute_pairs,
    decode_batch,
    decode_emit_batch,
    tag_pairs,
)
from tests.foreign.formats import otlp_spans
from tests.foreign.spans import encode_one
from tests.unit.sampler.fakes import full_limiters

ReadTags = Callable[[Span], list[tuple[str, object]]]

FULL = full_limiters(FakeClock())
RATE_OF_ONE: dict[str, object] = {
    "defaultSamplingProbability": 1,
    "defaultLowerBoundTracesPerSecond": 1,
    "perOperationStrategies": [],
}


def by_compact_thrift(span: Span) -> list[tuple[str, object]]:
    """Return the tags of a datagram."""
    payload = encode_one(JaegerCompactEncoder(SpanLosses()), span)
    return tag_pairs(decode_emit_batch(payload).spans[0].tags)


def by_binary_thrift(span: Span) -> list[tuple[str, object]]:
    """Return the tags of a request to the collector."""
    payload = encode_one(JaegerBinaryEncoder(SpanLosses()), span)
    return tag_pairs(decode_batch(payload).spans[0].tags)


def by_otlp(span: Span) -> list[tuple[str, object]]:
    """Return the attributes of an OTLP request."""
    (decoded,) = otlp_spans(encode_one(OtlpEncoder(SpanLosses()), span))
    return attribute_pairs(decoded.attributes)


def root_sampled_by(sampler: Sampler) -> Span:
    """Return a root span that *sampler* has decided to record."""
    reporter = InMemoryReporter()
    tracer = Tracer("shop", reporter, sampler)
    tracer.start_span("buy", tags={"vip": "ann"}).finish()
    (span,) = reporter.get_spans()
    return span


def limit(traces_per_second: float) -> Sampler:
    """Return a sampler with a full bucket."""
    return RateLimitingSampler(traces_per_second, new_limiter=FULL)


def by_last_name() -> Sampler:
    """Return a sampler that decides when the span ends."""
    return AdaptiveSampler(RATE_OF_ONE, 9, operation_name_late_binding=True)


def lower_bound() -> Sampler:
    """Return a sampler whose rate records nothing and whose lower bound does."""
    return GuaranteedThroughputProbabilisticSampler("buy", 1, 0, new_limiter=FULL)


SAMPLERS: dict[str, tuple[Callable[[], Sampler], str, object]] = {
    "const": (lambda: ConstSampler(decision=True), "const", True),
    "const of a number": (
        lambda: ConstSampler(1),  # type: ignore[arg-type]  # as some programs do
        "const",
        True,
    ),
    "rate": (lambda: ProbabilisticSampler(1.0), "probabilistic", 1.0),
    "whole rate": (lambda: ProbabilisticSampler(1), "probabilistic", 1.0),
    "limit": (lambda: limit(2.5), "ratelimiting", 2.5),
    "whole limit": (lambda: limit(5), "ratelimiting", 5.0),
    "lower bound": (lower_bound, "lowerbound", 0.0),
    "operation": (lambda: AdaptiveSampler(RATE_OF_ONE, 9), "probabilistic", 1.0),
    "any operation": (lambda: AdaptiveSampler(RATE_OF_ONE, 0), "probabilistic", 1.0),
    "last name": (by_last_name, "probabilistic", 1.0),
    "tag": (lambda: TagEqualsSampler("vip", {"ann": True}), "TagEqualsSampler", "ann"),
    "rate of a tag": (
        lambda: TagEqualsSampler("vip", {"ann": 1}),
        "probabilistic",
        1.0,
    ),
    "first of two": (
        lambda: PrioritySampler([ConstSampler(decision=False), lower_bound()]),
        "lowerbound",
        0.0,
    ),
    "both of two": (
        lambda: CompositeSampler([ProbabilisticSampler(1), limit(5)]),
        "ratelimiting",
        5.0,
    ),
}


@pytest.mark.parametrize("read_tags", [by_compact_thrift, by_binary_thrift, by_otlp])
@pytest.mark.parametrize(
    ("make_sampler", "kind", "param"),
    SAMPLERS.values(),
    ids=SAMPLERS,
)
def test_the_decision_arrives_with_its_types(
    make_sampler: Callable[[], Sampler],
    kind: str,
    param: object,
    read_tags: ReadTags,
) -> None:
    """The type is text; the parameter is a bool, or a double for every number."""
    tags = dict(read_tags(root_sampled_by(make_sampler())))

    assert (kind, param) == (tags["sampler.type"], tags["sampler.param"])
    assert type(param) is type(tags["sampler.param"])
