"""A Flask application with the WSGI middleware; responses are the pid."""

from __future__ import annotations

import os
from collections.abc import Iterator

from flask import Flask

from jaeger_client.instrumentation.wsgi import TracingMiddleware
from tests.integration.programs.web_calls import call_next, make_tracer

tracer = make_tracer("flask")
app = Flask(__name__)
app.wsgi_app = TracingMiddleware(  # type: ignore[method-assign]
    app.wsgi_app, excluded_paths=["/health"], response_header="x-trace-id"
)


@app.get("/cakes/<int:number>")
def cake(number: int) -> str:
    """Call the next service."""
    call_next(tracer, f"/cakes/{number}")
    return str(os.getpid())


@app.get("/health")
def health() -> str:
    """Respond."""
    return str(os.getpid())


@app.get("/boom")
def boom() -> str:
    """Fail."""
    msg = "boom"
    raise LookupError(msg)


@app.get("/stream")
def stream() -> Iterator[bytes]:
    """Respond in two parts, each a span."""

    def parts() -> Iterator[bytes]:
        for part in (str(os.getpid()).encode(), b""):
            with tracer.start_active_span("part"):
                yield part

    return parts()


@app.get("/endless")
def endless() -> Iterator[bytes]:
    """Respond until the client disconnects."""

    def parts() -> Iterator[bytes]:
        while True:
            yield b"x" * 10_000

    return parts()
