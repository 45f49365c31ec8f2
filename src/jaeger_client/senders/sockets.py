"""The machine's own UDP sockets; nowhere else in the UDP sender are any made."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import Final

from jaeger_client._internal.resolver import socket_address

# How long a send may wait for room in this machine's own buffers: a full
# datagram takes 52 ms over a line of 10 Mbit/s.
_SEND_TIMEOUT: Final = 0.25


def connect(family: int, host: str, port: int, *, buffer_size: int) -> SystemSocket:
    """
    Return a socket that sends there, up to *buffer_size* bytes at once.

    Raises:
        OSError: If there is no way there.
    """
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.settimeout(_SEND_TIMEOUT)
        _enlarge_buffer(sock, buffer_size)
        sock.connect(socket_address(host, port))
    except OSError:
        sock.close()
        raise
    return SystemSocket(sock)


class SystemSocket:
    """A `network.DatagramSocket` of the machine; see there."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def send(self, datagram: bytes) -> None:
        """Hand *datagram* to the kernel."""
        self._socket.send(datagram)

    def check_error(self) -> None:
        """Raise what became of an earlier datagram, if it was refused."""
        # On loopback the refusal is there when `send` returns, so it is known
        # of the very datagram that was refused and not with the next only.
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))

    def close(self) -> None:
        """Close the socket. Idempotent."""
        self._socket.close()


def _enlarge_buffer(sock: socket.socket, size: int) -> None:
    # On macOS the send buffer is the most that a datagram may have, and is
    # 9,216 bytes by default. Where it cannot be had, EMSGSIZE teaches the sender.
    with suppress(OSError):
        if sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) < size:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
