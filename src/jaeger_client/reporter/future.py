"""
The result of `close`.

In a module of its own because importing `concurrent.futures` takes 1 ms, which a
program that is starting does not need.
"""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import Future


class CompletedFuture(Future[bool]):
    """
    The future that `close` returns: already done, awaitable in any event loop.

    Its result is whether all spans were sent.
    """

    def __init__(self, result: bool) -> None:  # noqa: FBT001 - its only value
        super().__init__()
        self.set_result(result)

    def __await__(self) -> Generator[None, None, bool]:
        yield from ()
        return self.result()
