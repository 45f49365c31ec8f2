"""The throttler that asks nobody."""

from __future__ import annotations

import pytest

from jaeger_client.errors import ConfigError
from jaeger_client.throttler import LocalThrottler
from tests.unit.sampler.fakes import HandClock, empty_limiters


def allowed(throttler: LocalThrottler, operation: str, count: int = 100) -> int:
    """Return how many of *count* debug spans may begin at this moment."""
    return sum(throttler.is_allowed(operation) for _ in range(count))


def test_a_new_operation_may_begin_ten_at_once() -> None:
    """Whoever asks for a trace by hand gets the first ones, chance or not."""
    throttler = LocalThrottler(new_limiter=empty_limiters(HandClock()))

    assert 10 == allowed(throttler, "op")


def test_in_the_long_run_one_a_second_may_begin() -> None:
    """Once the saved ones are spent, each second brings one more."""
    clock = HandClock()
    throttler = LocalThrottler(new_limiter=empty_limiters(clock))
    allowed(throttler, "op")

    clock.now += 3

    assert 3 == allowed(throttler, "op")


def test_operations_do_not_take_from_one_another() -> None:
    """Each operation has a bucket of its own."""
    throttler = LocalThrottler(1, 2, new_limiter=empty_limiters(HandClock()))
    allowed(throttler, "busy")

    assert 2 == allowed(throttler, "calm")


def test_operations_beyond_the_most_share_one_bucket() -> None:
    """Names made at random cost no memory and get no more than one bucket gives."""
    throttler = LocalThrottler(
        1,
        2,
        max_operations=1,
        new_limiter=empty_limiters(HandClock()),
    )
    throttler.is_allowed("known")

    assert 2 == sum(throttler.is_allowed(f"random {n}") for n in range(1000))


@pytest.mark.parametrize("rates", [(0, 1), (1, 0), (-1, 1)])
def test_rates_that_cannot_work_are_refused(rates: tuple[float, float]) -> None:
    """A rate that is not above 0 is a ConfigError."""
    with pytest.raises(ConfigError, match="must be more than 0"):
        LocalThrottler(*rates)
