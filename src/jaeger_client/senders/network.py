"""
What the UDP sender needs of the network, as a small interface.

Here, and nowhere else in the sender, sockets are made; tests pass a network of
their own in.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Protocol

from jaeger_client.frozen import Frozen
from jaeger_client.resolver import resolve
from jaeger_client.senders.backlog import read_backlog

# How long a send may wait for room in this machine's own buffers: a full
# datagram takes 52 ms over a line of 10 Mbit/s.
_SEND_TIMEOUT: Final = 0.25


class Address(Frozen):
    """Where a name leads: one address of one family."""

    family: int
    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether the address is this machine itself."""
        return self.host == "::1" or self.host.startswith("127.")

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class DatagramSocket(Protocol):
    """A socket connected to one address. Used by one thread at a time."""

    def send(self, datagram: bytes) -> None:
        """
        Hand *datagram* to the kernel.

        Raises:
            OSError: If the kernel did not take it, or an earlier one was refused.
        """
        ...

    def check_error(self) -> None:
        """
        Ask whether a datagram was refused.

        Raises:
            OSError: If one was.
        """
        ...

    def close(self) -> None:
        """Close the socket. Idempotent."""
        ...


class Network(Protocol):
    """Finds names and opens sockets."""

    def resolve(self, host: str, port: int) -> Sequence[Address]:
        """
        Return the addresses of *host*, the best first.

        Raises:
            OSError, UnicodeError: If there is none.
        """
        ...

    def connect(self, address: Address, *, buffer_size: int) -> DatagramSocket:
        """
        Return a socket that sends to *address* up to *buffer_size* bytes at once.

        Raises:
            OSError: If there is no way there.
        """
        ...

    def backlog(self, address: Address) -> int:
        """Return how many bytes wait unread at *address*, 0 if nobody knows."""
        ...


class SystemNetwork:
    """The machine's own resolver and sockets."""

    __slots__ = ()

    def resolve(self, host: str, port: int) -> Sequence[Address]:
        """Look the name up; IPv4 first, as agents listen there."""
        found = resolve(host, port)
        return [Address(int(family), address, port) for family, address in found]

    def connect(self, address: Address, *, buffer_size: int) -> DatagramSocket:
        """Open a UDP socket."""
        sock = socket.socket(address.family, socket.SOCK_DGRAM)
        try:
            sock.settimeout(_SEND_TIMEOUT)
            _enlarge_buffer(sock, buffer_size)
            sock.connect((address.host, address.port))
        except OSError:
            sock.close()
            raise
        return _SystemSocket(sock)

    def backlog(self, address: Address) -> int:
        """Ask the kernel, which knows of its own sockets only."""
        return read_backlog(address.port) if address.is_loopback else 0


SYSTEM_NETWORK: Final = SystemNetwork()
"""The default wherever a network is passed in."""


class _SystemSocket:
    """A `DatagramSocket` of the machine."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def send(self, datagram: bytes) -> None:
        self._socket.send(datagram)

    def check_error(self) -> None:
        # On loopback the refusal is there when `send` returns, so it is known
        # of the very datagram that was refused and not with the next only.
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))

    def close(self) -> None:
        self._socket.close()


def _enlarge_buffer(sock: socket.socket, size: int) -> None:
    # On macOS the send buffer is the most that a datagram may have, and is
    # 9,216 bytes by default. Where it cannot be had, EMSGSIZE teaches the sender.
    with suppress(OSError):
        if sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) < size:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
