"""All randomness of the client: trace ids, span ids, jitter, initial balances."""

from __future__ import annotations

import random
from typing import Final

from jaeger_client._internal.fork import call_after_fork

operating_system_random: Final = random.SystemRandom().random
"""Returns a number in [0, 1) from the operating system's randomness."""


class IdRandom(random.Random):
    """
    A random source that is seeded again in forked children.

    A child never repeats its parent's numbers. `getrandbits` of `random.Random` is
    looked up at each call, because tests of applications patch it on that class.
    """

    def __init__(self) -> None:
        # No argument: the seed comes from the operating system.
        super().__init__()
        call_after_fork(self)

    def after_fork_in_child(self) -> None:
        """Take a new seed from the operating system."""
        self.seed()
