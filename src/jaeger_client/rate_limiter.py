"""
A token bucket: so many credits a second, saved up to a most.

The lock is held for the arithmetic only; the clock is read before it is taken.
Two threads may therefore bring their readings in the wrong order. The late one
sets the bucket's time back by the moment between them, which then counts twice:
far less than one credit. To refuse it would stop the bucket for good where an
application sets `last_tick` or its clock is set back.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Final

from jaeger_client.clock import SYSTEM_CLOCK, Clock
from jaeger_client.fork import call_after_fork

_RANDOM_BITS: Final = 53
"""Bits of precision of a float: all that fit a number in [0, 1)."""


def operating_system_random() -> float:
    """Return a number in [0, 1) from the operating system's randomness."""
    return (int.from_bytes(os.urandom(7), "big") >> 3) / (1 << _RANDOM_BITS)


class RateLimiter:
    """
    Hands out credits at a rate. Safe to use from any thread.

    It begins with a random part of `max_balance`, so that processes started
    together do not all spend a full bucket at once.

    Args:
        credits_per_second: Credits that come in each second.
        max_balance: Most credits that are saved up.
        clock: Where the time is read; without one, `timestamp()`.
        random: Returns numbers in [0, 1); the part of the bucket to begin with.
    """

    def __init__(
        self,
        credits_per_second: float,
        max_balance: float,
        *,
        clock: Clock | None = None,
        random: Callable[[], float] = operating_system_random,
    ) -> None:
        self.credits_per_second = credits_per_second
        self.max_balance = max_balance
        self.balance = max_balance * random()
        """Credits saved up at `last_tick`."""
        self._clock = clock
        self.last_tick = self._now()
        """When credits last came in, in seconds."""
        self._lock = threading.Lock()
        call_after_fork(self)

    @staticmethod
    def timestamp() -> float:
        """Return the time in seconds; tests of applications patch this."""
        return SYSTEM_CLOCK.time()

    def check_credit(self, item_cost: float) -> bool:
        """Spend *item_cost* credits if there are so many; return whether it was."""
        now = self._now()
        with self._lock:
            self._refill(now)
            if self.balance < item_cost:
                return False
            self.balance -= item_cost
        return True

    def update(self, credits_per_second: float, max_balance: float) -> None:
        """Change the rate and the most; the bucket stays full to the same part."""
        now = self._now()
        with self._lock:
            self._refill(now)
            if self.max_balance > 0:
                self.balance = max_balance * self.balance / self.max_balance
            self.credits_per_second = credits_per_second
            self.max_balance = max_balance

    def after_fork_in_child(self) -> None:
        """Take a new lock: a thread that was not copied may hold the old one."""
        self._lock = threading.Lock()

    def _now(self) -> float:
        return self.timestamp() if self._clock is None else self._clock.time()

    def _refill(self, now: float) -> None:
        # A clock set back brings nothing; it must not take anything away.
        elapsed = max(now - self.last_tick, 0)
        self.last_tick = now
        self.balance = min(
            self.balance + elapsed * self.credits_per_second,
            self.max_balance,
        )

    def __repr__(self) -> str:
        return (
            f"RateLimiter({self.credits_per_second}, {self.max_balance}, "
            f"balance={self.balance})"
        )
