"""Samplers with one fixed rule: all traces or none, a part of them, or a rate limit."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Final, TypeAlias

from jaeger_client._internal.limits import check_range
from jaeger_client.constants import (
    MAX_ID_BITS,
    SAMPLER_TYPE_CONST,
    SAMPLER_TYPE_PROBABILISTIC,
    SAMPLER_TYPE_RATE_LIMITING,
)
from jaeger_client.errors import SamplingRateError
from jaeger_client.rate_limiter import RateLimiter
from jaeger_client.sampler.base import Decision, Sampler

NewLimiter: TypeAlias = Callable[[float, float], RateLimiter]
"""Creates a token bucket from credits per second and maximum balance."""

_LOW_BITS: Final = (1 << MAX_ID_BITS) - 1


class ConstSampler(Sampler):
    """Samples every trace, or none."""

    def __init__(self, decision: bool) -> None:  # noqa: FBT001 - as in 4.8
        super().__init__()
        self.decision = decision
        self._set_tags(SAMPLER_TYPE_CONST, bool(decision))
        self._result = self._yes if decision else self._no

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Return the same decision for every trace."""
        del trace_id, operation
        return self._result

    def __repr__(self) -> str:
        return f"ConstSampler({self.decision})"


class ProbabilisticSampler(Sampler):
    """
    Samples the fraction *rate* of all traces.

    The decision depends only on the trace id: services with the same rate sample the
    same traces.

    Raises:
        SamplingRateError: If *rate* is not a number from 0 to 1.
    """

    def __init__(self, rate: float) -> None:
        check_rate("sampling rate", rate)
        super().__init__()
        self.rate = rate
        # Rounding up changes no decision, because ids are whole numbers, and an int
        # is compared with an int faster than with a float.
        self.boundary: int = math.ceil(rate * (1 << MAX_ID_BITS))
        """A trace is sampled if the low 64 bits of its id are less than this."""
        # A double on the wire, even if the rate is the int 1.
        self._set_tags(SAMPLER_TYPE_PROBABILISTIC, float(rate))

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Decide by the low 64 bits of *trace_id*."""
        del operation
        return self._yes if trace_id & _LOW_BITS < self.boundary else self._no

    def __repr__(self) -> str:
        return f"ProbabilisticSampler({self.rate})"


class RateLimitingSampler(Sampler):
    """
    Samples at most *max_traces_per_second* traces, by a token bucket.

    A burst may contain the traces of one second, and at least one trace.

    Args:
        max_traces_per_second: The limit.
        new_limiter: Creates the bucket; tests pass one that uses a fake clock.

    Raises:
        SamplingRateError: If the limit is not a number, negative or infinite.
    """

    def __init__(
        self,
        max_traces_per_second: float = 10,
        *,
        new_limiter: NewLimiter = RateLimiter,
    ) -> None:
        super().__init__()
        self._set_limit(max_traces_per_second)
        self.rate_limiter = new_limiter(max_traces_per_second, self._burst)

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
        if max_traces_per_second == self.traces_per_second:
            return False
        self._set_limit(max_traces_per_second)
        self.rate_limiter.update(max_traces_per_second, self._burst)
        return True

    def _set_limit(self, limit: float) -> None:
        check_range(
            "traces per second",
            limit,
            "a number from 0 up",
            lambda: 0 <= limit <= sys.float_info.max,
            SamplingRateError,
        )
        self.traces_per_second = limit
        self._burst = max(limit, 1.0)
        # A double on the wire, like a rate.
        self._set_tags(SAMPLER_TYPE_RATE_LIMITING, float(limit))

    def __eq__(self, other: object) -> bool:
        return (
            type(other) is type(self)
            and other.traces_per_second == self.traces_per_second
        )

    __hash__ = Sampler.__hash__

    def __repr__(self) -> str:
        return f"RateLimitingSampler({self.traces_per_second})"


def check_rate(name: str, rate: float) -> None:
    """
    Check that *rate* is a number from 0 to 1.

    Raises:
        SamplingRateError: If it is not.
    """
    expected = "a number from 0.0 to 1.0"
    check_range(name, rate, expected, lambda: 0 <= rate <= 1, SamplingRateError)
