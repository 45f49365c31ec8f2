"""`traced` functions in FastAPI, in context managers and in trio."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from typing import Annotated, Any

import httpx
import pytest
import trio
from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse

from jaeger_client.instrumentation import traced
from jaeger_client.testing import MemoryTracer, memory_tracer


@pytest.fixture
def tracer() -> Iterator[MemoryTracer]:
    """Return the global tracer."""
    with memory_tracer(set_global=True) as tracer:
        yield tracer


def names(tracer: MemoryTracer) -> list[str]:
    """Return the names of the finished spans, sorted."""
    return sorted(span.operation_name for span in tracer.spans)


@traced(operation_name="oven")
def oven() -> Generator[str]:
    """Yield an oven, on a thread of FastAPI's pool."""
    yield "hot oven"


@traced(operation_name="customer")
async def customer(name: str = "Ann") -> AsyncGenerator[str]:
    """Yield the customer in the query."""
    yield name


@traced(operation_name="rows")
def rows() -> Iterator[str]:
    """Yield rows, each on any thread."""
    yield from ("1", "2", "3")


@traced(operation_name="arows")
async def arows() -> AsyncIterator[str]:
    """Yield rows."""
    for row in ("1", "2", "3"):
        await asyncio.sleep(0)
        yield row


app = FastAPI()


@app.get("/bake/{cake}")
@traced(operation_name="bake")
async def bake(
    cake: str,
    oven: Annotated[str, Depends(oven)],
    customer: Annotated[str, Depends(customer)],
) -> dict[str, str]:
    """Bake a cake."""
    return {"cake": cake, "oven": oven, "customer": customer}


@app.get("/sync/{count}")
@traced(operation_name="sync")
def sync(count: int) -> int:
    """Count, on a thread."""
    return count + 1


@app.get("/rows")
async def streamed() -> StreamingResponse:
    """Stream rows."""
    return StreamingResponse(rows())


@app.get("/arows")
async def astreamed() -> StreamingResponse:
    """Stream rows."""
    return StreamingResponse(arows())


@pytest.mark.parametrize(
    ("path", "expected", "spans"),
    [
        (
            "/bake/plum?name=Bob",
            '{"cake":"plum","oven":"hot oven","customer":"Bob"}',
            ["bake", "customer", "oven"],
        ),
        ("/sync/5", "6", ["sync"]),
        ("/rows", "123", ["rows"]),
        ("/arows", "123", ["arows"]),
    ],
)
def test_fastapi_calls_them_as_any_others(
    path: str, expected: str, spans: list[str], tracer: MemoryTracer
) -> None:
    """Parameters, dependencies, streams; nothing has an error."""

    async def main() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        url = "http://bakery"
        async with httpx.AsyncClient(transport=transport, base_url=url) as client:
            return await client.get(path)

    response = asyncio.run(main())

    assert (200, expected) == (response.status_code, response.text)
    assert spans == names(tracer)
    assert not any("error" in {tag.key for tag in each.tags} for each in tracer.spans)


def test_context_managers(tracer: MemoryTracer) -> None:
    """The span lasts as long as the block, in which the caller's span is active."""
    manager = contextlib.contextmanager(oven)
    amanager = contextlib.asynccontextmanager(customer)

    async def main() -> None:
        with tracer.start_active_span("caller") as caller, manager() as found:
            async with amanager() as name:
                assert ("hot oven", "Ann") == (found, name)
                assert caller.span is tracer.active_span

    asyncio.run(main())

    assert ["caller", "customer", "oven"] == names(tracer)


def test_trio(tracer: MemoryTracer) -> None:
    """Tasks have spans of their own, and abandoned generators are closed."""
    ended: list[object] = []

    @traced(operation_name="bake")
    async def bake(cake: str) -> None:
        await trio.lowlevel.checkpoint()
        with tracer.start_active_span(cake):
            await trio.lowlevel.checkpoint()

    @traced(operation_name="watch")
    async def watch() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            ended.append(getattr(tracer.active_span, "operation_name", None))

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(bake, "apple")
            nursery.start_soon(bake, "plum")
        generator: Any = watch()
        await generator.__anext__()
        # Trio warns of a generator that is collected, so it stays until the end.
        ended.append(generator)

    with contextlib.suppress(ResourceWarning):
        trio.run(main)
    ended.pop(0)
    gc.collect()

    assert ["apple", "bake", "bake", "plum", "watch"] == names(tracer)
    parents = {span.span_id: span.operation_name for span in tracer.spans}
    assert {("apple", "bake"), ("plum", "bake")} == {
        (span.operation_name, parents[span.parent_id])
        for span in tracer.spans
        if span.parent_id
    }
    assert ["watch"] == ended
