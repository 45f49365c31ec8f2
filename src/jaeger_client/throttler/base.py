"""The interface of all throttlers: may this debug span begin?"""

from __future__ import annotations

from typing import Final

MINIMUM_CREDITS: Final = 1.0
"""Credits that one debug span costs."""

MAX_OPERATIONS: Final = 2000
"""Operations whose balances are kept."""


class Throttler:
    """
    Decides whether a debug span may begin.

    Derive from it and override `is_allowed`, which is called on the application's
    threads, several at a time, and must neither block nor raise.
    """

    def set_client_id(self, client_id: int) -> None:
        """Take the id of this process; the tracer calls it when it is made."""

    def is_allowed(self, operation: str) -> bool:
        """Return whether a debug span named *operation* may begin, and charge it."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop what runs in the background. Idempotent."""
