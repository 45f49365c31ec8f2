"""
urllib3's connections, with our own way to connect.

What is used of urllib3 works the same in 1.26.18 and in 2: the connection over TCP,
its `request` without options, and the response. The response is constructed here,
because a connection of 1.26 returns that of http.client, which accepts a body that
ends too soon. TLS is begun here, because 1.26 changes the verification of the context
that it is given, and does not name an address to it.

Names are resolved by `resolver`. All addresses of a name share one timeout, so
that one that does not respond leaves time for the others.
"""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from urllib3._collections import HTTPHeaderDict
from urllib3.connection import HTTPConnection
from urllib3.response import HTTPResponse
from urllib3.util.wait import wait_for_read

from jaeger_client._internal.clock import SYSTEM_CLOCK
from jaeger_client._internal.http_client.options import DEFAULT_TIMEOUT
from jaeger_client._internal.resolver import resolve, socket_address

if TYPE_CHECKING:
    import ssl

_MIN_SHARE: Final = 1.0
"""
Seconds that an address gets at least, as long as the timeout lasts.

The kernel repeats a lost SYN after one second; with less, one of many addresses
would be given up for a single lost packet.
"""


class PlainConnection(HTTPConnection):
    """HTTP over TCP."""

    connect_timeout: float = DEFAULT_TIMEOUT
    """Seconds for all addresses of the host together, and again for TLS."""

    open_tunnel: Callable[[socket.socket], None] | None = None
    """Has the proxy that this connects to open a tunnel to the server."""

    has_connected = False
    """Whether there is a TCP connection, whatever came of TLS."""

    @property
    def is_open(self) -> bool:
        """Whether there is a socket, as far as this end knows connected."""
        return self.sock is not None

    @property
    def is_idle(self) -> bool:
        """Whether there is a socket, with neither data nor an end of file to read."""
        return self.sock is not None and not wait_for_read(self.sock, timeout=0.0)

    def read_response(self, method: str) -> HTTPResponse:
        """Return the response to a request with *method*; its body is not yet read."""
        response = http.client.HTTPConnection.getresponse(self)
        return HTTPResponse(
            body=response,
            headers=HTTPHeaderDict(response.headers.items()),
            status=response.status,
            preload_content=False,
            decode_content=False,
            original_response=response,
            enforce_content_length=True,
            request_method=method,
        )

    def _new_conn(self) -> socket.socket:
        sock = _connect(self)
        self.has_connected = True
        # A tunnel that fails leaves no socket.
        self.sock = sock
        if self.open_tunnel is not None:
            self.open_tunnel(sock)
        return sock


class TlsConnection(PlainConnection):
    """HTTP over TLS; certificates are checked against the name, not the address."""

    default_port = http.client.HTTPS_PORT  # type: ignore[misc]  # as in urllib3

    def __init__(
        self,
        host: str,
        port: int,
        context: ssl.SSLContext,
        server_name: str,
    ) -> None:
        super().__init__(host, port)
        self._context = context
        # Without the dot at its end, as urllib3's own `host`, and without the zone:
        # certificates are for addresses (RFC 6874, section 4).
        self._server_name = server_name.rstrip(".").partition("%")[0]

    def connect(self) -> None:
        """Connect over TCP, then do the TLS handshake."""
        super().connect()
        self.sock = self._context.wrap_socket(
            self.sock, server_hostname=self._server_name
        )


def _connect(connection: PlainConnection) -> socket.socket:
    """
    Return a socket to the first of the host's addresses that accepts the connection.

    Raises:
        OSError: If none does: a timeout if there was one, for it may pass where a
            refusal is final, or else the error of the first address.
    """
    addresses = resolve(connection.host, connection.port)
    deadline = SYSTEM_CLOCK.monotonic() + connection.connect_timeout
    errors = list[OSError]()
    for index, (family, address) in enumerate(addresses):
        left = deadline - SYSTEM_CLOCK.monotonic()
        if left <= 0:
            errors.append(TimeoutError())
            break
        share = min(left, max(left / (len(addresses) - index), _MIN_SHARE))
        try:
            return _connect_to(connection, family, address, share)
        except OSError as exc:
            errors.append(exc)
    timeouts = [error for error in errors if isinstance(error, TimeoutError)]
    try:
        raise (timeouts or errors)[0]
    finally:
        # Each error holds this frame by its traceback, which would hold the error.
        del errors, timeouts


def _connect_to(
    connection: PlainConnection,
    family: int,
    address: str,
    timeout: float,
) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        for option in connection.socket_options or ():
            sock.setsockopt(*option)
        sock.settimeout(timeout)
        sock.connect(socket_address(address, connection.port))
        sock.settimeout(connection.connect_timeout)  # for the handshake
    except BaseException:
        sock.close()
        raise
    return sock
