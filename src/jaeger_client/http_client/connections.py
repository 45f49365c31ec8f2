"""
urllib3's connections, with our own way to connect.

Names are resolved by `resolver`. All addresses of a name share one timeout, so
that one that does not respond leaves time for the others.
"""

from __future__ import annotations

import socket
from typing import Final

from urllib3.connection import HTTPConnection, HTTPSConnection

from jaeger_client.clock import SYSTEM_CLOCK
from jaeger_client.http_client.options import DEFAULT_TIMEOUT
from jaeger_client.resolver import resolve, socket_address

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

    has_connected = False
    """Whether there is a TCP connection, whatever came of TLS."""

    def _new_conn(self) -> socket.socket:
        sock = _connect(self)
        self.has_connected = True
        return sock


class TlsConnection(PlainConnection, HTTPSConnection):
    """HTTP over TLS; certificates are checked against the name, not the address."""


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
