"""
How collectors misbehave, and what happens to the spans of the request.

A `Behaviour` is a step of a script (see `collectors`) and the fate of the spans whose
request meets it.
"""

from __future__ import annotations

import enum
import gzip
from dataclasses import dataclass
from typing import Final

from tests.integration.collectors import Route, Step, Visit
from tests.integration.http_servers import make_response

INTERVAL: Final = 0.02
"""Seconds between the bytes of a response that trickles."""


class Fate(enum.Enum):
    """What happens to the spans of a request."""

    ACCEPTED = "accepted"
    """They are counted as sent."""
    RETRIED = "again"
    """Their batch is sent again."""
    LOST = "lost"
    """They are counted as lost, by the cause `send_failed`."""
    RETRIED_BY_OTLP = "again by OTLP"
    """Over OTLP they are sent again, over Thrift and Zipkin they are lost."""

    def of(self, route: Route) -> Fate:
        """Return the fate on *route*."""
        if self is Fate.RETRIED_BY_OTLP:
            return Fate.RETRIED if route.is_otlp else Fate.LOST
        return self


@dataclass(frozen=True)
class Behaviour:
    """One kind of misbehaviour."""

    fate: Fate
    step: Step
    """What the collector does with the request that fails."""
    is_read: bool = True
    """Whether the collector decodes the spans of that request, unless accepted."""
    is_on_reuse: bool = False
    """Whether the failing request is the second one over its connection."""
    tls: bool | None = None
    """Whether it applies only to routes with TLS, or only to those without."""
    remedy: str = "JAEGER_ENDPOINT"
    """A part of the log line."""
    is_logged: bool = True
    """Whether the failure is logged."""
    is_refused: bool = False
    """Whether the connection is refused; then there is no step."""

    def applies_to(self, route: Route) -> bool:
        """Return whether it applies to *route*."""
        return self.tls is None or self.tls is route.is_tls


def does_nothing(_visit: Visit) -> None:
    """Take no step."""


def refuses(status: int, body: bytes = b"", **headers: str) -> Step:
    """Respond with *status*; `_` in the names of *headers* is written as `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda visit: visit.refuse(make_response(status, body, named))


def responds(response: bytes) -> Step:
    """Read a request, respond with *response*, close the connection."""

    def step(visit: Visit) -> None:
        visit.refuse(response)
        visit.is_over = True

    return step


def accepts(response: bytes, *, closes: bool = False) -> Step:
    """Accept a request with *response*."""

    def step(visit: Visit) -> None:
        visit.is_over = closes
        visit.accept(response)

    return step


def streams(beginning: bytes, rest: bytes) -> Step:
    """Respond with *beginning*, then repeat *rest* without end."""

    def step(visit: Visit) -> None:
        visit.refuse(beginning)
        visit.is_over = True
        while not visit.stopping.is_set():
            visit.sock.sendall(rest)

    return step


def accepts_without_end(visit: Visit) -> None:
    """Accept a request with a body that does not end."""
    visit.is_over = True
    visit.accept(b"HTTP/1.1 200 OK\r\n\r\n")
    while not visit.stopping.is_set():
        visit.sock.sendall(bytes(65_536))


def trickles(beginning: bytes, byte: bytes) -> Step:
    """Respond with *beginning*, then send a byte now and then."""

    def step(visit: Visit) -> None:
        visit.refuse(beginning)
        visit.is_over = True
        while not visit.stopping.wait(INTERVAL):
            visit.sock.sendall(byte)

    return step


def resets_at_once(visit: Visit) -> None:
    """Reset a new connection."""
    visit.reset()


def resets_after_handshake(visit: Visit) -> None:
    """Reset the connection before a byte of the request is read."""
    visit.start_tls()
    visit.reset()


def resets_in_body(visit: Visit) -> None:
    """Reset the connection after the head of the request and a part of its body."""
    while visit.reader.readline() != b"\r\n":
        pass
    visit.reader.read(10)
    visit.reset()


def resets_after(response: bytes) -> Step:
    """Read a request, respond with *response*, reset the connection."""

    def step(visit: Visit) -> None:
        visit.refuse(response)
        visit.reset()

    return step


def stays_silent(visit: Visit) -> None:
    """Read a request and never respond."""
    visit.refuse(b"")
    visit.is_over = True
    visit.stopping.wait()


def reads_nothing(visit: Visit) -> None:
    """Accept the connection and do nothing, not even the TLS handshake."""
    visit.is_over = True
    visit.stopping.wait()


def shows_certificate(certificate: str) -> Step:
    """Perform the TLS handshake with a certificate that the client cannot trust."""

    def step(visit: Visit) -> None:
        visit.start_tls(certificate)

    return step


def responds_in_plain_text(visit: Visit) -> None:
    """Respond in plain text to the first message of a TLS handshake."""
    visit.sock.recv(65_536)
    visit.sock.sendall(make_response(400, b"this is no HTTP request"))
    visit.is_over = True


_A, _L, _R, _O = Fate.ACCEPTED, Fate.LOST, Fate.RETRIED, Fate.RETRIED_BY_OTLP
_OK = make_response(200, b"0123456789")
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_PAGE = make_response(200, b"<!doctype html>", {"Content-Type": "text/html"})
_BOMB = make_response(
    200, gzip.compress(bytes(1 << 26), compresslevel=1), {"Content-Encoding": "gzip"}
)

BEHAVIOURS: Final = {
    "connection refused": Behaviour(
        _O, does_nothing, is_read=False, is_refused=True, remedy="connection refused"
    ),
    # Success, in unusual ways.
    "accepts and closes": Behaviour(_A, accepts(_OK, closes=True)),
    "204": Behaviour(_A, accepts(b"HTTP/1.1 204 No Content\r\n\r\n")),
    "HTTP/1.0": Behaviour(_A, accepts(b"HTTP/1.0 200 OK\r\n\r\nok", closes=True)),
    "100 before 200": Behaviour(_A, accepts(b"HTTP/1.1 100 Continue\r\n\r\n" + _OK)),
    "103 before 200": Behaviour(
        _A, accepts(b"HTTP/1.1 103 Hints\r\nA: b\r\n\r\n" + _OK)
    ),
    "102, 102 before 200": Behaviour(_A, accepts(2 * b"HTTP/1.1 102 -\r\n\r\n" + _OK)),
    "more than a response": Behaviour(_A, accepts(_OK + b"HTTP/1.1 500 No\r\n\r\n")),
    "endless body of 200": Behaviour(_A, accepts_without_end),
    "gzip bomb": Behaviour(_A, accepts(_BOMB)),
    # Failures, by status.
    **{
        f"{status}": Behaviour(_L, refuses(status, b"the reason"))
        for status in (400, 401, 403, 404, 405, 413, 500, 501, 505)
    },
    "101": Behaviour(_L, responds(b"HTTP/1.1 101 Switching\r\n\r\n")),
    "redirect to itself": Behaviour(_L, refuses(308, Location="/v1/traces")),
    "redirect to a relative path": Behaviour(_L, refuses(302, Location="elsewhere")),
    "redirect to another host": Behaviour(
        _L, refuses(307, Location="http://192.0.2.1/v1/traces")
    ),
    "web page": Behaviour(_L, responds(_PAGE), remedy="port 14268"),
    "endless body of 500": Behaviour(
        _L, streams(b"HTTP/1.1 500 No\r\n\r\n", b"\r\nno" * 9_999)
    ),
    # Failures that OTLP specifies as temporary.
    **{
        f"{status}": Behaviour(_O, refuses(status, b"the reason"))
        for status in (429, 502, 503, 504)
    },
    **{
        f"503, Retry-After: {delay}": Behaviour(_O, refuses(503, Retry_After=delay))
        for delay in ("0", "-5", "soon", "1e9", "Fri, 31 Dec 1999 23:59:59 GMT")
    },
    # Responses that are not HTTP.
    "SSH": Behaviour(_L, responds(b"SSH-2.0-OpenSSH_9.2\r\n")),
    "binary": Behaviour(_L, responds(bytes(range(256)))),
    "HTTP/2": Behaviour(_L, responds(b"\0\0\x12\4\0\0\0\0\0"), remedy="for gRPC"),
    "status of five digits": Behaviour(_L, responds(b"HTTP/1.1 99999 X\r\n\r\n")),
    "two lengths": Behaviour(
        _L, responds(b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nabcde")
    ),
    "endless headers": Behaviour(_L, streams(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n")),
    "endless header": Behaviour(_L, streams(b"HTTP/1.1 200 OK\r\na: ", b"b" * 4_096)),
    # Connections that break.
    "resets at once": Behaviour(_R, resets_at_once, is_read=False),
    "resets before the request": Behaviour(_R, resets_after_handshake, is_read=False),
    "resets in the request": Behaviour(_R, resets_in_body, is_read=False),
    "resets after the request": Behaviour(_R, resets_after(b"")),
    "closes after the request": Behaviour(_R, responds(b"")),
    "resets in the status line": Behaviour(_R, resets_after(b"HTTP/1.1 2")),
    "closes in the status line": Behaviour(_R, responds(b"HTTP/1.1 200")),
    "resets in the headers": Behaviour(_R, resets_after(_OK[:32])),
    "closes in the headers": Behaviour(_R, responds(_OK[:32])),
    "resets in the response": Behaviour(_R, resets_after(_OK[:-5])),
    "closes in the response": Behaviour(_R, responds(_OK[:-5])),
    "closes in a chunk": Behaviour(_R, responds(_CHUNKED + b"9\r\nabc")),
    "closes a reused connection": Behaviour(
        _R, responds(b""), is_on_reuse=True, is_logged=False
    ),
    "resets a reused connection": Behaviour(
        _R, resets_after(b""), is_on_reuse=True, is_logged=False
    ),
    "resets a reused connection in the response": Behaviour(
        _R, resets_after(_OK[:32]), is_on_reuse=True
    ),
    # TLS.
    "unknown authority": Behaviour(
        _L, shows_certificate("unknown"), is_read=False, tls=True, remedy="ca_file"
    ),
    "another name": Behaviour(
        _L, shows_certificate("misnamed"), is_read=False, tls=True, remedy="not valid"
    ),
    "expired certificate": Behaviour(
        _L, shows_certificate("expired"), is_read=False, tls=True, remedy="has expired"
    ),
    "plain text on the port of TLS": Behaviour(
        _L, responds_in_plain_text, is_read=False, tls=True, remedy="use http://"
    ),
    "TLS on the port of plain text": Behaviour(
        _L, responds(b"\x15\3\1\0\2\2\x46"), tls=False, remedy="use https://"
    ),
}
"""Each misbehaves immediately."""

SLOW_BEHAVIOURS: Final = {
    "never responds": Behaviour(_R, stays_silent),
    "never reads": Behaviour(_R, reads_nothing, is_read=False),
    "trickles a status line": Behaviour(_R, trickles(b"HTTP/1.1 200 ", b"a")),
    "trickles headers": Behaviour(_R, trickles(_OK[:32], b"a")),
    "trickles a body": Behaviour(
        _R, trickles(make_response(200, headers={"Content-Length": "9999"}), b"a")
    ),
    "trickles a chunked body": Behaviour(_R, trickles(_CHUNKED + b"FFFF\r\n", b"a")),
}
"""Each lasts until the client's timeout. "never reads" stalls the TLS handshake."""
