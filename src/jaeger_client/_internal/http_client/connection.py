"""
One connection, and one exchange over it at a time, with urllib3.

Imported at the first request only, because it imports urllib3, ssl and http.client.

urllib3 writes the request and reads the body, through interfaces that are the same in
1.26.18 and 2. Everything else is done here:

- Connection pools are not used. They follow redirects, retry, and have a queue whose
  lock a forked child may inherit locked.
- The module `sockets` connects: forks wait while it resolves a name.
- TLS is started here, because 1.26 changes the verification mode of the context passed
  to it, and omits the server name from the handshake if it is an address.
- The response is read through a reader that enforces a deadline and a maximum size.
"""

from __future__ import annotations

import http.client
import importlib
import io
import os
import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Final, cast

from urllib3._collections import HTTPHeaderDict
from urllib3.connection import HTTPConnection
from urllib3.response import HTTPResponse
from urllib3.util.wait import wait_for_read

from jaeger_client._internal.clock import Clock
from jaeger_client._internal.http_client.failures import (
    FOREIGN_ERRORS,
    Stage,
    is_hang_up,
    map_error,
    refused_tunnel,
)
from jaeger_client._internal.http_client.messages import (
    MAX_BODY,
    SUCCESS,
    HttpResponse,
    HttpUrl,
    Origin,
    Request,
)
from jaeger_client._internal.sockets import connect_tcp
from jaeger_client.errors import SendError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from jaeger_client._internal.http_client.options import HttpOptions

# Connecting uses this codec for host names. It is imported here, because this module is
# imported while forks wait (`fork.forks_wait`).
importlib.import_module("encodings.idna")

MAX_RAW_RESPONSE: Final = 16 * MAX_BODY
"""
Maximum number of bytes read from the network for one response, framing included.

Enough for a body of `MAX_BODY` in chunks of one byte. Without this limit a server could
send without end: `http.client` reads a chunk of size -1 until the end of the
connection, and any number of trailers.
"""


_OK: Final = 200
_INFORMATIONAL: Final = range(102, 200)
"""Informational statuses that http.client returns; it skips 100, and 101 is final."""

_HTTP: Final = "HTTP/"
"""Beginning of a status line."""


class Connection:
    """
    One connection to *origin*, opened by its first request.

    Used by one thread at a time.
    """

    def __init__(
        self,
        origin: Origin,
        clock: Clock,
        tls: ssl.SSLContext | None = None,
        proxy: HttpUrl | None = None,
    ) -> None:
        self._origin = origin
        self._peer = origin if proxy is None else proxy.origin
        self._clock = clock
        self._tls = tls
        self._socket: socket.socket | None = None
        self._reader: _LimitedReader | None = None
        """Reads the response to the last request."""
        self._stage = Stage.CONNECT
        self.is_stale = False
        """
        Whether an earlier exchange had opened the connection, and the server ended it
        without a byte of a response to the last request.
        """

    @property
    def is_open(self) -> bool:
        """Whether the connection may be used again, as far as this end knows."""
        return self._socket is not None

    def can_be_used_for(self, origin: Origin) -> bool:
        """Return whether it is open, to *origin*, and not closed by the server."""
        if self._socket is None or origin != self._origin:
            return False
        return not wait_for_read(self._socket, timeout=0.0)

    def exchange(self, request: Request) -> HttpResponse:
        """
        Send *request* and read the response.

        Raises:
            RefusedError: If nothing listens there.
            RetryableSendError: If the connection failed.
            SendError: If TLS or the response violates its protocol.
        """
        is_reused = self.is_open
        self._reader = None
        try:
            return self._exchange(request, self._open(request))
        except FOREIGN_ERRORS as exc:
            self.is_stale = is_reused and is_hang_up(exc) and not self._received
            error = map_error(request, exc, self._stage)
            error.__cause__ = exc if isinstance(exc, OSError) else None
        # Not in the handler, which would set `exc` as the context: an error of
        # http.client quotes text of the server, which may contain the credentials.
        try:
            raise error
        finally:
            # Break a reference cycle: the traceback refers to this frame.
            del error

    def release(self) -> None:
        """Close the descriptor of this process only: no FIN, no TLS close_notify."""
        sock = self._socket
        if sock is not None:
            with suppress(OSError):
                os.close(sock.detach())

    def close(self) -> None:
        """Close the connection. Idempotent."""
        sock, self._socket = self._socket, None
        if sock is not None:
            sock.close()

    @property
    def _received(self) -> int:
        return 0 if self._reader is None else self._reader.received

    def _timeout_of(self, request: Request) -> float:
        """Return how many seconds the next stage of *request* may take."""
        timeout = min(request.timeout, request.deadline - self._clock.monotonic())
        if timeout <= 0:
            raise TimeoutError
        return timeout

    def _open(self, request: Request) -> socket.socket:
        if self._socket is not None:
            return self._socket
        self._stage = Stage.CONNECT
        _, host, port = self._peer
        timeout = self._timeout_of(request)
        sock = self._socket = connect_tcp(host.rstrip("."), port, timeout)
        if request.has_tunnel:
            self._stage = Stage.TUNNEL
            self._open_tunnel(request, sock)
        if self._tls is not None:
            self._stage = Stage.HANDSHAKE
            sock.settimeout(self._timeout_of(request))
            # Certificates contain names without a final dot, and addresses without a
            # zone (RFC 6874, section 4).
            name = self._origin[1].rstrip(".").partition("%")[0]
            sock = self._socket = self._tls.wrap_socket(sock, server_hostname=name)
        return sock

    def _open_tunnel(self, request: Request, sock: socket.socket) -> None:
        sock.settimeout(self._timeout_of(request))
        sock.sendall(_connect_request(request))
        reader = _LimitedReader(sock, self._clock, self._timeout_of(request))
        head = reader.response_to("CONNECT")
        try:
            _read_head(head, reader)
        finally:
            # Closes the reader only; the socket stays open for the tunnel.
            head.close()
        if head.status not in SUCCESS:
            raise refused_tunnel(request, head.status)

    def _exchange(self, request: Request, sock: socket.socket) -> HttpResponse:
        self._stage = Stage.REQUEST
        try:
            self._send(request, sock)
        except FOREIGN_ERRORS as exc:
            if not is_hang_up(exc):
                raise
            return self._read_early_response(request, sock, exc)
        self._stage = Stage.RESPONSE
        return self._read_response(request, sock)

    def _send(self, request: Request, sock: socket.socket) -> None:
        _, host, port = self._peer
        writer = HTTPConnection(host, port, timeout=request.timeout)
        writer.sock = sock
        sock.settimeout(self._timeout_of(request))
        headers = {"host": request.host, **request.headers}
        writer.request(request.method, request.target, request.body, headers)

    def _read_early_response(
        self, request: Request, sock: socket.socket, hang_up: Exception
    ) -> HttpResponse:
        # A server may respond (401, 413) and close before it has read the whole body.
        # The response explains the failure better than the broken pipe does. The same
        # applies to a TLS alert (a client certificate is required) and to the first
        # frame of HTTP/2.
        try:
            response = self._read_response(request, sock)
        except FOREIGN_ERRORS as exc:
            is_response = isinstance(exc, (ssl.SSLError, http.client.BadStatusLine))
            raise exc if is_response and not is_hang_up(exc) else hang_up from None
        self.close()
        return response

    def _read_response(self, request: Request, sock: socket.socket) -> HttpResponse:
        timeout = self._timeout_of(request)
        self._reader = _LimitedReader(sock, self._clock, timeout)
        head = self._reader.response_to(request.method)
        try:
            _read_head(head, self._reader)
            body = _read_body(head, request.method)
        finally:
            head.close()
        if head.will_close or head.status < _OK or len(body) > MAX_BODY:
            self.close()
        return HttpResponse(
            request,
            status=head.status,
            headers={name.lower(): text for name, text in head.headers.items()},
            body=body[:MAX_BODY],
            is_truncated=len(body) > MAX_BODY,
        )


class _TlsSocket(ssl.SSLSocket):
    """
    A socket that `wrap_socket` closes whenever it fails.

    Up to Python 3.12 the standard one stays open if the server has reset the connection
    before the handshake, and is closed later with a ResourceWarning.
    """

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Receive up to *buflen* bytes; called by `wrap_socket` only."""
        try:
            return super().recv(buflen, flags)
        except ConnectionResetError:
            self.close()
            raise


def make_tls_context(options: HttpOptions) -> ssl.SSLContext:
    """
    Return the TLS context for *options*.

    Raises:
        SendError: If a file that *options* name cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=options.ca_file)
        context.sslsocket_class = _TlsSocket
        context.set_alpn_protocols(["http/1.1"])
        if options.client_cert is not None:
            context.load_cert_chain(
                options.client_cert, options.client_key, _no_password
            )
    except OSError as exc:
        files = [options.ca_file, options.client_cert, options.client_key]
        shown = ", ".join(repr(name) for name in files if name is not None)
        msg = f"the TLS files {shown} cannot be used: {exc}"
        raise SendError(msg) from exc
    if options.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _no_password() -> str:
    # Called for an encrypted key. Without it, OpenSSL would prompt for the password on
    # the terminal and wait.
    msg = "the key is encrypted, which is not supported"
    raise OSError(msg)


def _connect_request(request: Request) -> bytes:
    authority = request.url.authority
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    if request.proxy is not None and request.proxy.authorization is not None:
        lines.append(f"Proxy-Authorization: {request.proxy.authorization}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def _read_head(head: http.client.HTTPResponse, reader: _LimitedReader) -> None:
    """
    Read the head of the final response.

    http.client skips 100, but returns other informational responses; the final response
    would then be read as the one to the next request. If the connection ends within
    the head, http.client accepts the incomplete head or reports it as invalid.

    Raises:
        IncompleteRead: If the connection ended within the head.
    """
    try:
        head.begin()
        while head.status in _INFORMATIONAL and not reader.has_ended:
            # begin() does nothing if there are headers already.
            head.headers = cast("http.client.HTTPMessage", None)
            head.begin()
    except http.client.BadStatusLine as exc:
        if not (reader.has_ended and _begins_status_line(str(exc))):
            raise
    if reader.has_ended:
        raise http.client.IncompleteRead(partial=b"")


def _begins_status_line(line: str) -> bool:
    return line.startswith(_HTTP) or _HTTP.startswith(line)


def _read_body(head: http.client.HTTPResponse, method: str) -> bytes:
    """
    Return the body, but no more than `MAX_BODY` + 1 bytes of it.

    urllib3 reads it, because http.client accepts a body that ends too early.
    """
    reader = HTTPResponse(
        body=head,
        headers=HTTPHeaderDict(head.headers.items()),
        status=head.status,
        preload_content=False,
        decode_content=False,
        original_response=head,
        enforce_content_length=True,
        request_method=method,
    )
    # In a loop, because one call may return less than requested, and only the next one
    # raises the error for a body that ended too early.
    body = bytearray()
    while len(body) <= MAX_BODY:
        chunk = reader.read(MAX_BODY + 1 - len(body))
        if not chunk:
            break
        body += chunk
    return bytes(body)


class _LimitedReader(io.RawIOBase):
    """
    Reads a response from *sock*, up to a deadline and `MAX_RAW_RESPONSE` bytes.

    The timeout of a socket applies to each read: a server that sends a byte now and
    then would block the worker for hours.
    """

    def __init__(self, sock: socket.socket, clock: Clock, timeout: float) -> None:
        self._socket = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._clock = clock
        self._deadline = clock.monotonic() + timeout
        self.received = 0
        """Bytes of the response, framing included."""
        self.has_ended = False
        """Whether the end of the connection was read."""

    def response_to(self, method: str) -> http.client.HTTPResponse:
        """Return the response to a request with *method*; nothing is read yet."""
        # HTTPResponse calls no method of the socket but makefile().
        return http.client.HTTPResponse(cast("socket.socket", self), method=method)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return a buffered reader."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read what is available within the limits."""
        left = self._deadline - self._clock.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        size = self._raw.readinto(buffer) or 0
        self.received += size
        self.has_ended = not size
        if self.received > MAX_RAW_RESPONSE:
            msg = f"the response has more than {MAX_RAW_RESPONSE} bytes"
            raise http.client.HTTPException(msg)
        return size

    def close(self) -> None:
        """Release the socket, which is closed when all its readers are closed."""
        self._raw.close()
        super().close()
