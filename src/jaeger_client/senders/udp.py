"""
UDP to the agent, or to Jaeger 2: each payload is one datagram, by default to port 6831.

*Payload.* The sender does not look into it. The port accepts one `emitBatch` message in
the Thrift compact protocol (see `encoding.jaeger_compact`), and discards anything else
without an error. A Jaeger in a container receives nothing if the port is not published,
which is the case with the documented `docker run` of Jaeger 2.

*Size.* A datagram has at most 65,000 bytes, the longest that agents read. If the
network rejects a smaller size (EMSGSIZE; macOS accepts 9,216 bytes by default), the
maximum is reduced to the next of `_PAYLOAD_STEPS`, and stays reduced. The payload is
not sent; the error `PayloadTooLargeError` makes the reporter encode its spans again.

*Address.* The name of the agent is resolved at the first send, again at a send when the
last resolution is 30 seconds old (*resolve_interval*), and after an error. The socket
is replaced if its address is not among the new ones. Nothing is opened before the first
send. If the name does not resolve, that send fails, or uses the open socket if there is
one; later sends try again.

*Retry.* After any error the socket is closed, the name resolved, a socket connected,
and the datagram sent once more, as in the Go client. A second error is raised. The
socket is connected, so that the kernel reports a port at which nothing listens, by
ECONNREFUSED. From another machine the report arrives later and is raised by the next
send, so the first refused datagram is lost without an error. If a name has several
addresses, the next one is tried after one could not be connected or, on this machine,
refused a datagram. ENOBUFS (the machine has no buffer left) is retried on the same
socket, after delays of 1 to 16 ms.

*Pacing.* UDP has no response: nothing reports that the receiver's buffer was full.
Linux gives a socket 212,992 bytes by default, and Jaeger reads 20 MB/s or more if
datagrams are full. So the sender waits (size + 2,000 bytes) / 20 MB/s after each
datagram, less the time spent on encoding the next. The 2,000 bytes are the cost of a
datagram besides its content. The gap is 0.16 ms after 1.2 KB, 0.43 ms after 6.5 KB and
2.5 ms after 48 KB. Measured with Jaeger 1.76 and 2.20, all of 20,000 spans arrive
with gaps of 0.17, 0.6 and 2.2 ms, the inaccuracy of the sleep included. Without gaps,
8 %, 14 % and 54 % arrived.

*Backlog.* Pacing is not enough if the receiver gets no processor for 10 ms. Measured
with Jaeger 1.76 beside other programs on two cores, up to a third of 20,000 spans was
lost at 20 MB/s. For a receiver on this machine, Linux reports how many bytes it has not
read. The sender checks that before more than 140,000 could be unread, and waits while
more than 65,536 are, for half a second at most. This is needed at any pace: without it,
a datagram was lost in each of 2 bursts of 100,000 spans.

*Forks.* A forked child closes its copy of the socket, and its next send opens another.
"""

from __future__ import annotations

import errno
import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final, Protocol

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.fork import call_after_fork, forks_wait
from jaeger_client._internal.limits import MAX_COUNT, MAX_SECONDS, above_zero
from jaeger_client.errors import PayloadTooLargeError, RefusedError, SendError

if TYPE_CHECKING:
    from jaeger_client._internal.sockets import Address, UdpSocket

DEFAULT_MAX_PAYLOAD: Final = 65_000
"""Maximum size of a datagram in bytes that agents read."""

DEFAULT_RESOLVE_INTERVAL: Final = 30.0
"""Seconds after which the name of the agent is resolved again."""

DEFAULT_BYTES_PER_SECOND: Final = 20e6
"""Rate at which Jaeger loses nothing with the default receive buffer of Linux."""

# The cost of a datagram for the receiver besides its content, in bytes.
_BYTES_PER_DATAGRAM: Final = 2_000

# A sleep takes at least 0.06 ms too long. The next gap may be shorter by that, up to
# the time of these bytes at the pace. With a credit of a full datagram (65,000), a
# Jaeger on a busy machine lost spans in 5 of 5 bursts of 50 datagrams; with this one in
# 0 of 5.
_CREDIT_BYTES: Final = 4_000

# Maximum number of bytes that may be unread when a datagram is sent after a check, and
# without one. A check takes 5 to 150 us (see `_internal.sockets`), so datagrams share
# one. The rest of a default buffer (212,992) is for other processes.
_MAX_BACKLOG: Final = 65_536
_MAX_UNCHECKED: Final = 140_000

# The kernel counts more than the content of a datagram against a socket's buffer: for a
# small one up to the next power of two (measured with Linux 6.18).
_OVERHEAD: Final = 1_024
_MAX_SMALL: Final = 17_000

# Half a second in all: a receiver that was stopped must not delay the exit for longer.
_READER_DELAY: Final = 0.001
_MAX_READER_DELAYS: Final = 500

# Maximum sizes to try after EMSGSIZE. macOS accepts 9,216 by default, Ethernet carries
# 1,400 unfragmented; a network that rejects 1,024 is broken.
_PAYLOAD_STEPS: Final = (65_000, 32_000, 16_000, 9_216, 4_608, 2_304, 1_400, 1_024)

# Seconds before each further attempt when the machine has no buffer left (ENOBUFS).
_BUFFER_DELAYS: Final = (0.001, 0.002, 0.004, 0.008, 0.016)


class Network(Protocol):
    """The functions of `_internal.sockets` that are used here; tests replace them."""

    def resolve(self, host: str, port: int, /) -> Sequence[Address]:
        """Return the addresses of *host*; raise OSError or UnicodeError without one."""
        ...

    def connect_udp(
        self, address: Address, port: int, /, *, buffer_size: int
    ) -> UdpSocket:
        """Return a socket that is connected to *address*, or raise OSError."""
        ...


class UdpSender(AbstractContextManager["UdpSender"]):
    """
    Sends each payload to *host*:*port* in one datagram. Used by one thread at a time.

    Args:
        host: Name or address of the agent.
        port: Its UDP port for the compact Thrift protocol.
        max_payload: Maximum size of a datagram in bytes.
        clock: Source of the time; it also sleeps.
        resolve_interval: Seconds after which the name is resolved again; `None`: only
            after errors.
        bytes_per_second: The pace; `math.inf` turns pacing off.
        network: Replaces the sockets of the system, in tests.

    Raises:
        ConfigError: If an option is out of its range.
    """

    rejected_spans: int = 0
    """Always 0, because UDP has no response that could report them."""

    def __init__(
        self,
        host: str = "localhost",
        port: int = 6831,
        *,
        max_payload: int = DEFAULT_MAX_PAYLOAD,
        clock: Clock = SYSTEM_CLOCK,
        resolve_interval: float | None = DEFAULT_RESOLVE_INTERVAL,
        bytes_per_second: float = DEFAULT_BYTES_PER_SECOND,
        network: Network | None = None,
    ) -> None:
        above_zero("bytes_per_second", bytes_per_second, maximum=math.inf)
        self._host = host
        self._port = port
        self._max_payload = above_zero("max_payload", max_payload, maximum=MAX_COUNT)
        self._clock = clock
        self._resolve_interval = math.inf
        if resolve_interval is not None:
            self._resolve_interval = above_zero(
                "resolve_interval", resolve_interval, maximum=MAX_SECONDS
            )
        self._pacer = Pacer(clock, bytes_per_second)
        self._max_unread = 0
        """Upper bound of what is unread: the last backlog, and what was sent since."""
        self._network = network
        self._is_closed = False
        self._socket: UdpSocket | None = None
        self._skipped: Address | None = None
        """The address that failed last; the one after it is tried next."""
        self._resolved_at = 0.0
        """Monotonic time of the last resolution of the name, successful or not."""

    def __repr__(self) -> str:
        state = "not connected"
        if self._socket is not None:
            host = self._socket.address.host
            state = f"to {f'[{host}]' if ':' in host else host}:{self._port}"
        if self._is_closed:
            state = "closed"
        return (
            f"<UdpSender {self._host}:{self._port} {state}, "
            f"at most {self._max_payload} bytes>"
        )

    @property
    def max_payload(self) -> int:
        """Maximum size of a datagram in bytes; reduced when the network rejects one."""
        return self._max_payload

    def send(self, payload: bytes, timeout: float | None = None) -> None:
        """
        Send *payload* in one datagram; wait first if pacing or the backlog requires it.

        Waits for a receiver that does not read for half a second at most, or *timeout*
        seconds if that is less.

        Success means that the kernel accepted the datagram, not that it arrived.

        Raises:
            RefusedError: If nothing listens there, as a refusal of this or of an
                earlier datagram has shown.
            PayloadTooLargeError: If the network accepts less; see `max_payload`.
            SendError: If the name does not resolve, there is no route, or the sender
                is closed.
        """
        if self._is_closed:
            msg = f"{self._target} was closed"
            raise SendError(msg)
        if len(payload) > self._max_payload:
            raise self._too_large(payload)
        self._pacer.wait(len(payload))
        self._wait_for_reader(len(payload), math.inf if timeout is None else timeout)
        try:
            self._send_or_reconnect(payload)
        except OSError as exc:
            self._disconnect(exc)
            raise self._map_error(exc, payload) from exc

    def after_fork_in_child(self) -> None:
        """Close the parent's socket here; the next send opens another."""
        self._close_socket()

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the socket. Idempotent."""
        self._is_closed = True
        self._close_socket()

    @property
    def _target(self) -> str:
        return f"UDP to {self._host}:{self._port}"

    @property
    def _system(self) -> Network:
        if self._network is None:
            # On the background thread a fork during the import would leave a child that
            # can never complete it; see the module `fork`.
            with forks_wait():
                from jaeger_client._internal import sockets  # noqa: PLC0415

            self._network = sockets
        return self._network

    def _wait_for_reader(self, size: int, timeout: float) -> None:
        """Wait while a receiver on this machine has too much unread."""
        size += _OVERHEAD + (size if size <= _MAX_SMALL else 0)
        self._max_unread += size
        if self._max_unread <= _MAX_UNCHECKED:
            return
        self._max_unread = size
        for _ in range(int(min(_MAX_READER_DELAYS, timeout / _READER_DELAY))):
            backlog = 0 if self._socket is None else self._socket.backlog()
            if backlog <= _MAX_BACKLOG:
                self._max_unread += backlog
                return
            self._clock.sleep(_READER_DELAY)

    def _send_or_reconnect(self, payload: bytes) -> None:
        try:
            self._transmit(payload)
        except OSError as exc:
            # The error may belong to an earlier datagram: the kernel reports it now
            # instead of sending this one. Or the agent has moved. A new connection
            # helps in both cases.
            self._disconnect(exc)
            self._transmit(payload)

    def _transmit(self, payload: bytes) -> None:
        """Send *payload* on a socket; retry while the machine has no buffer left."""
        connected = self._connect()
        for delay in _BUFFER_DELAYS:
            try:
                connected.send(payload)
            except OSError as exc:
                if exc.errno != errno.ENOBUFS:
                    raise
            else:
                return
            self._clock.sleep(delay)
        connected.send(payload)

    def _connect(self) -> UdpSocket:
        """Return the socket; open one if there is none or the agent has moved."""
        if self._socket is not None and not self._is_resolving_due():
            return self._socket
        try:
            addresses = self._resolve()
        except SendError:
            # The name server may be down while the agent is still reachable.
            if self._socket is None:
                raise
            return self._socket
        if self._socket is not None and self._socket.address in addresses:
            return self._socket
        self._close_socket()
        return self._connect_to_one_of(addresses)

    def _is_resolving_due(self) -> bool:
        return self._clock.monotonic() - self._resolved_at >= self._resolve_interval

    def _resolve(self) -> Sequence[Address]:
        self._resolved_at = self._clock.monotonic()
        try:
            return self._system.resolve(self._host, self._port)
        except (OSError, UnicodeError) as exc:
            msg = f"{self._target}: the name does not resolve ({exc})"
            raise SendError(msg) from exc

    def _connect_to_one_of(self, addresses: Sequence[Address]) -> UdpSocket:
        # Before the socket exists, so that a child forked at any moment closes its
        # copy.
        call_after_fork(self)
        address = addresses[0]
        if self._skipped in addresses:
            address = addresses[(addresses.index(self._skipped) + 1) % len(addresses)]
        # For the send buffer, whose size limits that of a datagram on macOS.
        size = self._max_payload + _OVERHEAD
        try:
            self._socket = self._system.connect_udp(
                address, self._port, buffer_size=size
            )
        except OSError:
            self._skipped = address
            raise
        return self._socket

    def _disconnect(self, error: OSError) -> None:
        # "localhost" may be 127.0.0.1 and ::1, and the agent may listen on one of them.
        # Only on this machine does a refusal show that nothing listens at an address;
        # one from another machine may be old, so its address is tried again.
        address = None if self._socket is None else self._socket.address
        is_refused = isinstance(error, ConnectionRefusedError)
        if is_refused and address is not None and address.is_loopback:
            self._skipped = address
        self._close_socket()

    def _close_socket(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _map_error(self, error: OSError, payload: bytes) -> SendError:
        if isinstance(error, ConnectionRefusedError):
            return RefusedError(f"{self._target} was refused: nothing listens there")
        limit = next((step for step in _PAYLOAD_STEPS if step < len(payload)), None)
        if error.errno == errno.EMSGSIZE and limit is not None:
            self._max_payload = limit
            return self._too_large(payload)
        return SendError(f"{self._target} failed: {error}")

    def _too_large(self, payload: bytes) -> PayloadTooLargeError:
        msg = (
            f"{self._target} accepts at most {self._max_payload} bytes, "
            f"got {len(payload)}"
        )
        return PayloadTooLargeError(msg, limit=self._max_payload)


class Pacer:
    """
    Delays datagrams so that they leave at *bytes_per_second*; `math.inf`: no delay.

    The delay is made before the next datagram, not after the last, so encoding counts
    as part of it. Used by one thread at a time.
    """

    def __init__(self, clock: Clock, bytes_per_second: float) -> None:
        self._clock = clock
        self._bytes_per_second = bytes_per_second
        self._free_at = clock.monotonic()
        """When the next datagram may be sent."""

    def wait(self, size: int) -> None:
        """Sleep until a datagram of *size* bytes may be sent."""
        now = self._clock.monotonic()
        if self._free_at > now:
            self._clock.sleep(self._free_at - now)
        # Gaps count from when this datagram was due, so that a sleep which took too
        # long shortens the next one, but from *credit* before now at the earliest, so
        # that idle time does not permit a burst without gaps.
        credit = _CREDIT_BYTES / self._bytes_per_second
        start = max(self._free_at, now - credit)
        cost = (size + _BYTES_PER_DATAGRAM) / self._bytes_per_second
        self._free_at = start + cost
