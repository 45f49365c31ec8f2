"""The future that `close` returns."""

from __future__ import annotations

import asyncio

import pytest

from jaeger_client.reporter import CompletedFuture


@pytest.mark.parametrize("all_left", [False, True])
def test_completed_future(all_left: bool) -> None:
    """The future of `close` is done already, and can be awaited in any loop."""
    future = CompletedFuture(all_left)

    async def wait() -> bool:
        return await future

    assert (True, all_left) == (future.done(), future.result())
    assert all_left == asyncio.run(wait())
    assert all_left == asyncio.run(wait())
