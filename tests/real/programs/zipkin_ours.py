"""
A service that is called and calls another one by B3, traced by this client.

All settings are read from the environment. It listens on a free port of loopback and
prints that port. Its requests and responses are those of `zipkin_foreign.py`; an order
with `joins` sets whether its server span has the caller's id, by `one_span_per_rpc`.
"""

import json
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from opentracing import Format
from opentracing.ext import tags

from jaeger_client import Config

TRACER = Config({"logging": False}).new_tracer()
FLUSH_TIMEOUT = 20.0


class Service(BaseHTTPRequestHandler):
    """Executes one order per request."""

    def do_POST(self):
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps(execute(order, self.headers)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        """Log nothing: the output has only the port."""


def execute(order, headers):
    """Serve in a span; return it and those of the services called."""
    TRACER.one_span_per_rpc = order.get("joins", False)
    span = TRACER.start_span(
        "serve",
        child_of=TRACER.extract(Format.HTTP_HEADERS, headers),
        tags={tags.SPAN_KIND: tags.SPAN_KIND_RPC_SERVER, "path": "/"},
    )
    response = {"server": seen(span)}
    if "next" in order:
        response |= call(span, **order["next"])
    span.finish()
    if not TRACER.flush(FLUSH_TIMEOUT):
        raise RuntimeError("spans are left")
    return response


def call(parent, url, order, peer):
    """Call the next service in a span; return that span and the response."""
    place = urlsplit(url)
    first_tags = {
        tags.SPAN_KIND: tags.SPAN_KIND_RPC_CLIENT,
        tags.PEER_PORT: place.port,
        tags.PEER_HOST_IPV4: place.hostname,
        "path": "/",
        **peer,
    }
    span = TRACER.start_span("call", child_of=parent, tags=first_tags)
    span.log_kv({"event": "called"})
    headers = {}
    TRACER.inject(span, Format.HTTP_HEADERS, headers)
    connection = HTTPConnection(place.netloc, timeout=20)
    try:
        connection.request("POST", "/", json.dumps(order), headers)
        response = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    span.finish()
    return {"client": seen(span), "next": response}


def seen(span):
    """Return the ids and flags of the span."""
    digits = 32 if span.trace_id >> 64 else 16
    return {
        "trace_id": f"{span.trace_id:0{digits}x}",
        "id": f"{span.span_id:016x}",
        "parent_id": f"{span.parent_id:016x}" if span.parent_id else None,
    }


with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
    print(server.server_port, flush=True)
    server.serve_forever()
