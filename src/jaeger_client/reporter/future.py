"""
The future that `close` returns.

A module of its own, because `concurrent.futures` takes 1 ms to import; see
`base.PlainFuture`.
"""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import Future


class CompletedFuture(Future[bool]):
    """
    A future that is completed and can be awaited in any event loop.

    Its result is whether all spans were sent.
    """

    def __init__(self, result: bool) -> None:  # noqa: FBT001 - its only value
        super().__init__()
        self.set_result(result)

    def __await__(self) -> Generator[None, None, bool]:
        yield from ()
        return self.result()
