"""
Whether a number of sampled traces is plausible for a correct sampler.

Trace ids come from fixed seeds, so each run counts the same. The number of sampled
traces among N of probability p is binomial with the standard deviation sqrt(N p (1 -
p)). It may differ by four of them, which for a correct sampler happens with one seed in
16,000; a sampler whose rate is wrong by a tenth of p is detected if N p is above 1,600.
"""

from __future__ import annotations

import math
from typing import Final

DEVIATIONS: Final = 4
"""Number of standard deviations by which a count may differ."""


def is_likely(sampled: int, starts: int, probability: float) -> bool:
    """Return whether so many of *starts* are plausible at *probability*."""
    deviation = math.sqrt(starts * probability * (1 - probability))
    return abs(sampled - starts * probability) <= DEVIATIONS * deviation
