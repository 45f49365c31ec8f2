"""
A connection and one exchange over it, by urllib3.

Imported at the first request only, for it brings urllib3, ssl and http.client
along.

Strategy: urllib3's connections are used without its pools. What a pool adds is
a queue whose lock a forked child may inherit locked, redirects and retries;
none of them is wanted here.
"""

from __future__ import annotations

import http.client
import importlib
import io
import math
import os
import ssl
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from jaeger_client._internal.frozen import Frozen
from jaeger_client._internal.http_client.connections import (
    PlainConnection,
    TlsConnection,
)
from jaeger_client._internal.http_client.failures import (
    FOREIGN_ERRORS,
    Stage,
    is_hang_up,
    map_error,
    refused_tunnel,
)
from jaeger_client._internal.http_client.response import MAX_ANSWER, HttpResponse
from jaeger_client.errors import SendError

if TYPE_CHECKING:
    import socket

    from _typeshed import WriteableBuffer
    from urllib3.response import BaseHTTPResponse

    from jaeger_client._internal.clock import Clock
    from jaeger_client._internal.http_client.options import HttpOptions
    from jaeger_client._internal.http_client.url import HttpUrl, Origin

# The codec for names, which connecting asks for: it is to be there before, for
# this module is imported where a fork waits (`fork.forks_wait`).
importlib.import_module("encodings.idna")

MAX_RAW_RESPONSE: Final = 16 * MAX_ANSWER
"""
Bytes that are read from the network for one response, framing included.

Enough for a body of `MAX_ANSWER` in chunks of one byte. Without this limit the
server decides: `http.client` reads a chunk of size -1 until the end of the
connection, and any number of trailers.
"""


_SUCCESS: Final = range(200, 300)


class Question(Frozen):
    """One request and how long to wait for its answer."""

    method: str
    url: HttpUrl
    body: bytes | None
    headers: Mapping[str, str]
    timeout: float
    proxy: HttpUrl | None = None

    @property
    def secret_headers(self) -> Mapping[str, str]:
        """Headers of the request and of the tunnel: errors hide their values."""
        if self.proxy is None or self.proxy.authorization is None:
            return self.headers
        return {**self.headers, "proxy-authorization": self.proxy.authorization}

    @property
    def target(self) -> str:
        """What the request line names; to a proxy without a tunnel the whole URL."""
        scheme, _, _ = self.url.origin
        if self.proxy is None or scheme == "https":
            return self.url.target
        return f"{scheme}://{self.url.authority}{self.url.target}"

    def __str__(self) -> str:
        proxy = "" if self.proxy is None else f" by the proxy {self.proxy}"
        return f"{self.method} {self.url}{proxy}"


class Connection:
    """
    One connection to *origin*, opened by its first question.

    Used by one thread at a time.
    """

    def __init__(
        self,
        origin: Origin,
        tls_context: ssl.SSLContext | None,
        clock: Clock,
        proxy: HttpUrl | None = None,
    ) -> None:
        self._origin = origin
        self._clock = clock
        self._stage = Stage.CONNECT
        self._limits = _Limits(clock)
        self.is_stale = False
        """
        Whether an earlier exchange had opened the connection, and the server ended
        it without a byte of an answer to the last request.
        """
        _, host, port = origin if proxy is None else proxy.origin
        self._http = (
            PlainConnection(host, port)
            if tls_context is None
            else TlsConnection(host, port, tls_context, origin[1])
        )

    @property
    def is_open(self) -> bool:
        """Whether the connection may be used again, as far as this end knows."""
        return self._http.is_open

    def can_be_used_for(self, origin: Origin) -> bool:
        """Return whether it leads to *origin* and the server has not closed it."""
        return origin == self._origin and self._http.is_idle

    def ask(self, question: Question) -> HttpResponse:
        """
        Send the request and read the answer.

        Raises:
            RefusedError: If nothing listens there.
            RetryableSendError: If the connection failed.
            SendError: If TLS or the answer is not as it must be.
        """
        is_reused = self.is_open
        self._limits = _Limits(self._clock)
        try:
            return self._exchange(question)
        except FOREIGN_ERRORS as exc:
            self.is_stale = is_reused and is_hang_up(exc) and not self._limits.received
            raise map_error(
                str(question),
                exc,
                self._stage,
                question.timeout,
                self._origin[2],
                sent_headers=question.secret_headers,
            ) from exc

    def release(self) -> None:
        """Close this process's descriptor only: no FIN, no TLS farewell."""
        sock: socket.socket | None = self._http.sock
        if sock is not None:
            with suppress(OSError):
                os.close(sock.detach())

    def close(self) -> None:
        """Close the connection. Idempotent."""
        self._http.close()

    def _exchange(self, question: Question) -> HttpResponse:
        self._http.timeout = self._http.connect_timeout = question.timeout
        if not self.is_open:
            self._open(question)
        self._stage = Stage.REQUEST
        try:
            self._send(question)
        except FOREIGN_ERRORS as exc:
            if not is_hang_up(exc):
                raise
            return self._read_early_answer(question, exc)
        self._stage = Stage.RESPONSE
        return self._read_answer(question)

    def _open(self, question: Question) -> None:
        self._stage = Stage.CONNECT
        if question.proxy is not None and question.url.origin[0] == "https":
            self._http.open_tunnel = partial(self._open_tunnel, question)
        try:
            self._http.connect()
        except FOREIGN_ERRORS:
            if self._http.has_connected and self._stage is Stage.CONNECT:
                self._stage = Stage.HANDSHAKE
            raise
        finally:
            # It would keep this object and the body alive.
            self._http.open_tunnel = None

    def _open_tunnel(self, question: Question, sock: socket.socket) -> None:
        self._stage = Stage.TUNNEL
        limits = _Limits(self._clock)
        limits.deadline = self._clock.monotonic() + question.timeout
        sock.sendall(_connect_request(question))
        readable = cast("socket.socket", _LimitedSocket(sock, limits))
        response = http.client.HTTPResponse(readable, method="CONNECT")
        try:
            response.begin()
        finally:
            # The reader only, at the end of the head: what follows is the tunnel.
            response.close()
        if response.status not in _SUCCESS:
            raise refused_tunnel(str(question), response.status)
        sock.settimeout(question.timeout)
        self._stage = Stage.HANDSHAKE

    def _send(self, question: Question) -> None:
        self._http.request(
            question.method,
            question.target,
            question.body,
            question.headers,
        )

    def _read_early_answer(
        self,
        question: Question,
        hang_up: Exception,
    ) -> HttpResponse:
        # A server that has seen enough answers and closes before it has read
        # the whole body (401, 413): its answer says more than the broken pipe.
        # So do an alert of TLS (a client certificate is required) and the first
        # frame of HTTP/2.
        try:
            answer = self._read_answer(question)
        except FOREIGN_ERRORS as exc:
            is_answer = isinstance(exc, (ssl.SSLError, http.client.BadStatusLine))
            raise exc if is_answer and not is_hang_up(exc) else hang_up from None
        self.close()
        return answer

    def _read_answer(self, question: Question) -> HttpResponse:
        limits = self._limits
        limits.deadline = self._clock.monotonic() + question.timeout

        def begin_response(
            sock: socket.socket,
            debuglevel: int = 0,
            method: str | None = None,
        ) -> http.client.HTTPResponse:
            readable = cast("socket.socket", _LimitedSocket(sock, limits))
            return http.client.HTTPResponse(readable, debuglevel, method)

        self._http.response_class = begin_response  # type: ignore[assignment]  # is only called
        with self._http.read_response(question.method) as response:
            body = _read_at_most(MAX_ANSWER + 1, response)
            if len(body) > MAX_ANSWER:
                self.close()
            return HttpResponse(
                status=response.status,
                headers={k.lower(): v for k, v in response.headers.items()},
                body=body[:MAX_ANSWER],
                is_truncated=len(body) > MAX_ANSWER,
                sent_headers=question.headers,
            )


def _connect_request(question: Question) -> bytes:
    authority = question.url.authority
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    if question.proxy is not None and question.proxy.authorization is not None:
        lines.append(f"Proxy-Authorization: {question.proxy.authorization}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def make_tls_context(options: HttpOptions) -> ssl.SSLContext:
    """
    Return what TLS is spoken with.

    Raises:
        SendError: If a file that *options* name cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=options.ca_file)
        context.set_alpn_protocols(["http/1.1"])
        if options.client_cert is not None:
            context.load_cert_chain(options.client_cert, options.client_key)
    except OSError as exc:
        files = [options.ca_file, options.client_cert, options.client_key]
        shown = ", ".join(repr(name) for name in files if name is not None)
        msg = f"the TLS files {shown} cannot be used: {exc}"
        raise SendError(msg) from exc
    if options.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _read_at_most(size: int, response: BaseHTTPResponse) -> bytes:
    # In a loop: urllib3 may return less than asked for, and says only by an
    # error at the next read that the body ended too soon.
    body = bytearray()
    while len(body) < size:
        chunk = response.read(size - len(body))
        if not chunk:
            break
        body += chunk
    return bytes(body)


class _Limits:
    """Limits on the time and the size of a response, and the bytes received."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.deadline = math.inf
        self.received = 0
        """Bytes of the response, framing included."""

    def seconds_left(self) -> float:
        """
        Return the time that the next read may take.

        Raises:
            TimeoutError: If none is left.
        """
        left = self.deadline - self._clock.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def count(self, size: int) -> None:
        """
        Count *size* bytes that were received.

        Raises:
            HTTPException: If there are more than `MAX_RAW_RESPONSE`.
        """
        self.received += size
        if self.received > MAX_RAW_RESPONSE:
            msg = f"the response has more than {MAX_RAW_RESPONSE} bytes"
            raise http.client.HTTPException(msg)


class _LimitedSocket:
    """
    The part of a socket that http.client uses, which is `makefile`.

    A socket's timeout counts for each read: a server that sends a byte now and
    then would hold the worker for hours.
    """

    def __init__(self, sock: socket.socket, limits: _Limits) -> None:
        self._sock = sock
        self._limits = limits

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return a reader that raises once a limit is exceeded."""
        raw = self._sock.makefile("rb", buffering=0)
        return io.BufferedReader(_LimitedReader(raw, self._sock, self._limits))


class _LimitedReader(io.RawIOBase):
    """Reads from *raw* within *limits*."""

    def __init__(
        self,
        raw: socket.SocketIO,
        sock: socket.socket,
        limits: _Limits,
    ) -> None:
        self._raw = raw
        self._sock = sock
        self._limits = limits

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        """Read what is there within the limits."""
        self._sock.settimeout(self._limits.seconds_left())
        size = self._raw.readinto(buffer)
        self._limits.count(size or 0)
        return size

    def close(self) -> None:
        """Give the socket back: it closes when its last reader does."""
        self._raw.close()
        super().close()
