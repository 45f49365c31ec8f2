"""
An ASGI application that records each request and closes its tracer at the shutdown.

uvicorn ends without running Python's exit handlers. `TracerLifespan` closes the tracer
when the server shuts down, so that the spans of the last second are sent. It needs
uvicorn (`pip install uvicorn`):

    python examples/asgi_application.py 8000
    curl http://localhost:8000/cake

To start it from a server's command line, name the wrapped application:

    cd examples; uvicorn asgi_application:app --workers 2
"""

from __future__ import annotations

import socket
import sys
from typing import Any

import uvicorn
from opentracing import Format, SpanContextCorruptedException
from opentracing.ext import tags

from jaeger_client import Config, SpanContext
from jaeger_client.instrumentation.asgi import Receive, Send, TracerLifespan

tracer = Config(
    {"sampler": {"type": "const", "param": 1}},
    service_name="bakery",
).new_tracer()


async def application(
    scope: dict[str, Any],
    receive: Receive,  # noqa: ARG001 - requests have no body here
    send: Send,
) -> None:
    """Respond to every request, in a span that continues the caller's trace."""
    if scope["type"] != "http":
        msg = f"only HTTP is supported, not {scope['type']}"
        raise ValueError(msg)
    with tracer.start_active_span(
        f"{scope['method']} {scope['path']}",
        child_of=caller_of(scope),
        tags={tags.SPAN_KIND: tags.SPAN_KIND_RPC_SERVER, tags.HTTP_STATUS_CODE: 200},
    ):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a cake\n"})


def caller_of(scope: dict[str, Any]) -> SpanContext | None:
    """Return the span context in the request's headers, if there is one."""
    try:
        return tracer.extract(Format.HTTP_HEADERS, dict(scope["headers"]))
    except SpanContextCorruptedException:
        return None  # malformed headers are no reason to refuse the request


app = TracerLifespan(application, tracer)


def main() -> None:
    """Serve until interrupted."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    with socket.create_server(("127.0.0.1", port)) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
        config = uvicorn.Config(app, log_level="warning")
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
