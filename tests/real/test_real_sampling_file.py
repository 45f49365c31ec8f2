"""
Strategies in the file of a real Jaeger: followed, changed, and counted.

Shares are counted over thousands of trace ids that come from a fixed seed, so each
run counts the same. The number of sampled traces among N of probability p is
binomial with the standard deviation sqrt(N p (1 - p)). It may be off by four of
them, as it is for one seed in 16,000 where the sampler is right; a sampler whose
rate is off by a tenth of p is found where N p is above 1,600.
"""

from __future__ import annotations

import math

import pytest

from jaeger_client import Tracer
from jaeger_client.rate_limiter import RateLimiter
from jaeger_client.sampler.strategy import (
    OperationRate,
    PerOperation,
    Probabilistic,
    RateLimiting,
    Strategy,
)
from jaeger_client.testing import FakeClock
from tests.real.jaeger_query import Json, ask_until
from tests.real.sampling_jaeger import WITHIN, FileJaeger, Strategies

SERVICE = "asks-jaeger"
SEED = 20_261_128
DEVIATIONS = 4
"""How many standard deviations a count may be off."""

Decision = dict[str, object]
"""The tags of a decision: `sampler.type` and `sampler.param`."""


def strategies_of(kind: str, param: float, **operations: float) -> Strategies:
    """Return a file in which the service has this strategy."""
    rates = [
        {"operation": operation, "type": "probabilistic", "param": rate}
        for operation, rate in operations.items()
    ]
    service = {"service": SERVICE, "type": kind, "param": param}
    return {"service_strategies": [service | {"operation_strategies": rates}]}


def decision(kind: str, param: float) -> Decision:
    """Return the tags of a decision of this kind."""
    return {"sampler.type": kind, "sampler.param": param}


FILES = {
    "probabilistic": strategies_of("probabilistic", 0.25),
    "rate-limiting": strategies_of("ratelimiting", 20),
    "per-operation": strategies_of("probabilistic", 0.125, named=0.5),
}
"""One file of each kind."""

PARSED: dict[str, Strategy] = {
    "probabilistic": Probabilistic(0.25),
    "rate-limiting": RateLimiting(20),
    # Jaeger's file has no lower bound, and Jaeger says so: none.
    "per-operation": PerOperation(0.125, 0, (OperationRate("named", 0.5),)),
}
"""What Jaeger answers for each."""

TAGS = {
    "probabilistic": decision("probabilistic", 0.25),
    "rate-limiting": decision("ratelimiting", 20),
    "per-operation": decision("lowerbound", 0.5),
}
"""The tags of a decision about an operation `named` that is not recorded."""


def tags_of(tracer: Tracer, operation: str = "named") -> Decision:
    """Return the tags of a decision; this trace id is sampled by no rate below 1."""
    _, tags = tracer.sampler.is_sampled(2**64 - 1, operation)
    return dict(tags)


def follow(tracer: Tracer, tags: Decision) -> Decision:
    """Return the tags of the last decision within the time a change may take."""
    return ask_until(lambda: tags_of(tracer), lambda now: now == tags, timeout=WITHIN)


@pytest.mark.parametrize("kind", FILES)
def test_first_answer_is_followed_at_once(file_jaeger: FileJaeger, kind: str) -> None:
    """A tracer that starts samples as the file says, whatever kind it names."""
    strategy = file_jaeger.serve(FILES[kind], SERVICE)
    with file_jaeger.sampled_tracer(SERVICE) as tracer:
        tags = follow(tracer, TAGS[kind])

    assert PARSED[kind] == strategy
    assert TAGS[kind] == tags


@pytest.mark.parametrize("new", FILES)
@pytest.mark.parametrize("old", FILES)
def test_change_is_followed_within_one_interval(
    file_jaeger: FileJaeger, old: str, new: str
) -> None:
    """A strategy of any kind that takes the place of another's is followed in time."""
    if old == new:
        pytest.skip("test_change_of_a_number_is_followed_within_one_interval has it")
    file_jaeger.serve(FILES[old], SERVICE)
    with file_jaeger.sampled_tracer(SERVICE) as tracer:
        before = follow(tracer, TAGS[old])
        file_jaeger.serve(FILES[new], SERVICE)
        after = follow(tracer, TAGS[new])

    assert (TAGS[old], TAGS[new]) == (before, after)
