"""
A FastAPI application whose requests and WebSockets are recorded.

It needs FastAPI and a server (`pip install fastapi uvicorn`):

    python examples/fastapi_application.py 8000
    curl -i http://localhost:8000/cakes/7

The span is named `GET /cakes/{number}`. The response header `x-trace-id` has the id of
the trace, by which Jaeger finds it. From a server's command line:

    cd examples; uvicorn fastapi_application:app
"""

from __future__ import annotations

import socket
import sys

import uvicorn
from fastapi import FastAPI, WebSocket

from jaeger_client import Config
from jaeger_client.instrumentation.asgi import TracingMiddleware

tracer = Config(
    {"sampler": {"type": "const", "param": 1}},
    service_name="bakery",
).new_tracer()

app = FastAPI()
app.add_middleware(
    TracingMiddleware,
    tracer=tracer,
    excluded_paths=["/health"],
    response_header="x-trace-id",
)


@app.get("/cakes/{number}")
async def bake(number: int) -> dict[str, int]:
    """Bake a cake, in a child of the span of the request."""
    with tracer.start_active_span("bake") as scope:
        scope.span.set_tag("cake", number)
        return {"cake": number}


@app.get("/health")
def health() -> str:
    """Respond to a probe, which is not recorded."""
    return "ok"


@app.websocket("/orders/{shop}")
async def take_orders(websocket: WebSocket, shop: str) -> None:
    """Take orders until the client disconnects, in one span named after the route."""
    await websocket.accept()
    async for order in websocket.iter_text():
        with tracer.start_active_span("order"):
            await websocket.send_text(f"{shop} bakes {order}")


def main() -> None:
    """Serve until interrupted."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    with socket.create_server(("127.0.0.1", port)) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
        config = uvicorn.Config(app, log_level="warning")
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
