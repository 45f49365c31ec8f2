"""
The answer of `close`.

A module of its own, for `concurrent.futures` takes 1 ms that the start of a
program need not: nothing closes there.
"""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import Future


class CompletedFuture(Future[bool]):
    """
    The answer of `close`: done already, awaitable in any event loop.

    Its result says whether everything left the process.
    """

    def __init__(self, result: bool) -> None:  # noqa: FBT001 - the one thing it holds
        super().__init__()
        self.set_result(result)

    def __await__(self) -> Generator[None, None, bool]:
        yield from ()
        return self.result()
