"""The common part of the three services: a tracer, and a traced HTTP server."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from opentracing import Format
from opentracing.ext import tags

from jaeger_client import Config, Span, Tracer

Respond: TypeAlias = Callable[[Span, Mapping[str, str]], Mapping[str, object]]
"""Returns the body of a response, from the span and the parameters of a request."""

OK = 200
UNAVAILABLE = 503


class UnavailableError(Exception):
    """A service cannot serve a request at the moment; sent as status 503."""


def start_tracer(name: str) -> Tracer:
    """Return the tracer of a service; environment variables set where spans go."""
    config = Config(
        {"sampler": {"type": "const", "param": 1}},
        service_name=name,
        validate=True,
    )
    tracer = config.initialize_tracer()
    if tracer is None:
        msg = "this process has a tracer already"
        raise RuntimeError(msg)
    return tracer


def serve(tracer: Tracer, respond: Respond) -> None:
    """
    Serve requests on a free port, which is printed, until standard input ends.

    Then closes the tracer.
    """
    handler = partial(TracedRequestHandler, tracer=tracer, respond=respond)
    with Server(("127.0.0.1", 0), handler) as server, ThreadPoolExecutor() as pool:
        pool.submit(server.serve_forever, poll_interval=0.05)
        print(server.server_port, flush=True)
        # Returns when the process that started this one ends, however it ends.
        sys.stdin.read()
        server.shutdown()
    tracer.close()


class Server(ThreadingHTTPServer):
    """Completes the requests in progress when it is closed."""

    daemon_threads = False


class TracedRequestHandler(BaseHTTPRequestHandler):
    """Serves GET requests; each is a span, a child of the caller's span."""

    def __init__(
        self,
        request: Any,  # noqa: ANN401 - as its base
        client_address: Any,  # noqa: ANN401 - as its base
        server: Server,
        *,
        tracer: Tracer,
        respond: Respond,
    ) -> None:
        self._tracer = tracer
        self._respond = respond
        super().__init__(request, client_address, server)

    def do_GET(self) -> None:
        """Serve a request."""
        tracer, url = self._tracer, urlsplit(self.path)
        span = tracer.start_span(
            f"GET {url.path}",
            child_of=tracer.extract(Format.HTTP_HEADERS, self.headers),
            tags={
                tags.SPAN_KIND: tags.SPAN_KIND_RPC_SERVER,
                tags.HTTP_METHOD: "GET",
                tags.HTTP_URL: self.path,
            },
        )
        with tracer.scope_manager.activate(span, finish_on_close=True):
            status, body = self._call(span, dict(parse_qsl(url.query)))
            span.set_tag(tags.HTTP_STATUS_CODE, status)
        self._send(status, body)

    def _call(
        self,
        span: Span,
        parameters: Mapping[str, str],
    ) -> tuple[int, Mapping[str, object]]:
        try:
            return OK, self._respond(span, parameters)
        except UnavailableError as error:
            span.set_tag(tags.ERROR, True)  # noqa: FBT003 - a tag's value
            return UNAVAILABLE, {"error": str(error)}

    def _send(self, status: int, body: Mapping[str, object]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the spans contain the same information."""
