"""ASGI applications in which each request is a span and the response is the pid."""

from __future__ import annotations

import os
from typing import Any

from jaeger_client import Config
from jaeger_client.instrumentation.asgi import TracerLifespan

# The interval is longer than any test: what arrives was sent by closing the tracer.
tracer = Config(
    {"sampler": {"type": "const", "param": 1}, "reporter_flush_interval": 300},
    service_name="asgi",
).new_tracer()


async def respond(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Handle one request; raise for anything else, as Django does."""
    assert scope["type"] == "http"
    with tracer.start_active_span(scope["path"]):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        pid = str(os.getpid()).encode()
        await send({"type": "http.response.body", "body": pid})


async def live(receive: Any, send: Any) -> None:
    """Start and stop; stopping is a span, too."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    tracer.start_span("/stopping").finish()


async def respond_or_live(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Handle a request or the server's lifespan."""
    if scope["type"] != "lifespan":
        await respond(scope, receive, send)
        return
    await live(receive, send)
    await send({"type": "lifespan.shutdown.complete"})


async def closing_itself(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Close the tracer as the lifespan function of a framework does."""
    if scope["type"] != "lifespan":
        await respond(scope, receive, send)
        return
    async with tracer:
        await live(receive, send)
    await send({"type": "lifespan.shutdown.complete"})


without_lifespan = TracerLifespan(respond, tracer)
with_lifespan = TracerLifespan(respond_or_live, tracer)
