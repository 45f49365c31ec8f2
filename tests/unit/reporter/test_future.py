"""The future that `close` returns."""

from __future__ import annotations

import asyncio

import pytest

from jaeger_client.reporter import CompletedFuture


@pytest.mark.parametrize("all_sent", [False, True])
def test_completed_future(all_sent: bool) -> None:
    """The future of `close` is done already, and can be awaited in any loop."""
    future = CompletedFuture(all_sent)

    async def wait() -> bool:
        return await future

    assert (True, all_sent) == (future.done(), future.result())
    assert all_sent == asyncio.run(wait())
    assert all_sent == asyncio.run(wait())
