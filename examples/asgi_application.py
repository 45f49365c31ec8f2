"""
An ASGI application whose requests are recorded.

uvicorn ends without running Python's exit handlers. The middleware sends what is queued
when the server shuts down, so that the spans of the last second are not lost. It needs
uvicorn (`pip install uvicorn`):

    python examples/asgi_application.py 8000
    curl http://localhost:8000/cake

To start it from a server's command line, name the wrapped application:

    cd examples; uvicorn asgi_application:app --workers 2
"""

from __future__ import annotations

import socket
import sys

import uvicorn

from jaeger_client import Config
from jaeger_client.instrumentation.asgi import Receive, Scope, Send, TracingMiddleware

tracer = Config(
    {"sampler": {"type": "const", "param": 1}},
    service_name="bakery",
).new_tracer()


async def application(
    scope: Scope,
    receive: Receive,  # noqa: ARG001 - requests have no body here
    send: Send,
) -> None:
    """Respond to every request, whose span is active."""
    if scope["type"] != "http":
        msg = f"only HTTP is supported, not {scope['type']}"
        raise ValueError(msg)
    with tracer.start_active_span("bake"):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a cake\n"})


app = TracingMiddleware(application, tracer)


def main() -> None:
    """Serve until interrupted."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    with socket.create_server(("127.0.0.1", port)) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
        config = uvicorn.Config(app, log_level="warning")
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
