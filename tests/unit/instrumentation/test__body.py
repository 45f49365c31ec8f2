"""Bodies that are iterated asynchronously; the WSGI tests have the others."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator

import pytest

from jaeger_client.instrumentation._body import AsyncBody
from jaeger_client.instrumentation._server_span import ServerSpan
from jaeger_client.testing import MemoryTracer, memory_tracer


@pytest.fixture
def tracer() -> Iterator[MemoryTracer]:
    """Return a tracer."""
    with memory_tracer() as tracer:
        yield tracer


def body_of(tracer: MemoryTracer, parts: AsyncIterator[bytes]) -> AsyncBody:
    """Return the body of a request."""
    span = ServerSpan(tracer, tracer.start_span("GET"), "GET", "GET")
    return AsyncBody(parts, span, span.finish)


async def read(body: AsyncBody) -> list[bytes]:
    """Return the parts."""
    return [part async for part in body]


def test_end(tracer: MemoryTracer) -> None:
    """The span is active in the body, and ends with it."""
    active: list[object] = []

    async def parts() -> AsyncIterator[bytes]:
        active.append(tracer.active_span)
        yield b"1"
        active.append(tracer.active_span)

    async def main() -> None:
        assert [b"1"] == await read(body_of(tracer, parts()))
        assert tracer.active_span is None

    asyncio.run(main())

    assert tracer.spans * 2 == active


def test_scope_that_spans_parts(tracer: MemoryTracer) -> None:
    """A span that the body has started is active in it only."""

    async def parts() -> AsyncIterator[bytes]:
        with tracer.start_active_span("part") as scope:
            yield b"1"
            assert tracer.active_span is scope.span

    async def main() -> None:
        async for _ in body_of(tracer, parts()):
            assert tracer.active_span is None

    asyncio.run(main())

    part, request = tracer.spans
    assert request.span_id == part.parent_id


def test_exception(tracer: MemoryTracer) -> None:
    """It is passed on, and ends the span."""

    async def parts() -> AsyncIterator[bytes]:
        yield b"1"
        raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(read(body_of(tracer, parts())))

    (span,) = tracer.spans
    assert 1 == len(span.logs)


def test_close(tracer: MemoryTracer) -> None:
    """The framework that closes it ends the span, once."""

    async def parts() -> AsyncIterator[bytes]:
        yield b"1"

    body = body_of(tracer, parts())
    body.close()
    body.close()

    assert 1 == len(tracer.spans)


def test_never_closed(tracer: MemoryTracer) -> None:
    """The span ends when the body is deleted."""

    async def parts() -> AsyncIterator[bytes]:
        yield b"1"

    body = body_of(tracer, parts())
    assert [] == tracer.spans
    del body
    gc.collect()

    assert 1 == len(tracer.spans)
