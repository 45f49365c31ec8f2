"""
Whether a count of sampled traces is one that a right sampler may have.

Trace ids come from fixed seeds, so each run counts the same. The number of sampled
traces among N of probability p is binomial with the standard deviation
sqrt(N p (1 - p)). It may be off by four of them, as it is for one seed in 16,000
where the sampler is right; a sampler whose rate is off by a tenth of p is found where
N p is above 1,600.
"""

from __future__ import annotations

import math
from typing import Final

DEVIATIONS: Final = 4
"""How many standard deviations a count may be off."""


def is_likely(sampled: int, starts: int, probability: float) -> bool:
    """Return whether so many of *starts* may be sampled at *probability*."""
    deviation = math.sqrt(starts * probability * (1 - probability))
    return abs(sampled - starts * probability) <= DEVIATIONS * deviation
