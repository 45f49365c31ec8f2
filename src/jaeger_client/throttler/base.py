"""The interface of all throttlers, and the one that needs no server."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from jaeger_client._internal.limits import (
    MAX_COUNT,
    MAX_STORED_NAME,
    at_least,
    check_range,
)
from jaeger_client.rate_limiter import RateLimiter

MINIMUM_CREDITS: Final = 1.0
"""Credits that one debug span costs."""

MAX_OPERATIONS: Final = 2000
"""Maximum number of operations with a balance of their own."""

DEBUG_SPANS_PER_SECOND: Final = 1.0
DEBUG_SPANS_AT_ONCE: Final = 10.0


class Throttler:
    """
    Decides whether a debug span may be started.

    Subclasses override `is_allowed`, which is called on the application's threads,
    concurrently, and must neither block nor raise.
    """

    def set_client_id(self, client_id: int) -> None:
        """Set the id of this process; called by the tracer's constructor."""

    def is_allowed(self, operation: str) -> bool:
        """Return whether a debug span *operation* may start, and spend its credit."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop background work. Idempotent."""


class LocalThrottler(Throttler):
    """
    Allows each operation a number of debug spans per second. Thread-safe.

    Operations beyond *max_operations*, and those with names of more than 1,024
    characters, share one token bucket, so that generated names do not fill the memory.

    Args:
        debug_spans_per_second: The average rate for an operation.
        debug_spans_at_once: Maximum burst; a new operation may start with one.
        max_operations: Maximum number of operations with a bucket of their own.
        new_limiter: Creates the buckets; tests pass one that uses a fake clock.

    Raises:
        ConfigError: If a number is out of range.
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
        self._burst = _check("debug_spans_at_once", debug_spans_at_once)
        self._max_operations = at_least(
            "max_operations", max_operations, 0, maximum=MAX_COUNT
        )
        self._new_limiter = new_limiter
        self._buckets: dict[str, RateLimiter] = {}
        self._shared_bucket = self._new_bucket()

    def is_allowed(self, operation: str) -> bool:
        """Allow the span if the operation's bucket contains a credit."""
        return self._bucket(operation).check_credit(MINIMUM_CREDITS)

    def _bucket(self, operation: str) -> RateLimiter:
        bucket = self._buckets.get(operation)
        if bucket is not None:
            return bucket
        if (
            len(self._buckets) >= self._max_operations
            or len(operation) > MAX_STORED_NAME
        ):
            return self._shared_bucket
        # No lock is needed: setdefault() returns the same bucket to all threads.
        return self._buckets.setdefault(operation, self._new_bucket())

    def _new_bucket(self) -> RateLimiter:
        bucket = self._new_limiter(self._rate, self._burst)
        # Full: the first trace that a user requests by hand should be recorded.
        bucket.balance = bucket.max_balance
        return bucket

    def __repr__(self) -> str:
        return f"LocalThrottler({self._rate}, {self._burst})"


def _check(name: str, value: float) -> float:
    expected = "a number of more than 0"
    check_range(name, value, expected, lambda: 0 < value <= sys.float_info.max)
    return value
