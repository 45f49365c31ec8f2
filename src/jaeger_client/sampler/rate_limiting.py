"""A sampler that records so many traces a second."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeAlias

from jaeger_client._internal.shown import shown
from jaeger_client.constants import SAMPLER_TYPE_RATE_LIMITING
from jaeger_client.errors import SamplingRateError
from jaeger_client.rate_limiter import RateLimiter
from jaeger_client.sampler.base import Decision, DecisionTags, Sampler

NewLimiter: TypeAlias = Callable[[float, float], RateLimiter]
"""Makes a bucket from credits a second and the most; tests pass their clock so."""


class RateLimitingSampler(Sampler):
    """
    Records at most *max_traces_per_second* traces, by a token bucket.

    Up to one second's worth, and one trace at the least, may come as a burst.

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
        check_limit(max_traces_per_second)
        super().__init__()
        self.rate_limiter = new_limiter(
            max_traces_per_second,
            _burst(max_traces_per_second),
        )
        self._set_limit(max_traces_per_second)

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Record the trace if there is credit for it."""
        del trace_id, operation
        return self._yes if self.rate_limiter.check_credit(1.0) else self._no

    def update(self, max_traces_per_second: float) -> bool:
        """
        Change the limit in place, the balance in proportion.

        Returns:
            Whether the limit is another than before.

        Raises:
            SamplingRateError: If it is no limit; the old one stays.
        """
        check_limit(max_traces_per_second)
        if max_traces_per_second == self.traces_per_second:
            return False
        self.rate_limiter.update(max_traces_per_second, _burst(max_traces_per_second))
        self._set_limit(max_traces_per_second)
        return True

    def _set_limit(self, max_traces_per_second: float) -> None:
        self.traces_per_second = max_traces_per_second
        # A double on the wire, as a rate is.
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


def check_limit(limit: float) -> None:
    """
    Let only limits pass that a bucket can count with.

    Raises:
        SamplingRateError: If *limit* is not a number, negative or infinite.
    """
    try:
        in_range = 0 <= limit <= sys.float_info.max
    except TypeError:
        in_range = False
    if not in_range:
        msg = f"traces per second must be a number from 0 up, got {shown(limit)}"
        raise SamplingRateError(msg)


def _burst(max_traces_per_second: float) -> float:
    return max(max_traces_per_second, 1.0)
