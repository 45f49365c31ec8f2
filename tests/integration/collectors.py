"""
An HTTP collector that misbehaves by a script, and decodes everything it receives.

`Collector` performs one step of its script for each connection and for each later
request over the same connection, then accepts everything. Steps are in `misbehaviour`.
"""

from __future__ import annotations

import gzip
import io
import itertools
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.foreign.decoders import decode_batch, decode_otlp, decode_zipkin
from tests.integration.http_servers import (
    TIMEOUT,
    Server,
    make_response,
    read_request,
    serve_raw,
)

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass(frozen=True)
class Route:
    """A route to a collector over HTTP."""

    path: str
    is_tls: bool = False

    @property
    def is_otlp(self) -> bool:
        """Whether it is OTLP, which specifies when to retry."""
        return self.path == "/v1/traces"

    @property
    def scheme(self) -> str:
        """The scheme of its URL."""
        return "https" if self.is_tls else "http"

    def __str__(self) -> str:
        return f"{self.scheme}:{self.path}"


ROUTES = [
    Route(path, is_tls)
    for path in ("/api/traces", "/v1/traces", "/api/v2/spans")
    for is_tls in (False, True)
]


def names_in(path: str, body: bytes) -> list[str]:
    """Return the names of the spans in the body of a request."""
    if path == "/v1/traces":
        (resource,) = decode_otlp(body).resource_spans
        return [span.name for span in resource.scope_spans[0].spans]
    if path == "/api/v2/spans":
        return [span["name"] for span in decode_zipkin(body)]
    return [span.operationName for span in decode_batch(body).spans]


@dataclass
class Visit:
    """One connection to a collector, as the steps see it."""

    collector: Collector
    sock: socket.socket
    stopping: threading.Event
    """Set at the end of the test; steps that block wait for it."""
    is_over: bool = False
    """Whether the connection is to be closed after this step."""
    _reader: io.BufferedReader | None = None

    def start_tls(self, certificate: str = "good") -> None:
        """Perform the TLS handshake, if the route uses TLS."""
        if self.collector.route.is_tls and self._reader is None:
            tls = self.collector.tls[certificate]
            self.sock = tls.wrap_socket(self.sock, server_side=True)

    @property
    def reader(self) -> io.BufferedReader:
        """Reads what the client sends, after the TLS handshake."""
        if self._reader is None:
            self.start_tls()
            self._reader = self.sock.makefile("rb")
        return self._reader

    def read(self) -> list[str]:
        """Read a request and return the names of its spans."""
        request = read_request(self.reader, 1)
        if request is None:
            raise ConnectionAbortedError
        is_gzip = request.headers.get("content-encoding") == "gzip"
        body = gzip.decompress(request.body) if is_gzip else request.body
        return names_in(self.collector.route.path, body)

    def refuse(self, response: bytes) -> None:
        """Read a request and respond; its spans are not accepted."""
        self.collector.received += self.read()
        self.sock.sendall(response)

    def accept(self, response: bytes = make_response(202)) -> None:
        """Read a request, record its spans as accepted, and respond."""
        self.collector.accepted += self.read()
        self.sock.sendall(response)

    def reset(self) -> None:
        """Reset the connection: the client's next operation fails with ECONNRESET."""
        linger = struct.pack("ii", 1, 0)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if self._reader is not None:
            self._reader.close()
        self.sock.close()
        self.is_over = True

    def has_more(self) -> bool:
        """Wait for another request; return whether there is one."""
        return not self.is_over and bool(self.reader.peek(1))

    def close(self) -> None:
        """Close the connection, if it is open."""
        if self._reader is not None:
            self._reader.close()
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()


Step = Callable[[Visit], object]
"""What a collector does with one connection or request."""


@dataclass
class Collector:
    """A collector for one route, and what it has received so far."""

    route: Route
    steps: Iterator[Step]
    tls: Mapping[str, ssl.SSLContext]
    """TLS contexts by the quality of their certificate."""
    bound: socket.socket
    port: int
    number: int = field(default_factory=itertools.count(1).__next__)
    accepted: list[str] = field(default_factory=list[str])
    """Names of the spans of requests that got a response of success."""
    received: list[str] = field(default_factory=list[str])
    """Names of the spans of all other requests, once for each request."""
    _stepped: threading.Event = field(default_factory=threading.Event)
    _stack: ExitStack = field(default_factory=ExitStack)

    @property
    def url(self) -> str:
        """Its endpoint, which is unique: a later collector may have the same port."""
        place = f"127.0.0.1:{self.port}{self.route.path}"
        return f"{self.route.scheme}://{place}?collector={self.number:06}"

    def listen(self) -> None:
        """Begin to accept connections; they are refused until then."""
        self._stack.enter_context(serve_raw(self._talk, bound=self.bound))

    def wait_for_step(self) -> None:
        """Wait until the first step has begun."""
        assert self._stepped.wait(6 * TIMEOUT)

    def _talk(self, server: Server, sock: socket.socket, _number: int) -> None:
        # After this timeout, a client that hangs fails its test.
        sock.settimeout(6 * TIMEOUT)
        visit = Visit(self, sock, server.stopping)
        try:
            self._step(visit)
            while visit.has_more():
                self._step(visit)
        finally:
            visit.close()

    def _step(self, visit: Visit) -> None:
        step = next(self.steps, Visit.accept)
        self._stepped.set()
        step(visit)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stack.close()
        self.bound.close()


@contextmanager
def collect(
    route: Route,
    steps: Iterable[Step],
    tls: Mapping[str, ssl.SSLContext],
    *,
    listens: bool = True,
) -> Generator[Collector, None, None]:
    """Run a collector that performs *steps*, and then accepts everything."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    port: int = bound.getsockname()[1]
    with Collector(route, iter(steps), tls, bound, port) as collector:
        if listens:
            collector.listen()
        yield collector
