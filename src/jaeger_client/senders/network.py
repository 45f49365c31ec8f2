"""
What the UDP sender needs of the network, as a small interface.

Tests pass a network of their own in. The system's is `socket` at the first send
only, with which a start would take a tenth more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from jaeger_client._internal.fork import forks_wait
from jaeger_client._internal.frozen import Frozen
from jaeger_client.senders.backlog import read_backlog


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
        # This is most often the background thread; see the module `fork`.
        with forks_wait():
            from jaeger_client._internal import resolver  # noqa: PLC0415 - see above

        found = resolver.resolve(host, port)
        return [Address(int(family), address, port) for family, address in found]

    def connect(self, address: Address, *, buffer_size: int) -> DatagramSocket:
        """Open a UDP socket."""
        with forks_wait():
            from jaeger_client.senders import sockets  # noqa: PLC0415 - see above

        return sockets.connect(
            address.family,
            address.host,
            address.port,
            buffer_size=buffer_size,
        )

    def backlog(self, address: Address) -> int:
        """Ask the kernel, which knows of its own sockets only."""
        return read_backlog(address.port) if address.is_loopback else 0


SYSTEM_NETWORK: Final = SystemNetwork()
"""The default wherever a network is passed in."""
