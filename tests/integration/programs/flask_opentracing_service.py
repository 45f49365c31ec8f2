"""
A Flask application that Flask-OpenTracing traces, served to three requests.

The first two have headers: a span context and a debug id.
"""

from __future__ import annotations

import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, cast
from urllib.error import HTTPError
from wsgiref.simple_server import make_server

from flask import Flask
from flask_opentracing import FlaskTracing  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports, reportUnknownVariableType]  # in an environment of its own

from jaeger_client import Config

app = Flask(__name__)
tracer = Config(
    {"sampler": {"type": "const", "param": 1}}, service_name="bakery"
).new_tracer()
tracing = cast("Any", FlaskTracing(tracer, True, app, ["method"]))


@app.get("/cakes/<int:number>")
def cake(number: int) -> str:
    """Start a child of the span of the request, which is active."""
    assert tracer.active_span is tracing.get_span()
    tracer.start_span(f"bake {number}").finish()
    return "cake"


@app.get("/boom")
def boom() -> str:
    """Fail."""
    raise LookupError


with make_server("127.0.0.1", 0, app) as server, ThreadPoolExecutor(1) as pool:
    address = f"http://127.0.0.1:{server.server_port}"
    for path, headers in (
        ("/cakes/7", {"uber-trace-id": "abc:def:0:1"}),
        ("/cakes/8", {"jaeger-debug-id": "ticket-42"}),
        ("/boom", {}),
    ):
        handling = pool.submit(server.handle_request)
        request = urllib.request.Request(f"{address}{path}", headers=headers)
        with suppress(HTTPError), urllib.request.urlopen(request, timeout=30) as got:
            got.read()
        handling.result()
assert tracer.close().result()
