"""
A real Jaeger that adapts the rates of services to their traffic.

Its target is 100 traces per second of each operation, and its initial probability 0.2.
A busy service creates its traces at once, so that even a part of them, if two of
Jaeger's seconds have one each, is well above 100. A quiet one creates them until a
single one is sampled.

Jaeger stores its results, but reads them only when it starts (its only processor is the
leader, and a leader reads nothing); then it calculates from the 0.2 again. So it is
restarted between the steps, and each step is one calculation: 0.2 times 100 by the
traces of a second for a busy service, twice 0.2 for a quiet one.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Protocol

import pytest

from jaeger_client.sampler.strategy import PerOperation, decode_strategy, parse_strategy
from tests.real.binomial import is_likely
from tests.real.sampling_jaeger import AdaptiveJaeger
from tests.real.traffic import OPERATION, Made, OtelTraffic, Traffic, start_traffic

BUSY = 10_000
"""Traces that a busy service creates at once: 2,000 at the probability of 0.2."""

INITIAL = AdaptiveJaeger.initial_probability
RAISED = 2 * INITIAL
"""Jaeger at most doubles a probability."""


class NewTraffic(Protocol):
    """Type of the fixture `new_traffic`."""

    def __call__(self, service: str) -> AbstractContextManager[Traffic]:
        """Start a service that reports to the adaptive Jaeger and polls it often."""
        ...


@pytest.fixture(params=["jaeger_client", "opentelemetry"])
def new_traffic(
    request: pytest.FixtureRequest, adaptive_jaeger: AdaptiveJaeger, tmp_path: Path
) -> NewTraffic:
    """Start a service that reports to the adaptive Jaeger and polls it often."""
    if request.param == "opentelemetry":
        return lambda service: closing(OtelTraffic(service, adaptive_jaeger))
    settings = adaptive_jaeger.client_settings()
    settings["JAEGER_SAMPLER_REFRESH_INTERVAL"] = "500ms"
    return lambda service: closing(start_traffic(service, settings, tmp_path))


def rate_of(jaeger: AdaptiveJaeger, service: str) -> float:
    """Return the probability that Jaeger serves for the service's operation."""
    strategy = parse_strategy(decode_strategy(jaeger.strategy(service)))
    assert isinstance(strategy, PerOperation)
    rates = strategy.rates
    return rates.get(OPERATION, strategy.default_rate)


def follow(jaeger: AdaptiveJaeger, traffic: Traffic) -> float:
    """Wait until the service follows Jaeger; return its probability."""
    rate = rate_of(jaeger, traffic.service)
    traffic.wait_until_sampled_at(rate)
    return rate


def is_share(made: Made, rate: float) -> bool:
    """Return whether a correct sampler may sample so many of a busy service."""
    return is_likely(made.by_probability, BUSY, rate)


def test_rate_of_a_busy_service_is_lowered(
    adaptive_jaeger: AdaptiveJaeger, new_traffic: NewTraffic
) -> None:
    """A service with too many traces gets and follows a lower rate."""
    with new_traffic("busy") as busy:
        initial = follow(adaptive_jaeger, busy)
        many = busy.make(BUSY)
        adaptive_jaeger.wait_until_calculated(operations=1)
        adaptive_jaeger.restart()
        lowered = follow(adaptive_jaeger, busy)
        few = busy.make(BUSY)

    assert INITIAL == initial
    assert is_share(many, INITIAL), many
    assert 0 < lowered < INITIAL / 2
    assert is_share(few, lowered), few


def test_rate_of_a_quiet_service_is_raised(
    adaptive_jaeger: AdaptiveJaeger, new_traffic: NewTraffic
) -> None:
    """A service with too few traces gets and follows a higher rate."""
    with new_traffic("quiet") as quiet:
        initial = follow(adaptive_jaeger, quiet)
        quiet.make_one_sampled()
        adaptive_jaeger.wait_until_calculated(operations=1)
        adaptive_jaeger.restart()
        raised = follow(adaptive_jaeger, quiet)
        many = quiet.make(BUSY)

    assert (INITIAL, RAISED) == (initial, raised)
    assert is_share(many, RAISED), many


def test_rates_follow_traffic_that_changes(
    adaptive_jaeger: AdaptiveJaeger, new_traffic: NewTraffic
) -> None:
    """If two services change places, the rate of each is raised and lowered in turn."""
    with new_traffic("first") as first, new_traffic("second") as second:
        follow(adaptive_jaeger, first)
        follow(adaptive_jaeger, second)
        first.make(BUSY)
        second.make_one_sampled()
        adaptive_jaeger.wait_until_calculated(operations=2)

        adaptive_jaeger.restart()
        before = follow(adaptive_jaeger, first), follow(adaptive_jaeger, second)
        first.make_one_sampled()
        second.make(BUSY)
        adaptive_jaeger.wait_until_calculated(operations=2)

        adaptive_jaeger.restart()
        after = follow(adaptive_jaeger, first), follow(adaptive_jaeger, second)

    assert before[0] < INITIAL < before[1] == RAISED
    assert after[1] < INITIAL < after[0] == RAISED
