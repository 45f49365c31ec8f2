"""
A connection, one exchange over it, and what can go wrong: urllib3 lives here.

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
import os
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final, cast

import urllib3.exceptions

from jaeger_client.errors import RefusedError, RetryableSendError, SendError
from jaeger_client.frozen import Frozen
from jaeger_client.http_client.connections import PlainConnection, TlsConnection
from jaeger_client.http_client.response import MAX_ANSWER, HttpResponse

if TYPE_CHECKING:
    import socket

    from _typeshed import WriteableBuffer
    from urllib3.response import BaseHTTPResponse

    from jaeger_client.clock import Clock
    from jaeger_client.http_client.options import HttpOptions
    from jaeger_client.http_client.url import HttpUrl, Origin

# The codec for names, which connecting asks for: it is to be there before, for
# this module is imported where a fork waits (`fork.forks_wait`).
importlib.import_module("encodings.idna")

FOREIGN_ERRORS: Final = (
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    UnicodeError,  # a host name that IDNA cannot encode
)
"""Everything an exchange may raise."""

_RETRYABLE: Final = (
    urllib3.exceptions.ProtocolError,
    urllib3.exceptions.TimeoutError,
    OSError,
)


class Question(Frozen):
    """One request and how long to wait for its answer."""

    method: str
    url: HttpUrl
    body: bytes | None
    headers: Mapping[str, str]
    timeout: float

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


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
    ) -> None:
        self._origin = origin
        self._clock = clock
        scheme, host, port = origin
        self._http = (
            TlsConnection(host, port, ssl_context=tls_context)
            if scheme == "https"
            else PlainConnection(host, port)
        )

    @property
    def is_open(self) -> bool:
        """Whether the connection may be used again, as far as this end knows."""
        return not self._http.is_closed

    def can_be_used_for(self, origin: Origin) -> bool:
        """Return whether it leads to *origin* and the server has not closed it."""
        return origin == self._origin and self._http.is_connected

    def ask(self, question: Question) -> HttpResponse:
        """
        Send the request and read the answer.

        Raises:
            OSError, HTTPException, HTTPError: See `FOREIGN_ERRORS`.
        """
        self._http.timeout = question.timeout
        # A server that has seen enough answers and closes before it has read
        # the whole body (401, 413): its answer says more than the broken pipe.
        with suppress(BrokenPipeError, ConnectionResetError):
            self._http.request(
                question.method,
                question.url.target,
                question.body,
                question.headers,
                preload_content=False,
                decode_content=False,
            )
        return self._read_answer(self._clock.monotonic() + question.timeout)

    def release(self) -> None:
        """Close this process's descriptor only: no FIN, no TLS farewell."""
        sock: socket.socket | None = self._http.sock
        if sock is not None:
            with suppress(OSError):
                os.close(sock.detach())

    def close(self) -> None:
        """Close the connection. Idempotent."""
        self._http.close()

    def _read_answer(self, deadline: float) -> HttpResponse:
        def begin_response(
            sock: socket.socket,
            debuglevel: int = 0,
            method: str | None = None,
        ) -> http.client.HTTPResponse:
            limited = _SocketWithDeadline(sock, deadline, self._clock)
            readable = cast("socket.socket", limited)
            return http.client.HTTPResponse(readable, debuglevel, method)

        self._http.response_class = begin_response  # type: ignore[assignment]  # is only called
        with self._http.getresponse() as response:
            body = _read_at_most(MAX_ANSWER + 1, response)
            if len(body) > MAX_ANSWER:
                self.close()
            return HttpResponse(
                status=response.status,
                headers={k.lower(): v for k, v in response.headers.items()},
                body=body[:MAX_ANSWER],
                is_truncated=len(body) > MAX_ANSWER,
            )


def make_tls_context(options: HttpOptions) -> ssl.SSLContext:
    """
    Return what TLS is spoken with.

    Raises:
        SendError: If a file that *options* name cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=options.ca_file)
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


def map_error(question: Question, error: BaseException) -> SendError:
    """Return the error of our tree that stands for *error*."""
    cause = _innermost(error)
    if isinstance(cause, ConnectionRefusedError):
        return RefusedError(f"{question} failed: connection refused")
    message = f"{question} failed: {_describe(cause, question.timeout)}"
    is_permanent = isinstance(cause, ssl.SSLError) or not isinstance(error, _RETRYABLE)
    return SendError(message) if is_permanent else RetryableSendError(message)


def _innermost(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _describe(cause: BaseException, timeout: float) -> str:
    if isinstance(cause, (TimeoutError, urllib3.exceptions.TimeoutError)):
        return f"no answer within {timeout:g} s"
    return f"{type(cause).__name__}: {cause}"


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


class _SocketWithDeadline:
    """
    What http.client needs of a socket, which is `makefile`.

    A socket's timeout counts for each read: a server that sends a byte now and
    then would hold the worker for hours.
    """

    def __init__(self, sock: socket.socket, deadline: float, clock: Clock) -> None:
        self._sock = sock
        self._deadline = deadline
        self._clock = clock

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return a reader that raises `TimeoutError` after the deadline."""
        raw = self._sock.makefile("rb", buffering=0)
        return io.BufferedReader(
            _RawWithDeadline(raw, self._sock, self._deadline, self._clock),
        )


class _RawWithDeadline(io.RawIOBase):
    """Reads from *raw* and gives each read the time that is left."""

    def __init__(
        self,
        raw: socket.SocketIO,
        sock: socket.socket,
        deadline: float,
        clock: Clock,
    ) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline
        self._clock = clock

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        """Read what is there within the time that is left."""
        left = self._deadline - self._clock.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Give the socket back: it closes when its last reader does."""
        self._raw.close()
        super().close()
