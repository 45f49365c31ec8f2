"""
ASGI applications in which each request is a span and the response is the pid.

A POST responds with the pid before it reads the body. After the body of `/open` the
request ends; one to `/hang` blocks the event loop for ever.
"""

from __future__ import annotations

import os
import resource
import signal
from typing import Any

from jaeger_client import Config
from jaeger_client.instrumentation.asgi import TracerLifespan

# A worker that is aborted leaves no file.
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
# By default longer than any test: what arrives was sent by closing the tracer.
interval = float(os.environ.get("TEST_FLUSH_INTERVAL", "300"))
tracer = Config(
    {
        "sampler": {"type": "const", "param": 1},
        "reporter_flush_interval": interval,
    },
    service_name="asgi",
).new_tracer()
if "TEST_SPAN_AT_LOAD" in os.environ:
    tracer.start_span("/load").finish()


async def respond(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Handle one request; raise for anything else, as Django does."""
    assert scope["type"] == "http"
    pid = str(os.getpid()).encode()
    if scope["method"] == "POST":
        await respond_slowly(scope["path"], pid, receive, send)
        return
    with tracer.start_active_span(scope["path"]):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": pid})


async def respond_slowly(path: str, pid: bytes, receive: Any, send: Any) -> None:
    """Respond with the pid, and with the rest after the body was received."""
    headers = [(b"content-length", b"11")]
    with tracer.start_active_span(path):
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        body = pid.rjust(10)
        await send({"type": "http.response.body", "body": body, "more_body": True})
        while path == "/hang":
            signal.pause()
        assert b"." == (await receive())["body"]
    await send({"type": "http.response.body", "body": b"."})


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
