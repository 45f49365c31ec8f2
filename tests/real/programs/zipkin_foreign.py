"""
A service that is called and calls another one by B3, traced by py-zipkin.

Spans are sent to the address that is its argument. It listens on a free port of
loopback and prints that port.

An order is JSON: `next` is the service to call, the order for it, and its name as
`peer`; a trace that it starts may be `wide` (128 bits), not `sampled`, or `debug`;
`single` makes it write the single header, which py-zipkin can read and not write.
"""

import json
import sys
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from py_zipkin import Encoding, Kind
from py_zipkin.request_helpers import (
    create_http_headers,
    extract_zipkin_attrs_from_headers,
)
from py_zipkin.transport import SimpleHTTPTransport
from py_zipkin.zipkin import zipkin_span

ZIPKIN = urlsplit(sys.argv[1])
NAME = "foreign"
HOST = "127.0.0.1"


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
    caller = extract_zipkin_attrs_from_headers(headers)
    # With a sampling rate it would start a new trace if the caller has none.
    rate = 100.0 if order.get("sampled", True) else 0.0
    with zipkin_span(
        service_name=NAME,
        span_name="serve",
        zipkin_attrs=caller,
        sample_rate=None if caller else rate,
        transport_handler=SimpleHTTPTransport(ZIPKIN.hostname, ZIPKIN.port),
        use_128bit_trace_id=order.get("wide", False),
        binary_annotations={"path": "/"},
        kind=Kind.SERVER,
        host=HOST,
        encoding=Encoding.V2_JSON,
    ) as span:
        response = {"server": seen(span)}
        if "next" in order:
            response |= call(order, **order["next"])
    return response


def call(own, url, order, peer):
    """Call the next service in a span; return that span and the response."""
    place = urlsplit(url)
    with zipkin_span(
        service_name=NAME,
        span_name="call",
        kind=Kind.CLIENT,
        binary_annotations={"path": "/"},
    ) as span:
        span.add_sa_binary_annotation(place.port, peer["peer.service"], HOST)
        span.add_annotation("called")
        connection = HTTPConnection(place.netloc, timeout=20)
        try:
            connection.request("POST", "/", json.dumps(order), headers_of(own))
            response = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return {"client": seen(span), "next": response}


def headers_of(own):
    """Return the headers that py-zipkin sends, multiple or single."""
    headers = {k: v for k, v in create_http_headers().items() if v is not None}
    if own.get("debug"):
        headers["X-B3-Flags"] = "1"
    if not own.get("single"):
        return headers
    names = ("X-B3-TraceId", "X-B3-SpanId", "X-B3-Sampled", "X-B3-ParentSpanId")
    parts = [headers[name] for name in names if name in headers]
    if own.get("debug"):
        parts[2] = "d"
    return {"b3": "-".join(parts)}


def seen(span):
    """Return the ids and flags of the span."""
    attributes = span.zipkin_attrs
    return {
        "trace_id": attributes.trace_id,
        "id": attributes.span_id,
        "parent_id": attributes.parent_span_id,
    }


with ThreadingHTTPServer((HOST, 0), Service) as server:
    print(server.server_port, flush=True)
    server.serve_forever()
