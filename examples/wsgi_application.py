"""
A WSGI application whose requests are recorded.

Run it and send it two requests:

    python examples/wsgi_application.py 8000
    curl http://localhost:8000/cake
    curl -H "jaeger-debug-id: ticket-42" http://localhost:8000/cake

The first request is recorded with a probability of 0.1, the second in any case. Its
debug id becomes the tag `jaeger-debug-id` of the span, by which Jaeger can find it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING
from wsgiref.simple_server import make_server

from jaeger_client import Config
from jaeger_client.instrumentation.wsgi import TracingMiddleware

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# Created at import. No thread starts before the first span, so a server may import
# this module before it forks its workers.
tracer = Config(
    {"sampler": {"type": "probabilistic", "param": 0.1}},
    service_name="bakery",
).new_tracer()


def bake(
    environ: WSGIEnvironment,  # noqa: ARG001 - every request gets the same response
    start_response: StartResponse,
) -> Iterable[bytes]:
    """Respond to a request, whose span is active."""
    with tracer.start_active_span("bake"):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"a cake\n"]


application = TracingMiddleware(bake, tracer)


def main() -> None:
    """Serve until interrupted."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    with make_server("127.0.0.1", port, application) as server:
        print(f"http://127.0.0.1:{server.server_port}/", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("sent" if tracer.close().result() else "not all was sent")


if __name__ == "__main__":
    main()
