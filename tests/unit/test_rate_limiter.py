"""The token bucket."""

from __future__ import annotations

import gc
import threading
import time
import weakref

import pytest

from jaeger_client._internal.ids import operating_system_random
from jaeger_client.rate_limiter import RateLimiter
from jaeger_client.testing import FakeClock
from tests.unit.bytecodes import call_at, every_place, interrupt
from tests.unit.sampler.fakes import full_limiters


def test_a_full_bucket_is_spent_down_to_nothing() -> None:
    """All saved credits can be spent at once, but no more."""
    limiter = full_limiters(FakeClock())(2.0, 3.0)

    spent = [limiter.check_credit(1.0) for _ in range(4)]

    assert [True, True, True, False] == spent
    assert 0.0 == limiter.balance


def test_credits_come_in_with_time() -> None:
    """In half a second at two credits per second one credit accrues."""
    clock = FakeClock()
    limiter = full_limiters(clock)(2.0, 2.0)
    limiter.balance = 0.0

    clock.advance(0.25)
    too_early = limiter.check_credit(1.0)
    clock.advance(0.25)

    assert not too_early
    assert limiter.check_credit(1.0)


def test_no_more_is_saved_than_the_most() -> None:
    """The balance never exceeds the maximum."""
    clock = FakeClock()
    limiter = full_limiters(clock)(2.0, 3.0)

    clock.advance(1e9)
    limiter.check_credit(0.0)

    assert 3.0 == limiter.balance


def test_a_refusal_costs_nothing() -> None:
    """A refused cost does not change the balance."""
    limiter = full_limiters(FakeClock())(1.0, 1.0)

    assert not limiter.check_credit(1.5)
    assert 1.0 == limiter.balance


def test_a_clock_set_back_takes_nothing_away() -> None:
    """A clock that is set back adds and removes no credits; time counts from there."""
    clock = FakeClock()
    limiter = full_limiters(clock)(1.0, 2.0)
    limiter.balance = 0.5

    clock.advance(-3600)
    limiter.check_credit(1.0)
    after_going_back = limiter.balance
    clock.advance(0.5)

    assert 0.5 == after_going_back
    assert limiter.check_credit(1.0)


def test_every_number_of_a_bucket_may_be_set() -> None:
    """Balance, time, rate and maximum can be set, as in 4.8."""
    clock = FakeClock()
    limiter = full_limiters(clock)(1.0, 1.0)

    limiter.credits_per_second, limiter.max_balance = 2.0, 8.0
    limiter.balance, limiter.last_tick = 3.0, clock.time() - 1.0

    assert limiter.check_credit(5.0)
    assert (2.0, 8.0, 0.0, clock.time()) == (
        limiter.credits_per_second,
        limiter.max_balance,
        limiter.balance,
        limiter.last_tick,
    )


def test_update_keeps_the_balance_in_proportion() -> None:
    """`update` scales the balance with the maximum."""
    clock = FakeClock()
    limiter = full_limiters(clock)(2.0, 4.0)
    limiter.balance = 1.0

    clock.advance(0.5)
    limiter.update(3.0, 8.0)

    assert (3.0, 8.0, 4.0) == (
        limiter.credits_per_second,
        limiter.max_balance,
        limiter.balance,
    )


def test_update_of_a_bucket_of_no_size_leaves_it_empty() -> None:
    """A bucket with a maximum of 0 is empty after its maximum was raised."""
    limiter = full_limiters(FakeClock())(0.0, 0.0)

    limiter.update(2.0, 2.0)

    assert 0.0 == limiter.balance


@pytest.mark.parametrize("part", [0.0, 0.25, 1.0])
def test_the_first_balance_is_a_random_part_of_the_most(part: float) -> None:
    """The initial balance is a random fraction of the maximum."""
    limiter = RateLimiter(2.0, 4.0, random=lambda: part)

    assert 4.0 * part == limiter.balance


def test_chance_comes_from_the_operating_system() -> None:
    """The default random source returns different numbers in [0, 1)."""
    drawn = {operating_system_random() for _ in range(100)}

    assert 100 == len(drawn)
    assert 0.0 <= min(drawn)
    assert max(drawn) < 1.0


def test_timestamp_is_looked_up_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Applications may patch `RateLimiter.timestamp`."""
    now = time.time()
    limiter = RateLimiter(2, 2)
    limiter.balance, limiter.last_tick = 0.0, now

    monkeypatch.setattr(RateLimiter, "timestamp", staticmethod(lambda: now + 0.5))

    assert limiter.check_credit(1)
    assert not limiter.check_credit(1)


def test_timestamp_is_the_time_of_day() -> None:
    """`timestamp()` is `time.time()`."""
    before = time.time()

    assert before <= RateLimiter.timestamp() <= time.time()


def test_a_call_may_interrupt_another_one_anywhere() -> None:
    """A signal handler's call never blocks, and no credit is spent twice."""
    limiter = full_limiters(FakeClock())(0.0, 1000.0)
    granted: list[bool] = []

    def spend() -> None:
        granted.append(limiter.check_credit(1.0))

    places = list(every_place(lambda at: call_at(at, spend, spend)))

    assert len(places) > 20
    assert all(granted)
    assert 1000.0 - len(granted) == limiter.balance


def test_an_update_may_be_interrupted_anywhere() -> None:
    """Credits that a signal handler spends during an update stay spent."""
    limiter = full_limiters(FakeClock())(0.0, 8.0)
    balances: set[float] = set()

    def interrupt_update(at: int) -> str:
        limiter.max_balance, limiter.balance = 8.0, 4.0
        place = call_at(
            at,
            lambda: limiter.check_credit(1.0),
            lambda: limiter.update(0.0, 16.0),
        )
        balances.add(limiter.balance)
        return place

    places = list(every_place(interrupt_update))

    assert len(places) > 20
    # Spent before the update, after it, or not at all in the last round.
    assert {6.0, 7.0, 8.0} == balances


def test_threads_spend_no_credit_twice_and_lose_none() -> None:
    """From a bucket with rate 0, threads get exactly its initial credits."""
    limiter = full_limiters(FakeClock())(0.0, 5000.0)
    granted: list[int] = []

    def spend() -> None:
        granted.append(sum(limiter.check_credit(1.0) for _ in range(2000)))

    threads = [threading.Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert (5000, 0.0) == (sum(granted), limiter.balance)


def test_an_interruption_that_raises_leaves_the_bucket_usable() -> None:
    """A KeyboardInterrupt at any bytecode blocks no later call."""
    limiter = full_limiters(FakeClock())(0.0, 1e6)

    def interrupt_and_try_again(at: int) -> str:
        place = call_at(at, interrupt, lambda: limiter.check_credit(1.0))
        assert limiter.check_credit(1.0)
        return place

    assert len(list(every_place(interrupt_and_try_again))) > 20


def test_a_bucket_that_is_not_used_any_more_is_freed() -> None:
    """The library keeps no reference to a bucket."""
    limiter = weakref.ref(RateLimiter(1.0, 1.0))

    gc.collect()

    assert limiter() is None


def test_repr_shows_rate_maximum_and_balance() -> None:
    """The repr shows rate, maximum and balance."""
    limiter = full_limiters(FakeClock())(2.0, 3.0)

    assert "RateLimiter(2.0, 3.0, balance=3.0)" == repr(limiter)
