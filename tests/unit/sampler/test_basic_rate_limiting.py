"""The sampler that limits the number of traces per second."""

from __future__ import annotations

import sys
import time

import pytest

from jaeger_client.errors import SamplingRateError
from jaeger_client.rate_limiter import RateLimiter
from jaeger_client.sampler import RateLimitingSampler
from jaeger_client.testing import FakeClock
from tests.unit.sampler.fakes import full_limiters

BAD_LIMITS = [-1, -0.1, float("nan"), float("inf"), 10**400, "2", None]


def sampled(sampler: RateLimitingSampler, count: int) -> int:
    """Return how many of *count* traces at this moment are sampled."""
    return sum(sampler.is_sampled(trace_id)[0] for trace_id in range(count))


@pytest.mark.parametrize(("limit", "burst"), [(5, 5), (1, 1), (0.25, 1), (2.5, 2)])
def test_a_burst_is_the_traces_of_one_second_and_at_least_one(
    limit: float,
    burst: int,
) -> None:
    """A full bucket allows `max(limit, 1)` traces at once."""
    sampler = RateLimitingSampler(limit, new_limiter=full_limiters(FakeClock()))

    assert burst == sampled(sampler, 10)


def test_in_the_long_run_the_limit_holds() -> None:
    """Ten seconds at two per second allow twenty after the first burst."""
    clock = FakeClock()
    sampler = RateLimitingSampler(2, new_limiter=full_limiters(clock))
    sampled(sampler, 10)

    total = 0
    for _ in range(40):
        clock.advance(0.25)
        total += sampled(sampler, 10)

    assert 20 == total


def test_a_limit_of_zero_allows_a_single_trace() -> None:
    """After the initial credit is spent, nothing is sampled."""
    clock = FakeClock()
    sampler = RateLimitingSampler(0, new_limiter=full_limiters(clock))
    sampled(sampler, 1)

    clock.advance(1e6)

    assert 0 == sampled(sampler, 10)


def test_the_first_balance_is_random() -> None:
    """Samplers created together start with different balances."""
    balances = {RateLimitingSampler(100).rate_limiter.balance for _ in range(20)}

    assert 20 == len(balances)
    assert max(balances) < 100


def test_both_decisions_have_tags() -> None:
    """The tags contain type and limit even if the trace is not sampled."""
    sampler = RateLimitingSampler(1, new_limiter=full_limiters(FakeClock()))

    decisions = [sampler.is_sampled(1, "op"), sampler.is_sampled(2)]

    tags = {"sampler.type": "ratelimiting", "sampler.param": 1}
    assert [(True, tags), (False, tags)] == decisions


def test_update_scales_the_balance() -> None:
    """A half-full bucket is half full at the new limit."""
    sampler = RateLimitingSampler(4, new_limiter=full_limiters(FakeClock()))
    limiter = sampler.rate_limiter
    limiter.balance = 2.0

    assert sampler.update(8)
    assert limiter is sampler.rate_limiter
    assert 4.0 == limiter.balance
    assert (8, {"sampler.type": "ratelimiting", "sampler.param": 8}) == (
        sampler.traces_per_second,
        sampler.is_sampled(1)[1],
    )


def test_update_to_the_same_limit_does_nothing() -> None:
    """It returns False and does not change the balance."""
    sampler = RateLimitingSampler(3, new_limiter=full_limiters(FakeClock()))
    sampler.rate_limiter.balance = 1.0

    assert not sampler.update(3)
    assert 1.0 == sampler.rate_limiter.balance


def test_the_error_of_a_limit_describes_the_value() -> None:
    """The message contains the unit, the expected and the actual value."""
    with pytest.raises(
        SamplingRateError,
        match="^traces per second must be a number from 0 up, got -1$",
    ):
        RateLimitingSampler(-1)


def test_the_largest_float_is_a_limit() -> None:
    """Such a limit samples every trace."""
    sampler = RateLimitingSampler(sys.float_info.max)

    assert sys.float_info.max == sampler.traces_per_second


@pytest.mark.parametrize("limit", BAD_LIMITS)
def test_an_invalid_limit_is_an_error_of_both_old_types(limit: float) -> None:
    """The error is an AssertionError and a ValueError."""
    with pytest.raises(SamplingRateError, match="traces per second") as raised:
        RateLimitingSampler(limit)

    assert isinstance(raised.value, AssertionError)
    assert isinstance(raised.value, ValueError)


@pytest.mark.parametrize("limit", BAD_LIMITS)
def test_an_update_to_an_invalid_limit_changes_nothing(limit: float) -> None:
    """After the error, the old limit still applies."""
    sampler = RateLimitingSampler(3)

    with pytest.raises(SamplingRateError):
        sampler.update(limit)

    assert 3 == sampler.traces_per_second


def test_time_can_be_stopped_by_patching(monkeypatch: pytest.MonkeyPatch) -> None:
    """Applications set balance and last tick and patch `RateLimiter.timestamp`."""
    now = time.time()
    sampler = RateLimitingSampler(2)
    sampler.rate_limiter.balance = 2.0
    sampler.rate_limiter.last_tick = now

    monkeypatch.setattr(RateLimiter, "timestamp", staticmethod(lambda: now))

    assert 2 == sampled(sampler, 10)


def test_equality_ignores_balances() -> None:
    """Samplers with the same limit are equal."""
    spent = RateLimitingSampler(2)
    sampled(spent, 10)
    updated = RateLimitingSampler(3)
    updated.update(2)

    assert RateLimitingSampler(2) == spent
    assert RateLimitingSampler(2) == updated


def test_the_default_limit_is_ten() -> None:
    """Without an argument, ten traces per second are sampled."""
    assert RateLimitingSampler(10) == RateLimitingSampler()


def test_the_repr_of_rate_limiting_is_its_constructor() -> None:
    """`str` and `repr` are those of 4.8."""
    assert "RateLimitingSampler(2)" == str(RateLimitingSampler(2))
    assert "RateLimitingSampler(0.5)" == repr(RateLimitingSampler(0.5))
