"""A clock and a network for tests of the UDP sender."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from jaeger_client._internal.sockets import Address, UdpSocket

HOME = Address(socket.AF_INET, "127.0.0.1")
HOME_6 = Address(socket.AF_INET6, "::1")
AWAY = Address(socket.AF_INET, "192.0.2.1")
AWAY_2 = Address(socket.AF_INET, "192.0.2.2")


class FakeSocket:
    """Stores what is sent; raises the errors that its network plans."""

    def __init__(self, network: FakeNetwork, address: Address) -> None:
        self.network = network
        self.address = address
        self.is_closed = False

    def send(self, datagram: bytes) -> None:
        """Store *datagram*, or raise the next planned error before or after that."""
        _raise_next(self.network.send_errors)
        self.network.sent.append((self.address, datagram))
        _raise_next(self.network.late_errors)

    def backlog(self) -> int:
        """Return the next planned figure."""
        self.network.backlog_checks += 1
        return self.network.backlogs.pop(0) if self.network.backlogs else 0

    def close(self) -> None:
        """Note that it was closed."""
        self.is_closed = True


@dataclass
class FakeNetwork:
    """Resolves to *addresses*; the lists of errors are used up from the front."""

    addresses: Sequence[Address] = (HOME,)
    sent: list[tuple[Address, bytes]] = field(
        default_factory=list[tuple[Address, bytes]],
    )
    sockets: list[FakeSocket] = field(default_factory=list[FakeSocket])
    buffer_sizes: list[int] = field(default_factory=list[int])
    ports: list[int] = field(default_factory=list[int])
    """The port of each socket."""
    resolved: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    """The host and port of each call of `resolve`."""
    backlogs: list[int] = field(default_factory=list[int])
    """Bytes unread at the reader, one figure a check, then 0."""
    backlog_checks: int = 0
    resolve_errors: list[Exception | None] = field(
        default_factory=list[Exception | None],
    )
    connect_errors: list[Exception | None] = field(
        default_factory=list[Exception | None],
    )
    send_errors: list[Exception | None] = field(
        default_factory=list[Exception | None],
    )
    late_errors: list[Exception | None] = field(
        default_factory=list[Exception | None],
    )
    """Errors that are pending after a send."""

    @property
    def lookups(self) -> int:
        """The number of calls of `resolve`."""
        return len(self.resolved)

    def resolve(self, host: str, port: int) -> Sequence[Address]:
        """Return the addresses, or raise the next planned error."""
        self.resolved.append((host, port))
        _raise_next(self.resolve_errors)
        return self.addresses

    def connect_udp(
        self, address: Address, port: int, *, buffer_size: int
    ) -> UdpSocket:
        """Return a new socket, or raise the next planned error."""
        self.buffer_sizes.append(buffer_size)
        self.ports.append(port)
        _raise_next(self.connect_errors)
        self.sockets.append(FakeSocket(self, address))
        return cast("UdpSocket", self.sockets[-1])


def _raise_next(errors: list[Exception | None]) -> None:
    error = errors.pop(0) if errors else None
    if error is not None:
        raise error
