"""
Requests on an event loop: asyncio, uvloop, or trio and asyncio through anyio.

The arguments are the loop, and "spans", which are reported, or "measure".
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeAlias

import anyio
import uvloop

from tests.integration.programs.loop_receivers import make_receivers
from tests.integration.programs.loop_work import (
    Task,
    measurements,
    requests_of,
)
from tests.integration.programs.make_tracer import make_tracer

Sleep: TypeAlias = Callable[[float], Awaitable[object]]
InThread: TypeAlias = Callable[[Callable[[], object]], Awaitable[object]]
Together: TypeAlias = Callable[..., Awaitable[None]]
"""Runs tasks at the same time and returns when all have ended."""


async def run_task(task: Task, sleep: Sleep, in_thread: InThread) -> None:
    """Perform each step of a task."""
    for step in task:
        await (in_thread(step) if callable(step) else sleep(step))


async def by_asyncio(*tasks: Task) -> None:
    """Run tasks with asyncio."""
    await asyncio.gather(
        *(run_task(task, asyncio.sleep, asyncio.to_thread) for task in tasks)
    )


async def by_anyio(*tasks: Task) -> None:
    """Run tasks with anyio."""
    async with anyio.create_task_group() as group:
        for task in tasks:
            group.start_soon(run_task, task, anyio.sleep, anyio.to_thread.run_sync)


async def report_spans(together: Together) -> None:
    """Report a span and the requests under it; close the tracer in a thread."""
    tracer = make_tracer()
    with tracer.start_active_span("all"):
        await together(*requests_of(tracer, inherits=True))
    results: list[bool] = []
    await together(iter([lambda: results.append(tracer.close(30).result())]))
    assert results == [True]


async def measure(together: Together) -> None:
    """Measure how the loop is delayed."""
    for tasks in measurements(make_receivers(), inherits=True):
        await together(*tasks)


def run(loop: str, main: Callable[[Together], Coroutine[Any, Any, None]]) -> None:
    """Run *main* on a loop."""
    if loop == "asyncio":
        asyncio.run(main(by_asyncio))
    elif loop == "uvloop":
        uvloop.run(main(by_asyncio))
    else:
        anyio.run(main, by_anyio, backend=loop.removeprefix("anyio-"))


if __name__ == "__main__":
    run(sys.argv[1], {"spans": report_spans, "measure": measure}[sys.argv[2]])
