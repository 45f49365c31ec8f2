"""
UDP to the agent: one payload, one datagram.

Guarantees: nothing is opened before the first send, and a name that does not resolve
is an error of that send only. The name is resolved again every *resolve_interval*
seconds and after an error, and the datagram that met the error is sent once more. A
size that the network rejects is not tried again.

No error reports that a datagram found the receiver's buffer full. Linux gives a
socket 212,992 bytes by default, and Jaeger reads 20 MB/s or more if the datagrams are
full. Two rules keep that buffer from overflowing:

*Pace.* A datagram is followed by a gap of (size + 2,000 bytes) / 20 MB/s, less the time
spent on encoding the next one. The 2,000 bytes are what a datagram costs Jaeger besides
its content. The gap is 0.16 ms after 1.2 KB, 0.43 ms after 6.5 KB and 2.5 ms after
48 KB. Measured with 20,000 spans and Jaeger 1.76 and 2.20, all arrive with 0.17, 0.6
and 2.2 ms, the inaccuracy of the sleep included.

*Backlog.* A pace is not enough where the receiver gets no processor for 10 ms. Measured
with Jaeger 1.76 beside other programs on two cores, up to a third of 20,000 spans was
lost at 20 MB/s. For a receiver on this machine, Linux reports how many bytes are
unread, and the sender waits while these are more than 65,536. That holds at any pace:
of 100,000 spans, a datagram was lost in 2 bursts of 2 without it.
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
"""Bytes of the longest datagram that agents read."""

DEFAULT_RESOLVE_INTERVAL: Final = 30.0
"""Seconds after which the agent's name is resolved again."""

DEFAULT_BYTES_PER_SECOND: Final = 20e6
"""What Jaeger reads with the system's default receive buffer."""

_BYTES_PER_DATAGRAM: Final = 2_000

# Sleeps last 0.06 ms or more too long, which may be caught up. The limit is low,
# because with a credit of a full datagram (65,000) a Jaeger on a busy machine lost
# spans of 5 bursts in 5, of 50 datagrams each, and with this one of 0 in 5.
_CREDIT_BYTES: Final = 4_000

# A default buffer (212,992) holds this and what is sent until the next check.
_MAX_BACKLOG: Final = 65_536

# A check takes 0.15 ms, so many small datagrams share one.
_CHECK_AFTER: Final = 32_000

# The kernel counts more than the bytes of a datagram against either buffer.
_OVERHEAD: Final = 1_024

# At most half a second: a receiver that was stopped must not delay this process's exit.
_READER_DELAY: Final = 0.001
_MAX_READER_DELAYS: Final = 500

# The sizes to try after EMSGSIZE. 9,216 is what macOS accepts by default; 1,024 passes
# everywhere, and a network that rejects it is broken.
_PAYLOAD_STEPS: Final = (65_000, 32_000, 16_000, 9_216, 4_608, 2_304, 1_400, 1_024)

# Delays before another try when the machine has no buffer left (ENOBUFS).
_BUFFER_DELAYS: Final = (0.001, 0.002, 0.004, 0.008, 0.016)


class Network(Protocol):
    """The functions of `_internal.sockets` that are used here; tests pass their own."""

    def resolve(self, host: str, port: int, /) -> Sequence[Address]:
        """Return the addresses of *host*; raise OSError or UnicodeError for none."""
        ...

    def connect_udp(
        self, address: Address, port: int, /, *, buffer_size: int
    ) -> UdpSocket:
        """Return a socket that is connected to *address*, or raise OSError."""
        ...


class UdpSender(AbstractContextManager["UdpSender"]):
    """
    Sends payloads to *host*:*port*, each in a datagram.

    *resolve_interval* of None resolves the name once and after errors only;
    *bytes_per_second* of `math.inf` sends without a pace.

    Raises:
        ConfigError: If an option is out of its range.
    """

    rejected_spans: int = 0
    """Always 0, because UDP has no response that could report rejected spans."""

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
        self._unchecked_bytes = 0
        """Bytes sent since the backlog was checked."""
        self._network = network
        self._is_closed = False
        self._socket: UdpSocket | None = None
        self._skipped: Address | None = None
        """The address that failed last; the next one of the name is tried."""
        self._resolved_at = 0.0

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

    def send(self, payload: bytes) -> None:
        """
        Send *payload* in one datagram, after a delay if the last was just sent.

        Raises:
            RefusedError: If nothing listens there, as far as can be known.
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
        self._wait_for_reader(len(payload))
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
            # This is most often the background thread; see the module `fork`.
            with forks_wait():
                from jaeger_client._internal import sockets  # noqa: PLC0415

            self._network = sockets
        return self._network

    def _wait_for_reader(self, size: int) -> None:
        self._unchecked_bytes += size + _OVERHEAD
        if self._unchecked_bytes < _CHECK_AFTER:
            return
        self._unchecked_bytes = 0
        for _ in range(_MAX_READER_DELAYS):
            if self._socket is None or self._socket.backlog() <= _MAX_BACKLOG:
                return
            self._clock.sleep(_READER_DELAY)

    def _send_or_reconnect(self, payload: bytes) -> None:
        try:
            self._transmit(payload)
        except OSError as exc:
            # The error may be of an earlier datagram; then the kernel has not sent this
            # one. Or the agent has moved. A new connection helps in both cases.
            self._disconnect(exc)
            self._transmit(payload)

    def _transmit(self, payload: bytes) -> None:
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
        """Return the socket; opens one if there is none, or if the agent has moved."""
        if self._socket is not None and not self._is_resolving_due():
            return self._socket
        try:
            addresses = self._resolve()
        except SendError:
            # The name server may be down while the agent is well.
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
        call_after_fork(self)
        address = addresses[0]
        if self._skipped in addresses:
            address = addresses[(addresses.index(self._skipped) + 1) % len(addresses)]
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
        # "localhost" may be 127.0.0.1 and ::1, and the agent listen on one of them.
        # From another machine a refusal may be an old one and proves nothing.
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
            f"{self._target} takes at most {self._max_payload} bytes, "
            f"got {len(payload)}"
        )
        return PayloadTooLargeError(msg, limit=self._max_payload)


class Pacer:
    """
    Delays datagrams to *bytes_per_second*; `math.inf` turns the delays off.

    Used by one thread at a time.
    """

    def __init__(self, clock: Clock, bytes_per_second: float) -> None:
        self._clock = clock
        self._bytes_per_second = bytes_per_second
        self._free_at = clock.monotonic()

    def wait(self, size: int) -> None:
        """Sleep until a datagram of *size* bytes may be sent."""
        now = self._clock.monotonic()
        if self._free_at > now:
            self._clock.sleep(self._free_at - now)
        credit = _CREDIT_BYTES / self._bytes_per_second
        start = max(self._free_at, now - credit)
        cost = (size + _BYTES_PER_DATAGRAM) / self._bytes_per_second
        self._free_at = start + cost
