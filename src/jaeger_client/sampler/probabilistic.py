"""Samplers that decide by the trace id alone: all traces, none, or a fixed part."""

from __future__ import annotations

import math
from typing import Final

from jaeger_client._internal.limits import check_range
from jaeger_client.constants import (
    MAX_ID_BITS,
    SAMPLER_TYPE_CONST,
    SAMPLER_TYPE_PROBABILISTIC,
)
from jaeger_client.errors import SamplingRateError
from jaeger_client.sampler.base import Decision, DecisionTags, Sampler

_LOW_BITS: Final = (1 << MAX_ID_BITS) - 1


class ConstSampler(Sampler):
    """Samples every trace, or none."""

    def __init__(self, decision: bool) -> None:  # noqa: FBT001 - as in 4.8
        super().__init__(DecisionTags(SAMPLER_TYPE_CONST, bool(decision)))
        self.decision = decision
        self._result: Decision = (bool(decision), self._tags)

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Return the same decision for every trace."""
        del trace_id, operation
        return self._result

    def __repr__(self) -> str:
        return f"ConstSampler({self.decision})"


class ProbabilisticSampler(Sampler):
    """
    Samples the part *rate* of all traces.

    The decision depends on the trace id, not on chance: services with the same rate
    sample the same traces.

    Raises:
        SamplingRateError: If *rate* is not a number from 0 to 1.
    """

    def __init__(self, rate: float) -> None:
        check_rate("sampling rate", rate)
        # A double on the wire, even if the rate is the int 1.
        super().__init__(DecisionTags(SAMPLER_TYPE_PROBABILISTIC, float(rate)))
        self.rate = rate
        # Rounding up changes no decision, because ids are whole numbers, and an int
        # is compared with an int faster than with a float.
        self.boundary: int = math.ceil(rate * (1 << MAX_ID_BITS))
        """A trace is sampled if the low 64 bits of its id are less than this."""
        self._yes: Decision = (True, self._tags)
        self._no: Decision = (False, self._tags)

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Decide by the low 64 bits of *trace_id*."""
        del operation
        return self._yes if trace_id & _LOW_BITS < self.boundary else self._no

    def __repr__(self) -> str:
        return f"ProbabilisticSampler({self.rate})"


def check_rate(name: str, rate: float) -> None:
    """
    Check that *rate* is a number from 0 to 1.

    Raises:
        SamplingRateError: If it is not.
    """
    expected = "a number from 0.0 to 1.0"
    check_range(name, rate, expected, lambda: 0 <= rate <= 1, SamplingRateError)
