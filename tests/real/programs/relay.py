"""
A service that is called and calls another one, traced by this client.

It listens on a free port of loopback and prints that port. Its requests and responses
are those of the services of the Go and the Node client in `clients/`.
"""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import urlsplit

import opentracing
from opentracing.ext import tags

from jaeger_client import Config, ConstSampler, Span, Tracer
from jaeger_client.reporter import NullReporter

Order = dict[str, Any]
"""The order of a caller; see `main.go`."""

TIMEOUT = 30.0
BINARY = "binary"


class Service(BaseHTTPRequestHandler):
    """Executes one order per request."""

    def do_POST(self) -> None:
        """Execute the order in the body."""
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps(self.execute(order, dict(self.headers.items()))).encode()
        self.send_response(http.HTTPStatus.OK)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the output has only the port."""

    def execute(self, order: Order, headers: Mapping[str, str]) -> dict[str, object]:
        """Execute an order."""
        return execute(order, headers)


def execute(order: Order, headers: Mapping[str, str]) -> dict[str, object]:
    """Execute an order, in spans."""
    with tracer_of(order, order["format"]) as tracer:
        caller = tracer.extract(*incoming(order, headers))
        kind = {tags.SPAN_KIND: tags.SPAN_KIND_RPC_SERVER}
        span = tracer.start_span("serve", child_of=caller, tags=kind)
        if order.get("debug"):
            span.set_tag(tags.SAMPLING_PRIORITY, 1)
        for key, value in (order.get("baggage") or {}).items():
            span.set_baggage_item(key, value)
        response: dict[str, object] = {
            "server": seen(span),
            "client": None,
            "next": None,
        }
        if order.get("next"):
            response |= call(tracer, span, order["next"])
        span.finish()
    return response


def tracer_of(order: Order, form: str) -> Tracer:
    """Return a tracer that uses the format."""
    settings = {
        "logging": False,
        "generate_128bit_trace_id": order.get("wide", False),
        "propagation": form if form in {"b3", "w3c"} else "jaeger",
    }
    config = Config(settings, service_name="ours", validate=True)
    return config.create_tracer(
        NullReporter(), ConstSampler(order.get("sampled", False))
    )


def incoming(order: Order, headers: Mapping[str, str]) -> tuple[str, object]:
    """Return the format of OpenTracing and the carrier that the caller has filled."""
    carrier = cast("dict[str, str]", order.get("carrier") or {})
    match order["format"]:
        case "text":
            return opentracing.Format.TEXT_MAP, carrier
        case "binary" if carrier:
            return opentracing.Format.BINARY, bytearray.fromhex(carrier[BINARY])
        case _:
            return opentracing.Format.HTTP_HEADERS, headers


def call(tracer: Tracer, parent: Span, following: Order) -> dict[str, object]:
    """Call the next service in a client span; return that span and the response."""
    kind = {tags.SPAN_KIND: tags.SPAN_KIND_RPC_CLIENT}
    span = tracer.start_span("call", child_of=parent, tags=kind)
    order: Order = following["order"]
    headers = {"Content-Type": "application/json"}
    with tracer_of(order, order["format"]) as speaker:
        inject(speaker, span, order, headers)
    response = post(following["url"], order, headers)
    span.finish()
    return {"client": seen(span), "next": response}


def inject(tracer: Tracer, span: Span, order: Order, headers: dict[str, str]) -> None:
    """Write the context of the span to the place that the format uses."""
    match order["format"]:
        case "text":
            order["carrier"] = {}
            tracer.inject(span, opentracing.Format.TEXT_MAP, order["carrier"])
        case "binary":
            packed = bytearray()
            tracer.inject(span, opentracing.Format.BINARY, packed)
            order["carrier"] = {BINARY: packed.hex()}
        case _:
            tracer.inject(span, opentracing.Format.HTTP_HEADERS, headers)


def post(url: str, order: Order, headers: Mapping[str, str]) -> object:
    """Send an order; return the response."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT)
    try:
        connection.request("POST", "/", json.dumps(order), dict(headers))
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK:
        msg = f"{url} responded {response.status}: {body.decode(errors='replace')}"
        raise RuntimeError(msg)
    return json.loads(body)


def seen(span: Span) -> dict[str, object]:
    """Return what this client knows about the span."""
    return {
        "trace_id": f"{span.trace_id:x}",
        "span_id": f"{span.span_id:x}",
        "parent_id": f"{span.parent_id or 0:x}",
        "sampled": span.is_sampled(),
        "debug": span.is_debug(),
        "baggage": span.context.baggage,
    }


def serve(service: type[Service]) -> None:
    """Serve until the process is ended."""
    with ThreadingHTTPServer(("127.0.0.1", 0), service) as server:
        sys.stdout.write(f"{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    serve(Service)
