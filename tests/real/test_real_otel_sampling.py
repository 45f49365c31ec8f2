"""Strategies in the file of a real Jaeger, followed by OpenTelemetry's SDK."""

from __future__ import annotations

from contextlib import closing
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from tests.real.binomial import is_likely
from tests.real.jaeger_query import Json, query_until
from tests.real.otel_sdk import OtelService
from tests.real.sampling_jaeger import WITHIN, FileJaeger, Strategies

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

SERVICE = "sampled-by-opentelemetry"
STARTS = 20_000


def strategies_of(kind: str, param: float, **operations: float) -> Strategies:
    """Return a file in which the service has this strategy."""
    rates = [
        {"operation": operation, "type": "probabilistic", "param": rate}
        for operation, rate in operations.items()
    ]
    service = {"service": SERVICE, "type": kind, "param": param}
    return {"service_strategies": [service | {"operation_strategies": rates}]}


FILES = {
    "ProbabilisticSampler(0.25)": strategies_of("probabilistic", 0.25),
    "RateLimitingSampler(20)": strategies_of("ratelimiting", 20),
    "AdaptiveSampler(0.125000, 0.000000, 2000)": strategies_of(
        "probabilistic", 0.125, often=0.5, seldom=0.02, never=0.0
    ),
}
"""A file of each kind, by the sampler that follows it."""


def follow(service: OtelService, sampler: str) -> str:
    """Return what is followed at the end of the time that a change may take."""
    return query_until(
        lambda: service.strategy, lambda now: now == sampler, timeout=WITHIN
    )


@pytest.mark.parametrize(("old", "new"), list(permutations(FILES, 2)))
def test_a_strategy_and_its_change_are_followed(
    file_jaeger: FileJaeger, old: str, new: str
) -> None:
    """A strategy of each kind is followed, and replaced within one interval."""
    file_jaeger.serve(FILES[old], SERVICE)
    with closing(OtelService(SERVICE, file_jaeger)) as service:
        before = follow(service, old)
        file_jaeger.serve(FILES[new], SERVICE)
        after = follow(service, new)

    assert (old, new) == (before, after)


@pytest.mark.parametrize(
    ("sampler", "operation", "probability"),
    [
        ("ProbabilisticSampler(0.25)", "any", 0.25),
        ("AdaptiveSampler(0.125000, 0.000000, 2000)", "often", 0.5),
        ("AdaptiveSampler(0.125000, 0.000000, 2000)", "seldom", 0.02),
        ("AdaptiveSampler(0.125000, 0.000000, 2000)", "never", 0.0),
        ("AdaptiveSampler(0.125000, 0.000000, 2000)", "other", 0.125),
    ],
)
def test_the_share_of_sampled_traces_is_the_probability(
    file_jaeger: FileJaeger, sampler: str, operation: str, probability: float
) -> None:
    """Of 20,000 traces of the SDK, as many are sampled as Jaeger's file allows."""
    file_jaeger.serve(FILES[sampler], SERVICE)
    with closing(OtelService(SERVICE, file_jaeger)) as service:
        followed = follow(service, sampler)
        sampled = len(service.traces(STARTS, operation))

    assert sampler == followed
    assert is_likely(sampled, STARTS, probability), sampled


@pytest.mark.parametrize(
    ("sampler", "kind", "param"),
    [
        ("ProbabilisticSampler(0.25)", "probabilistic", 0.25),
        ("RateLimitingSampler(20)", "ratelimiting", 20.0),
        ("AdaptiveSampler(0.125000, 0.000000, 2000)", "probabilistic", 0.5),
    ],
)
def test_sampled_traces_arrive_with_their_sampler(
    file_jaeger: FileJaeger, sampler: str, kind: str, param: float
) -> None:
    """Jaeger has exactly the traces that were sampled, and why each of them was."""
    file_jaeger.serve(FILES[sampler], SERVICE)
    sampled: set[int] = set()
    with closing(OtelService(SERVICE, file_jaeger)) as service:
        followed = follow(service, sampler)
        # A bucket may be empty at first, so until some were sampled.
        while not sampled:
            spans = service.traces(1_000, "often")
            sampled = {trace_id_of(span) for span in spans}
    found = file_jaeger.query.traces(SERVICE, len(sampled))

    assert sampler == followed
    assert sampled == {int(trace["traceID"], 16) for trace in found}
    assert {
        (("sampler.param", "float64", param), ("sampler.type", "string", kind))
    } == {sampler_tags(trace) for trace in found}


def trace_id_of(span: ReadableSpan) -> int:
    """Return the trace id of a span."""
    context = span.context
    assert context is not None
    trace_id: int = context.trace_id
    return trace_id


def sampler_tags(trace: Json) -> tuple[tuple[str, str, object], ...]:
    """Return key, type and value of the sampler's tags of a trace's root."""
    (root,) = trace["spans"]
    tags = [(tag["key"], tag["type"], tag["value"]) for tag in root["tags"]]
    return tuple(sorted(tag for tag in tags if tag[0].startswith("sampler.")))
