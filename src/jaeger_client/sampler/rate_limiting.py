"""A sampler that limits the number of traces per second."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeAlias

from jaeger_client._internal.limits import check_range
from jaeger_client.constants import SAMPLER_TYPE_RATE_LIMITING
from jaeger_client.errors import SamplingRateError
from jaeger_client.rate_limiter import RateLimiter
from jaeger_client.sampler.base import Decision, DecisionTags, Sampler

NewLimiter: TypeAlias = Callable[[float, float], RateLimiter]
"""Creates a token bucket from credits per second and maximum balance."""


class RateLimitingSampler(Sampler):
    """
    Samples at most *max_traces_per_second* traces, by a token bucket.

    A burst may contain the traces of one second, and at least one trace.

    Args:
        max_traces_per_second: The limit.
        new_limiter: Creates the bucket; tests pass one with a clock of their own.

    Raises:
        SamplingRateError: If *max_traces_per_second* is not a number, negative
            or infinite.
    """

    def __init__(
        self,
        max_traces_per_second: float = 10,
        *,
        new_limiter: NewLimiter = RateLimiter,
    ) -> None:
        _check_limit(max_traces_per_second)
        super().__init__()
        self.rate_limiter = new_limiter(
            max_traces_per_second,
            _burst(max_traces_per_second),
        )
        self._set_limit(max_traces_per_second)

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Sample the trace if there is credit for it."""
        del trace_id, operation
        return self._yes if self.rate_limiter.check_credit(1.0) else self._no

    def update(self, max_traces_per_second: float) -> bool:
        """
        Change the limit in place, and the balance in proportion.

        Returns:
            Whether the limit differs from the one before.

        Raises:
            SamplingRateError: If the limit is invalid; then nothing changes.
        """
        _check_limit(max_traces_per_second)
        if max_traces_per_second == self.traces_per_second:
            return False
        self.rate_limiter.update(max_traces_per_second, _burst(max_traces_per_second))
        self._set_limit(max_traces_per_second)
        return True

    def _set_limit(self, max_traces_per_second: float) -> None:
        self.traces_per_second = max_traces_per_second
        # A double on the wire, like a rate.
        param = float(max_traces_per_second)
        self._tags = DecisionTags(SAMPLER_TYPE_RATE_LIMITING, param)
        self._yes: Decision = (True, self._tags)
        self._no: Decision = (False, self._tags)

    def __eq__(self, other: object) -> bool:
        return (
            type(other) is type(self)
            and other.traces_per_second == self.traces_per_second
        )

    __hash__ = Sampler.__hash__

    def __repr__(self) -> str:
        return f"RateLimitingSampler({self.traces_per_second})"


def _check_limit(limit: float) -> None:
    check_range(
        "traces per second",
        limit,
        "a number from 0 up",
        lambda: 0 <= limit <= sys.float_info.max,
        SamplingRateError,
    )


def _burst(max_traces_per_second: float) -> float:
    return max(max_traces_per_second, 1.0)
