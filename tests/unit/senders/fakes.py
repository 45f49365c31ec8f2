"""A clock and a network that do as they are told."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

from jaeger_client.senders.network import Address

HOME = Address(socket.AF_INET, "127.0.0.1", 6831)
HOME_6 = Address(socket.AF_INET6, "::1", 6831)
AWAY = Address(socket.AF_INET, "192.0.2.1", 6831)
AWAY_2 = Address(socket.AF_INET, "192.0.2.2", 6831)


@dataclass
class FakeSocket:
    """Keeps what is sent; raises what its network plans."""

    network: FakeNetwork
    address: Address
    is_closed: bool = False

    def send(self, datagram: bytes) -> None:
        """Keep *datagram*, or raise the next error planned."""
        _raise_next(self.network.send_errors)
        self.network.sent.append((self.address, datagram))

    def check_error(self) -> None:
        """Raise the next late error planned."""
        _raise_next(self.network.late_errors)

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
    questions: int = 0
    backlogs: list[int] = field(default_factory=list[int])
    """What the reader is behind by, one figure a question, then 0."""
    backlog_questions: int = 0
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

    def resolve(self, host: str, port: int) -> Sequence[Address]:
        """Return the addresses, or raise the next error planned."""
        self.questions += 1
        _raise_next(self.resolve_errors)
        return self.addresses

    def connect(self, address: Address, *, buffer_size: int) -> FakeSocket:
        """Return a new socket, or raise the next error planned."""
        self.buffer_sizes.append(buffer_size)
        _raise_next(self.connect_errors)
        self.sockets.append(FakeSocket(self, address))
        return self.sockets[-1]

    def backlog(self, address: Address) -> int:
        """Return the next figure planned."""
        self.backlog_questions += 1
        return self.backlogs.pop(0) if self.backlogs else 0


def _raise_next(errors: list[Exception | None]) -> None:
    error = errors.pop(0) if errors else None
    if error is not None:
        raise error
