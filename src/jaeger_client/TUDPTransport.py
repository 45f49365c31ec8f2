"""A UDP socket with the methods of a Thrift transport."""

from __future__ import annotations

from jaeger_client.errors import SendError
from jaeger_client.senders.udp import UdpSender

__all__ = ["TUDPTransport"]


class TUDPTransport:
    """
    Sends each write in a datagram of its own, through a `UdpSender`.

    Nothing is opened before the first write. *blocking* is accepted and not used.
    """

    def __init__(
        self,
        host: str,
        port: int,
        blocking: bool = False,  # noqa: FBT001, FBT002 - the signature of 4.8
    ) -> None:
        del blocking
        self.transport_host = host
        self.transport_port = port
        self._sender: UdpSender | None = UdpSender(host, int(port))

    def isOpen(self) -> bool:
        """Return whether `close` was not called yet."""
        return self._sender is not None

    def open(self) -> None:
        """Do nothing: the first write opens the socket."""

    def write(self, buf: bytes | bytearray | memoryview) -> None:
        """
        Send *buf* in one datagram.

        Raises:
            SendError: If it was not sent, or after `close`.
        """
        if self._sender is None:
            msg = "the transport is closed"
            raise SendError(msg)
        self._sender.send(bytes(buf))

    def flush(self) -> None:
        """Do nothing: `write` sends immediately."""

    def close(self) -> None:
        """Close the socket. Idempotent."""
        sender, self._sender = self._sender, None
        if sender is not None:
            sender.close()
