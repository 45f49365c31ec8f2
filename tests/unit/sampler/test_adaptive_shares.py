"""The sampled fractions of many traces with random ids, from a fixed seed."""

from __future__ import annotations

import math
import random

import pytest

from jaeger_client.reporter import InMemoryReporter
from jaeger_client.sampler import AdaptiveSampler, Sampler
from jaeger_client.sampler.strategy import PerOperation
from jaeger_client.testing import FakeClock
from jaeger_client.tracer import Tracer
from tests.unit.sampler.fakes import empty_limiters

TRACES = 20_000
RATES = {"GET /": 0.02, "GET /cakes": 0.3, "POST /orders": 0.9}
DEFAULT_RATE = 0.1


def adaptive(bound: float = 0.0, *, late: bool = False) -> tuple[Sampler, FakeClock]:
    """Return a sampler with a rate for each operation, and the clock of its bounds."""
    clock = FakeClock()
    strategy = PerOperation(
        default_rate=DEFAULT_RATE,
        default_lower_bound=bound,
        rates=RATES | {"rare": 0.0},
    )
    sampler = AdaptiveSampler(
        strategy,
        100,
        new_limiter=empty_limiters(clock),
        operation_name_late_binding=late,
    )
    return sampler, clock


def bounds(rate: float) -> tuple[float, float]:
    """Return the expected number of traces, minus and plus five deviations."""
    deviation = math.sqrt(TRACES * rate * (1 - rate))
    return TRACES * rate - 5 * deviation, TRACES * rate + 5 * deviation


@pytest.mark.parametrize(
    ("operation", "rate"),
    [*RATES.items(), ("not listed", DEFAULT_RATE)],
)
def test_each_operation_gets_its_share(operation: str, rate: float) -> None:
    """The fraction is within five standard deviations of the rate."""
    sampler, _ = adaptive()
    ids = random.Random(20)

    sampled = sum(
        sampler.is_sampled(ids.getrandbits(64), operation)[0] for _ in range(TRACES)
    )

    minimum, maximum = bounds(rate)
    assert minimum <= sampled <= maximum


@pytest.mark.parametrize(("operation", "rate"), RATES.items())
def test_renamed_roots_get_the_share_of_their_last_name(
    operation: str,
    rate: float,
) -> None:
    """With late binding, the first name has no effect."""
    sampler, _ = adaptive(late=True)
    reporter = InMemoryReporter()
    tracer = Tracer("shop", reporter, sampler)
    tracer.random = random.Random(21)  # type: ignore[assignment]  # as tests of old do

    for _ in range(TRACES):
        tracer.start_span("POST /orders").set_operation_name(operation).finish()

    minimum, maximum = bounds(rate)
    assert minimum <= len(reporter.get_spans()) <= maximum


@pytest.mark.parametrize("late", [False, True])
def test_the_lower_bound_is_met_whatever_the_rate(late: bool) -> None:
    """Of ten traces a second, two a second are sampled for 1,000 seconds."""
    sampler, clock = adaptive(bound=2.0, late=late)
    reporter = InMemoryReporter()
    tracer = Tracer("shop", reporter, sampler)
    tracer.random = random.Random(22)  # type: ignore[assignment]  # as tests of old do

    for _ in range(10_000):
        clock.sleep(0.1)
        tracer.start_span("rare").finish()

    assert 1995 <= len(reporter.get_spans()) <= 2005
