"""A sampler that records a part of all traces, chosen by their ids."""

from __future__ import annotations

import math
from typing import Final

from jaeger_client._internal.shown import shown
from jaeger_client.constants import MAX_ID_BITS, SAMPLER_TYPE_PROBABILISTIC
from jaeger_client.errors import SamplingRateError
from jaeger_client.sampler.base import Decision, DecisionTags, Sampler

_LOW_BITS: Final = (1 << MAX_ID_BITS) - 1


class ProbabilisticSampler(Sampler):
    """
    Records the part *rate* of all traces.

    The id decides, not chance: every service with the same rate records the
    same traces.

    Raises:
        SamplingRateError: If *rate* is not a number from 0 to 1.
    """

    def __init__(self, rate: float) -> None:
        check_rate(rate)
        # A double on the wire, even where the rate was given as the int 1.
        super().__init__(DecisionTags(SAMPLER_TYPE_PROBABILISTIC, float(rate)))
        self.rate = rate
        # A whole number, for an id below the fraction is below the next whole
        # number too, and ints compare with ints faster than with floats.
        self.boundary: int = math.ceil(rate * (1 << MAX_ID_BITS))
        """Traces are recorded if the low 64 bits of their id are below this."""
        self._yes: Decision = (True, self._tags)
        self._no: Decision = (False, self._tags)

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Decide by the low 64 bits of *trace_id*."""
        del operation
        return self._yes if trace_id & _LOW_BITS < self.boundary else self._no

    def __repr__(self) -> str:
        return f"ProbabilisticSampler({self.rate})"


def check_rate(rate: float) -> None:
    """
    Let only numbers from 0 to 1 pass.

    Raises:
        SamplingRateError: If *rate* is none.
    """
    try:
        in_range = 0 <= rate <= 1
    except TypeError:
        in_range = False
    if not in_range:
        msg = f"sampling rate must be a number from 0.0 to 1.0, got {shown(rate)}"
        raise SamplingRateError(msg)
