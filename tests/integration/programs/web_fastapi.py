"""A FastAPI application with the ASGI middleware; responses are the pid."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

from fastapi import APIRouter, FastAPI, WebSocket
from fastapi.responses import PlainTextResponse, StreamingResponse

from jaeger_client.instrumentation.asgi import TracingMiddleware
from tests.integration.programs.web_calls import call_next, make_tracer

tracer = make_tracer("fastapi")
app = FastAPI()
router = APIRouter(prefix="/api")
app.add_middleware(
    TracingMiddleware, excluded_paths=["/health"], response_header="x-trace-id"
)


@app.get("/cakes/{number}", response_class=PlainTextResponse)
async def cake(number: int) -> str:
    """Call the next service in a thread, in a task."""
    await asyncio.create_task(asyncio.to_thread(call_next, tracer, f"/cakes/{number}"))
    return str(os.getpid())


@router.get("/sync/{number}", response_class=PlainTextResponse)
def sync_cake(number: int) -> str:
    """Call the next service in one of FastAPI's threads."""
    call_next(tracer, f"/cakes/{number}")
    return str(os.getpid())


@app.get("/health", response_class=PlainTextResponse)
async def health() -> str:
    """Respond."""
    return str(os.getpid())


@app.get("/boom")
async def boom() -> str:
    """Fail."""
    msg = "boom"
    raise LookupError(msg)


@app.get("/stream")
async def stream() -> StreamingResponse:
    """Respond in two parts, each a span."""

    async def parts() -> AsyncIterator[bytes]:
        for part in (str(os.getpid()).encode(), b""):
            with tracer.start_active_span("part"):
                yield part

    return StreamingResponse(parts())


@app.get("/endless")
async def endless() -> StreamingResponse:
    """Respond until the client disconnects."""

    async def parts() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 10_000
            await asyncio.sleep(0)

    return StreamingResponse(parts())


@app.websocket("/rooms/{room}")
async def talk(websocket: WebSocket, room: str) -> None:
    """Send back what is received, each in a span, until the client disconnects."""
    await websocket.accept()
    async for text in websocket.iter_text():
        with tracer.start_active_span(f"message in {room}"):
            await websocket.send_text(text)


app.include_router(router)
