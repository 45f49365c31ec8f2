"""All randomness of the client: trace ids, span ids, jitter, initial balances."""

from __future__ import annotations

import random
from typing import Any, Final

from jaeger_client._internal.fork import call_after_fork
from jaeger_client._internal.span_core import seed_ids

_SYSTEM: Final = random.SystemRandom()

operating_system_random: Final = _SYSTEM.random
"""Returns a number in [0, 1) from the operating system's randomness."""

operating_system_bits: Final = _SYSTEM.getrandbits
"""Returns a number of so many bits from the operating system's randomness."""


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

    def seed(self, a: Any = None, version: int = 2) -> None:  # noqa: ANN401 - as in `random.Random`
        """Seed it with *a*, or from the operating system if that is `None`."""
        super().seed(a, version)
        if a is None:
            seed_ids()
        else:
            # From now on the compiled core uses the numbers of this object, too.
            self.is_seeded = True

    def setstate(self, state: Any) -> None:  # noqa: ANN401 - as in `random.Random`
        """Continue with *state*."""
        super().setstate(state)
        self.is_seeded = True

    def after_fork_in_child(self) -> None:
        """Take a new seed from the operating system."""
        self.seed()
