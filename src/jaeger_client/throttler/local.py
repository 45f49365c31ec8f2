"""A throttler that asks nobody: so many debug spans a second and operation."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from jaeger_client._internal.limits import MAX_COUNT, at_least
from jaeger_client._internal.shown import shown
from jaeger_client.errors import ConfigError
from jaeger_client.rate_limiter import RateLimiter
from jaeger_client.throttler.base import MAX_OPERATIONS, MINIMUM_CREDITS, Throttler

DEBUG_SPANS_PER_SECOND: Final = 1.0
"""What an operation may begin in the long run."""

DEBUG_SPANS_AT_ONCE: Final = 10.0
"""What an operation may save up."""


class LocalThrottler(Throttler):
    """
    Allows each operation so many debug spans a second, without asking a server.

    Operations beyond *max_operations* share one bucket, so that names made at
    random cost no memory.

    Args:
        debug_spans_per_second: How many an operation may begin in the long run.
        debug_spans_at_once: How many it may save up; a new one begins with all.
        max_operations: How many operations get a bucket of their own.
        new_limiter: Makes the buckets; tests pass their clock so.

    Raises:
        ConfigError: If a number is not in its range.
    """

    def __init__(
        self,
        debug_spans_per_second: float = DEBUG_SPANS_PER_SECOND,
        debug_spans_at_once: float = DEBUG_SPANS_AT_ONCE,
        *,
        max_operations: int = MAX_OPERATIONS,
        new_limiter: Callable[[float, float], RateLimiter] = RateLimiter,
    ) -> None:
        self._rate = _check("debug_spans_per_second", debug_spans_per_second)
        self._most = _check("debug_spans_at_once", debug_spans_at_once)
        self._max_operations = at_least(
            "max_operations", max_operations, 0, most=MAX_COUNT
        )
        self._new_limiter = new_limiter
        self._buckets: dict[str, RateLimiter] = {}
        self._shared_bucket = self._new_bucket()

    def is_allowed(self, operation: str) -> bool:
        """Allow the span if the operation's bucket holds a credit."""
        return self._bucket(operation).check_credit(MINIMUM_CREDITS)

    def _bucket(self, operation: str) -> RateLimiter:
        bucket = self._buckets.get(operation)
        if bucket is not None:
            return bucket
        if len(self._buckets) >= self._max_operations:
            return self._shared_bucket
        # No lock: of two threads with the same new operation one wins, here.
        return self._buckets.setdefault(operation, self._new_bucket())

    def _new_bucket(self) -> RateLimiter:
        bucket = self._new_limiter(self._rate, self._most)
        # Who asks for a trace by hand should get the first one.
        bucket.balance = bucket.max_balance
        return bucket

    def __repr__(self) -> str:
        return f"LocalThrottler({self._rate}, {self._most})"


def _check(name: str, value: float) -> float:
    try:
        can_work = 0 < value <= sys.float_info.max
    except TypeError:
        can_work = False
    if can_work:
        return value
    msg = f"{name} must be a number of more than 0, got {shown(value)}"
    raise ConfigError(msg)
