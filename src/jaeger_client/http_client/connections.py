"""urllib3's connections, with names resolved in our way; see `resolver`."""

from __future__ import annotations

import socket
from contextlib import suppress

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.connection import create_connection

from jaeger_client.resolver import resolve


class PlainConnection(HTTPConnection):
    """HTTP over TCP."""

    def _new_conn(self) -> socket.socket:
        return _connect(self)


class TlsConnection(HTTPSConnection):
    """HTTP over TLS; certificates are checked against the name, not the address."""

    def _new_conn(self) -> socket.socket:
        return _connect(self)


def _connect(connection: HTTPConnection) -> socket.socket:
    """
    Return a socket to the first of the host's addresses that takes the connection.

    Raises:
        OSError: If none does; the last one's error.
    """
    *others, last = resolve(connection.host, connection.port)
    for _, address in others:
        with suppress(OSError):
            return _connect_to(connection, address)
    return _connect_to(connection, last[1])


def _connect_to(connection: HTTPConnection, address: str) -> socket.socket:
    return create_connection(
        (address, connection.port),
        connection.timeout,
        socket_options=connection.socket_options,
    )
