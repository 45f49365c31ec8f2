"""
The cases of W3C's test suite for trace context over real sockets.

As in the suite, a request is sent to a service, which makes a call of its own; the
headers of that call are checked. The service is a WSGI application as users write them.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, cast
from wsgiref.simple_server import WSGIRequestHandler, make_server

import opentracing
import pytest

from jaeger_client import Config, ConstSampler, Tracer
from jaeger_client.reporter import NullReporter
from tests.foreign.w3c_cases import CASES, PARENT, SPAN, TRACE, Case, Headers

if TYPE_CHECKING:
    from socketserver import BaseServer

    from _typeshed.wsgi import StartResponse

HTTP = opentracing.Format.HTTP_HEADERS
TIMEOUT = 10.0


class Harness(HTTPServer):
    """Stores the headers of every call."""

    def __init__(self) -> None:
        self.calls: list[list[tuple[str, str]]] = []
        super().__init__(("127.0.0.1", 0), Keeper)


class Keeper(BaseHTTPRequestHandler):
    """Responds to each call without a body."""

    def do_GET(self) -> None:
        """Store the headers."""
        cast("Harness", self.server).calls.append(self.headers.items())
        self.send_response(http.HTTPStatus.NO_CONTENT)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


class Service:
    """A WSGI application that calls the harness as often as the path specifies."""

    def __init__(self, tracer: Tracer, harness_port: int) -> None:
        self._tracer = tracer
        self._harness_port = harness_port

    def __call__(
        self, environ: dict[str, str], start_response: StartResponse
    ) -> Iterable[bytes]:
        """Serve one request in a span, with a span for each call."""
        headers = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        parent = self._tracer.extract(HTTP, headers)
        with self._tracer.start_active_span("serve", child_of=parent):
            for _ in range(int(environ["PATH_INFO"].strip("/"))):
                self._call()
        start_response("200 OK", [])
        return [b""]

    def _call(self) -> None:
        headers: dict[str, str] = {}
        with self._tracer.start_span("call") as span:
            self._tracer.inject(span, HTTP, headers)
            send(self._harness_port, "/", list(headers.items()))


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    """A server that stores the headers that it receives."""
    server = Harness()
    with running(server):
        yield server


@pytest.fixture(scope="module")
def service_port(harness: Harness) -> Iterator[int]:
    """The port of a service that is traced by W3C's headers."""
    settings = {"propagation": "w3c", "generate_128bit_trace_id": True}
    config = Config(settings, service_name="w3c", validate=True)
    tracer = config.create_tracer(NullReporter(), ConstSampler(decision=True))
    service = Service(tracer, harness.server_port)
    server = make_server("127.0.0.1", 0, service, handler_class=Quiet)
    with running(server):
        yield server.server_port


@contextmanager
def running(server: BaseServer) -> Generator[None, None, None]:
    """Serve on a thread until the block is left."""
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}
    )
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(TIMEOUT)
        server.server_close()


def send(port: int, path: str, headers: Headers) -> None:
    """Send a request whose headers may repeat."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.putrequest("GET", path)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        response.read()
    finally:
        connection.close()
    assert response.status < http.HTTPStatus.BAD_REQUEST


def calls_of(
    port: int, harness: Harness, headers: Headers, count: int = 1
) -> list[dict[str, str]]:
    """Return the headers of the calls that the service makes for a request."""
    harness.calls.clear()
    send(port, f"/{count}", headers)
    for call in harness.calls:
        names = [name.lower() for name, _ in call]
        assert 1 == names.count("traceparent")
        assert names.count("tracestate") <= 1
    return [{name.lower(): value for name, value in call} for call in harness.calls]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_case_of_the_suite(service_port: int, harness: Harness, case: Case) -> None:
    """The headers are passed on as the suite requires, in a span of ours."""
    (call,) = calls_of(service_port, harness, case.headers)

    trace, span = call["traceparent"].split("-")[1:3]
    assert (trace == TRACE) == case.joined
    assert span not in {SPAN, "0" * 16}
    assert case.state == tidied(call.get("tracestate"))


@pytest.mark.parametrize(
    ("headers", "joined"),
    [
        ([("traceparent", PARENT)], True),
        ([], False),
        ([("traceparent", PARENT.replace(TRACE, "0" * 32))], False),
    ],
    ids=["valid", "missing", "illegal"],
)
def test_several_calls_of_one_request(
    service_port: int, harness: Harness, headers: Headers, *, joined: bool
) -> None:
    """The calls belong to one trace, continued or new, each with a span of its own."""
    calls = calls_of(service_port, harness, headers, 3)

    parents = [call["traceparent"].split("-") for call in calls]
    (trace,) = {parent[1] for parent in parents}
    assert (trace == TRACE) == joined
    assert 3 == len({parent[2] for parent in parents})


def tidied(state: str | None) -> str | None:
    """Return the members of a `tracestate` with commas and nothing else between."""
    parts = [part.strip(" \t") for part in (state or "").split(",")]
    return ",".join(filter(None, parts)) or None
