"""
A Flask application whose requests are recorded.

It needs Flask (`pip install flask`):

    python examples/flask_application.py 8000
    curl -i http://localhost:8000/cakes/7

The span is named `GET /cakes/<int:number>`. The response header `x-trace-id` has the id
of the trace, by which Jaeger finds it.
"""

from __future__ import annotations

import sys
from wsgiref.simple_server import make_server

from flask import Flask

from jaeger_client import Config
from jaeger_client.instrumentation.wsgi import TracingMiddleware

tracer = Config(
    {"sampler": {"type": "const", "param": 1}},
    service_name="bakery",
).new_tracer()

app = Flask(__name__)
app.wsgi_app = TracingMiddleware(  # type: ignore[method-assign]
    app.wsgi_app,
    tracer,
    excluded_paths=["/health"],
    response_header="x-trace-id",
)


@app.get("/cakes/<int:number>")
def bake(number: int) -> str:
    """Bake a cake, in a child of the span of the request."""
    with tracer.start_active_span("bake") as scope:
        scope.span.set_tag("cake", number)
        return f"cake {number}\n"


@app.get("/health")
def health() -> str:
    """Respond to a probe, which is not recorded."""
    return "ok\n"


def main() -> None:
    """Serve until interrupted."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    with make_server("127.0.0.1", port, app) as server:
        print(f"http://127.0.0.1:{server.server_port}/", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            tracer.close()


if __name__ == "__main__":
    main()
