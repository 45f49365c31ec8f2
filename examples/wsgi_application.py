"""
A WSGI application that records each request as a span.

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

from opentracing import Format, SpanContextCorruptedException
from opentracing.ext import tags

from jaeger_client import Config, SpanContext

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# Created at import. No thread starts before the first span, so a server may import
# this module before it forks its workers.
tracer = Config(
    {"sampler": {"type": "probabilistic", "param": 0.1}},
    service_name="bakery",
).new_tracer()


def application(
    environ: WSGIEnvironment,
    start_response: StartResponse,
) -> Iterable[bytes]:
    """Respond to every request, in a span that continues the caller's trace."""
    with tracer.start_active_span(
        f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}",
        child_of=caller_of(environ),
        tags={tags.SPAN_KIND: tags.SPAN_KIND_RPC_SERVER},
    ) as scope:
        scope.span.set_tag(tags.HTTP_STATUS_CODE, 200)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"a cake\n"]


def caller_of(environ: WSGIEnvironment) -> SpanContext | None:
    """Return the span context in the request's headers, if there is one."""
    headers = {
        name.removeprefix("HTTP_").replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    try:
        return tracer.extract(Format.HTTP_HEADERS, headers)
    except SpanContextCorruptedException:
        return None  # malformed headers are no reason to refuse the request


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
