"""
A token bucket: credits accrue at a rate, up to a maximum.

The bucket is one immutable value that is replaced by compare-and-set (see
`signal_safe`), so a call never waits: neither for another thread nor, in a signal
handler or finalizer, for the frame that it interrupted. No credit is spent twice.

The clock is read before the bucket is replaced, so two threads may store their times in
the wrong order. The later store sets the time of the bucket back a little, and credits
accrue twice for that short time: far less than one credit. The bucket must not reject
an earlier time, because an application may set `last_tick`, or its clock may be set
back: then no credit would accrue any more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.ids import operating_system_random
from jaeger_client._internal.signal_safe import Atomic

_Bucket: TypeAlias = tuple[float, float, float, float]
"""Balance, the time of that balance, credits per second, maximum balance."""


class RateLimiter:
    """
    A token bucket. Safe to use from any thread and any signal handler.

    The initial balance is a random fraction of `max_balance`, so that processes started
    together do not all spend a full bucket at once.

    Args:
        credits_per_second: Number of credits that accrue each second.
        max_balance: Maximum number of credits that are saved.
        clock: Source of the time; by default, `timestamp()`.
        random: Returns the initial fraction of `max_balance`, in [0, 1).
    """

    def __init__(
        self,
        credits_per_second: float,
        max_balance: float,
        *,
        clock: Clock | None = None,
        random: Callable[[], float] = operating_system_random,
    ) -> None:
        self._clock = clock
        bucket = (max_balance * random(), self._now(), credits_per_second, max_balance)
        self._bucket: Atomic[_Bucket] = Atomic(bucket)

    @staticmethod
    def timestamp() -> float:
        """Return the time in seconds; tests of applications patch this."""
        return SYSTEM_CLOCK.time()

    def check_credit(self, item_cost: float) -> bool:
        """Spend *item_cost* credits if there are enough; return whether there were."""
        now = self._now()
        while True:
            state = self._bucket.read()
            balance, _, rate, maximum = bucket = _refilled(state[0], now)
            is_enough = balance >= item_cost
            if is_enough:
                bucket = (balance - item_cost, now, rate, maximum)
            if self._bucket.replace(state, bucket):
                return is_enough

    def update(self, credits_per_second: float, max_balance: float) -> None:
        """Change rate and maximum; the balance is scaled with the maximum."""
        now = self._now()

        def changed(bucket: _Bucket) -> _Bucket:
            balance, _, _, maximum = _refilled(bucket, now)
            if maximum > 0:
                balance = max_balance * balance / maximum
            return balance, now, credits_per_second, max_balance

        self._bucket.update(changed)

    @property
    def balance(self) -> float:
        """Number of credits at `last_tick`."""
        return self._bucket.read()[0][0]

    @balance.setter
    def balance(self, balance: float) -> None:
        self._set(0, balance)

    @property
    def last_tick(self) -> float:
        """Time at which credits were last added, in seconds."""
        return self._bucket.read()[0][1]

    @last_tick.setter
    def last_tick(self, seconds: float) -> None:
        self._set(1, seconds)

    @property
    def credits_per_second(self) -> float:
        """Number of credits that accrue each second."""
        return self._bucket.read()[0][2]

    @credits_per_second.setter
    def credits_per_second(self, credits_per_second: float) -> None:
        self._set(2, credits_per_second)

    @property
    def max_balance(self) -> float:
        """Maximum number of credits that are saved."""
        return self._bucket.read()[0][3]

    @max_balance.setter
    def max_balance(self, max_balance: float) -> None:
        self._set(3, max_balance)

    def _set(self, index: int, value: float) -> None:
        def changed(bucket: _Bucket) -> _Bucket:
            fields = [*bucket]
            fields[index] = value
            balance, last_tick, rate, maximum = fields
            return balance, last_tick, rate, maximum

        self._bucket.update(changed)

    def _now(self) -> float:
        return self.timestamp() if self._clock is None else self._clock.time()

    def __repr__(self) -> str:
        return (
            f"RateLimiter({self.credits_per_second}, {self.max_balance}, "
            f"balance={self.balance})"
        )


def _refilled(bucket: _Bucket, now: float) -> _Bucket:
    balance, last_tick, rate, maximum = bucket
    elapsed = now - last_tick
    # A clock that was set back adds no credits, and must not remove any.
    # Comparisons instead of min() and max() save 100 ns of 500.
    if elapsed > 0:
        balance += elapsed * rate
    if balance > maximum:  # noqa: PLR1730 - as above
        balance = maximum
    return balance, now, rate, maximum
