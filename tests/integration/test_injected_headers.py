"""
What `inject` writes, sent by common HTTP clients.

Whatever the baggage, the request must succeed, and the server must receive the headers
that were injected and no others.
"""

from __future__ import annotations

import asyncio
import http.client
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import aiohttp
import httpx
import pytest
import requests
import urllib3
from opentracing import Format

from jaeger_client import Config, ConstSampler, SpanContext, Tracer
from jaeger_client.reporter import NullReporter
from tests.integration.http_servers import Server, make_response, serve_http

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

TIMEOUT: Final = 10.0
AFTER: Final = {"x-after": "still there"}
FORMATS: Final = ["jaeger", "b3", "b3single", "w3c", "jaeger,b3,b3single,w3c"]

Headers = dict[str, str]
Send = Callable[[str, Headers], int]
"""Sends a GET request and returns the status of the response."""


# Clients


def by_http_client(url: str, headers: Headers) -> int:
    """Send with the standard library."""
    host = url.removeprefix("http://").rstrip("/")
    connection = http.client.HTTPConnection(host, timeout=TIMEOUT)
    try:
        connection.request("GET", "/", headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def by_urllib3(url: str, headers: Headers) -> int:
    """Send with urllib3."""
    with urllib3.PoolManager() as pool:
        return pool.request("GET", url, headers=headers, timeout=TIMEOUT).status


def by_requests(url: str, headers: Headers) -> int:
    """Send with requests."""
    with requests.Session() as session:
        session.trust_env = False  # no proxy of the environment
        return session.get(url, headers=headers, timeout=TIMEOUT).status_code


def by_httpx(url: str, headers: Headers) -> int:
    """Send with httpx."""
    return httpx.get(url, headers=headers, timeout=TIMEOUT, trust_env=False).status_code


def by_aiohttp(url: str, headers: Headers) -> int:
    """Send with aiohttp."""

    async def get() -> int:
        timeout = aiohttp.ClientTimeout(TIMEOUT)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, headers=headers) as response,
        ):
            return response.status

    return asyncio.run(get())


CLIENTS: Final[list[Send]] = [
    by_http_client,
    by_urllib3,
    by_requests,
    by_httpx,
    by_aiohttp,
]
BY_EACH = pytest.mark.parametrize("send", CLIENTS, ids=[c.__name__ for c in CLIENTS])


# Contexts

ORDINARY: Final = {
    "user": "J\u00fcrgen + 1/2",
    "tenant-id": 'a,b;c=d "e" \\',
    "UserId": "50% %41",
    "blanks": "  a b ",
    "!#$%&'*+-.^_`|~": "all of a token",
    "empty": "",
    "long": "x " * 1000,
    "": "no key",
}
FORGED: Final = {
    "k\r\nX-Forged": "1",
    "k\n": "1",
    "k\r": "1",
    "k\0": "1",
    "lines": "v\r\nX-Forged: 1\r\n\r\nGET / HTTP/1.1",
    "nul": "a\0b",
    "last": "v",
}
ODD_KEYS: Final[dict[Any, str]] = {
    **FORGED,
    "User ID": "1",
    "k:v": "1",
    "na\u00efve": "1",
    "\u6771\u4eac": "1",
    "a\ud800": "1",
    b"\xff": "1",
    5: "1",
}
STATE: Final = "congo=t61rcWkgMzE\t,rojo=00f067aa0ba902b7 "


def context_of(
    baggage: Mapping[Any, str], flags: int = 1, state: object = None
) -> SpanContext:
    """Return a context with a trace."""
    context = SpanContext(2**127, 2**63, 3, flags, dict(baggage))
    context.trace_state = state  # type: ignore[assignment]  # any may be set
    return context


CONTEXTS: Final = {
    "ordinary": context_of(ORDINARY, state=STATE),
    "odd keys": context_of(ODD_KEYS, flags=0),
    "debug, forged state": context_of({}, flags=3, state="a=1\r\nX-Forged: 1"),
    "debug id": SpanContext.with_debug_id("a\r\nX-Forged: 1"),
}


def new_tracer(propagation: str) -> Tracer:
    """Return a tracer that uses the formats of *propagation*."""
    config = Config({"propagation": propagation}, service_name="sender")
    return config.create_tracer(NullReporter(), ConstSampler(decision=True))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that stores the lines of every request unchanged."""
    with serve_http(lambda _: make_response(204)) as running:
        yield running


def received(server: Server, send: Send, headers: Headers) -> Headers:
    """Send *headers* and return those received, without what the client adds."""
    server.requests.clear()
    assert http.HTTPStatus.NO_CONTENT == send(server.url(), {})
    assert http.HTTPStatus.NO_CONTENT == send(server.url(), {**headers, **AFTER})
    without, with_them = (request.headers for request in server.requests)
    return {name: value for name, value in with_them.items() if name not in without}


def lowered(headers: Headers) -> Headers:
    """Return *headers* with names in lower case, as the server stores them."""
    return {name.lower(): value for name, value in headers.items()}


@BY_EACH
@pytest.mark.parametrize("context", CONTEXTS.values(), ids=[*CONTEXTS])
@pytest.mark.parametrize("propagation", FORMATS)
def test_headers_arrive_as_they_were_injected(
    server: Server, send: Send, context: SpanContext, propagation: str
) -> None:
    """Every client sends the headers of every format, and the server gets no others."""
    headers: Headers = {}
    new_tracer(propagation).inject(context, Format.HTTP_HEADERS, headers)

    assert lowered({**headers, **AFTER}) == received(server, send, headers)


@BY_EACH
@pytest.mark.parametrize("propagation", FORMATS)
def test_a_text_map_forges_no_header(
    server: Server, send: Send, propagation: str
) -> None:
    """A text map that is put into headers has no line breaks in names and values."""
    tracer = new_tracer(propagation)
    headers: Headers = {}
    tracer.inject(context_of(FORGED), Format.TEXT_MAP, headers)
    tracer.inject(CONTEXTS["debug id"], Format.TEXT_MAP, headers)

    assert lowered({**headers, **AFTER}) == received(server, send, headers)


# A WSGI service


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


class Service:
    """A WSGI application that stores the context of a request and passes it on."""

    def __init__(self, tracer: Tracer, next_url: str | None) -> None:
        self._tracer = tracer
        self._next_url = next_url
        self.contexts: list[SpanContext | None] = []

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Extract, start a span, inject."""
        incoming = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        context = self._tracer.extract(Format.HTTP_HEADERS, incoming)
        self.contexts.append(context)
        if self._next_url is not None:
            outgoing: Headers = {}
            with self._tracer.start_span("serve", child_of=context) as span:
                self._tracer.inject(span, Format.HTTP_HEADERS, outgoing)
            by_http_client(self._next_url, {**outgoing, **AFTER})
        start_response("204 No Content", [])
        return [b""]


@contextmanager
def serving(
    propagation: str, next_url: str | None = None
) -> Generator[tuple[Service, str], None, None]:
    """Run a service and yield its URL."""
    service = Service(new_tracer(propagation), next_url)
    with make_server("127.0.0.1", 0, service, WSGIServer, Quiet) as server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        thread.start()
        try:
            yield service, f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join(TIMEOUT)


@BY_EACH
@pytest.mark.parametrize("propagation", FORMATS)
def test_a_wsgi_service_reads_what_was_injected(send: Send, propagation: str) -> None:
    """Ids, flags and baggage are read from the environ of a WSGI server."""
    # A WSGI server replaces dashes by underscores, and all letters by capitals.
    baggage = {key.lower(): value for key, value in ORDINARY.items() if "_" not in key}
    if propagation == "w3c":
        del baggage[""]
    headers: Headers = {}
    new_tracer(propagation).inject(context_of(baggage), Format.HTTP_HEADERS, headers)

    with serving(propagation) as (service, url):
        assert http.HTTPStatus.NO_CONTENT == send(url, headers)

    (context,) = service.contexts
    assert context is not None
    assert (2**127, 2**63, 1) == (context.trace_id, context.span_id, context.flags)
    assert baggage == context.baggage


PARENT: Final = f"00-{1:032x}-{2:016x}-01"


@pytest.mark.parametrize(
    ("propagation", "incoming"),
    [
        ("jaeger", {"jaeger-baggage": "k%0d%0aX-Forged=1,a%20b=1,k%C3%A9=1,c=d"}),
        ("jaeger", {"uber-trace-id": "3a:2:0:1", "uberctx-k": "a%0d%0aX-Forged:1"}),
        ("jaeger", {"jaeger-debug-id": "a%0d%0aX-Forged:1"}),
        ("b3", {"x-b3-traceid": "1", "x-b3-spanid": "2", "baggage-k": "%0d%0aX: 1"}),
        *[
            (propagation, {"traceparent": PARENT, "baggage": baggage})
            for propagation in ("w3c,jaeger", "w3c,b3", "w3c,b3single", "w3c")
            for baggage in ("user%20id=1,c=d", "k%0d%0aX-Forged=2,k:v=3,c=%0d%0a")
        ],
    ],
)
def test_a_request_from_outside_breaks_no_outgoing_one(
    server: Server, propagation: str, incoming: Headers
) -> None:
    """A service responds to any request, and its own call has all the headers."""
    server.requests.clear()
    with serving(propagation, server.url()) as (_, url):
        assert http.HTTPStatus.NO_CONTENT == by_http_client(url, incoming)

    (request,) = server.requests
    assert AFTER["x-after"] == request.headers["x-after"]
    # A percent sign may be part of a name; it is not an escape there.
    assert not {"x", "x-forged"} & {*request.headers}
