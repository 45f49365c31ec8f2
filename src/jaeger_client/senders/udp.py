"""
UDP to the agent: one payload, one datagram.

Guarantees: nothing is opened before the first send, and a name that does not
resolve is an error of that send only. The name is resolved again every
*resolve_interval* seconds and after an error, and the datagram that met the
error is sent once more. Datagrams leave at a pace at which the receiver loses
none, and an agent on this machine that falls behind is waited for. A size that
the network does not take is learned.
"""

from __future__ import annotations

import errno
import math
from collections.abc import Sequence
from typing import Final

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.closing import Closable
from jaeger_client._internal.fork import call_after_fork
from jaeger_client._internal.limits import MAX_COUNT, MAX_SECONDS, above_zero
from jaeger_client.errors import (
    PayloadTooLargeError,
    RefusedError,
    SendError,
)
from jaeger_client.senders.network import (
    SYSTEM_NETWORK,
    Address,
    DatagramSocket,
    Network,
)
from jaeger_client.senders.pacing import DEFAULT_BYTES_PER_SECOND, Pacer

DEFAULT_MAX_PAYLOAD: Final = 65_000
"""Bytes of the longest datagram that agents read."""

DEFAULT_RESOLVE_INTERVAL: Final = 30.0
"""Seconds after which the agent's name is resolved again."""

# What to try next when a datagram is too long. 9,216 is what macOS takes by
# default; 1,024 passes everywhere, and a network that refuses it is broken.
_PAYLOAD_STEPS: Final = (65_000, 32_000, 16_000, 9_216, 4_608, 2_304, 1_400, 1_024)

# The kernel counts more than the bytes of a datagram against the buffer.
_HEADER_ROOM: Final = 1_024

# Seconds to wait when the machine has no buffer left (ENOBUFS).
_BUFFER_WAITS: Final = (0.001, 0.002, 0.004, 0.008, 0.016)

# An agent on this machine is waited for when more than this is unread; a default
# buffer (212,992) then holds what is sent until it is asked for again.
_MOST_BACKLOG: Final = 65_536
_ASK_AFTER: Final = 32_000
_SMALL_COST: Final = 1_000
# Not for ever: an agent that was stopped must not stop this process at its exit.
_READER_WAIT: Final = 0.001
_READER_WAITS: Final = 500


class UdpSender(Closable):
    """
    Sends payloads to *host*:*port*, each in a datagram.

    *resolve_interval* of None resolves the name once and after errors only;
    *bytes_per_second* of `math.inf` sends without a pace.

    Raises:
        ConfigError: If an option is out of its range.
    """

    rejected_spans: int = 0
    """Spans the backend said it did not keep; no answer tells it here."""

    def __init__(
        self,
        host: str = "localhost",
        port: int = 6831,
        *,
        max_payload: int = DEFAULT_MAX_PAYLOAD,
        clock: Clock = SYSTEM_CLOCK,
        resolve_interval: float | None = DEFAULT_RESOLVE_INTERVAL,
        bytes_per_second: float = DEFAULT_BYTES_PER_SECOND,
        network: Network = SYSTEM_NETWORK,
    ) -> None:
        max_payload = above_zero("max_payload", max_payload, most=MAX_COUNT)
        if resolve_interval is not None:
            resolve_interval = above_zero(
                "resolve_interval", resolve_interval, most=MAX_SECONDS
            )
        above_zero("bytes_per_second", bytes_per_second, most=math.inf)
        self._host = host
        self._port = port
        self._max_payload = max_payload
        self._clock = clock
        self._resolve_interval = resolve_interval
        self._pacer = Pacer(clock, bytes_per_second)
        self._network = network
        self._is_closed = False
        self._socket: DatagramSocket | None = None
        self._address: Address | None = None
        self._passed_over: Address | None = None
        self._resolved_at = 0.0
        self._unasked_bytes = 0

    def __repr__(self) -> str:
        state = "not connected" if self._address is None else f"to {self._address}"
        if self._is_closed:
            state = "closed"
        return (
            f"<UdpSender {self._host}:{self._port} {state}, "
            f"at most {self._max_payload} bytes>"
        )

    @property
    def max_payload(self) -> int:
        """Most bytes of one datagram; shrinks when the network takes less."""
        return self._max_payload

    def send(self, payload: bytes) -> None:
        """
        Send *payload* in one datagram, after a pause if the last was just sent.

        Raises:
            RefusedError: If nothing listens there, as far as can be known.
            PayloadTooLargeError: If the network takes less; see `max_payload`.
            SendError: If the name does not resolve, there is no way there, or the
                sender is closed.
        """
        if self._is_closed:
            msg = f"{self._target} was closed"
            raise SendError(msg)
        if len(payload) > self._max_payload:
            raise self._too_large(payload)
        self._pacer.wait(len(payload))
        self._wait_for_reader(len(payload))
        try:
            self._send_or_dial_anew(payload)
        except (OSError, UnicodeError) as exc:
            self._hang_up(exc)
            raise self._map_error(exc, payload) from exc

    def after_fork_in_child(self) -> None:
        """Forget the parent's socket; the next send opens another."""
        self._close_socket()

    def close(self) -> None:
        """Close the socket. Idempotent."""
        self._is_closed = True
        self._close_socket()

    @property
    def _target(self) -> str:
        return f"UDP to {self._host}:{self._port}"

    def _wait_for_reader(self, size: int) -> None:
        # Asking costs 0.15 ms, so it is not done for each of many small ones. It is
        # done at any pace: on a busy machine an agent sleeps as we do, and of
        # 100,000 spans a datagram was lost in 2 bursts of 2.
        self._unasked_bytes += size + _SMALL_COST
        if self._address is None or self._unasked_bytes < _ASK_AFTER:
            return
        self._unasked_bytes = 0
        for _ in range(_READER_WAITS):
            if self._network.backlog(self._address) <= _MOST_BACKLOG:
                return
            self._clock.sleep(_READER_WAIT)

    def _send_or_dial_anew(self, payload: bytes) -> None:
        try:
            self._transmit(payload)
        except OSError as exc:
            if _is_unresolved(exc):
                raise
            # It may be an earlier datagram's: then the kernel has not sent this
            # one. Or the agent has moved. Both are mended by dialling anew.
            self._hang_up(exc)
            self._transmit(payload)

    def _transmit(self, payload: bytes) -> None:
        connected = self._connect()
        for pause in _BUFFER_WAITS:
            try:
                connected.send(payload)
                break
            except OSError as exc:
                if exc.errno != errno.ENOBUFS:
                    raise
            self._clock.sleep(pause)
        else:
            connected.send(payload)
        connected.check_error()

    def _connect(self) -> DatagramSocket:
        if self._socket is None:
            return self._dial(self._resolve())
        if self._is_resolving_due():
            return self._follow_name(self._socket)
        return self._socket

    def _is_resolving_due(self) -> bool:
        if self._resolve_interval is None:
            return False
        return self._clock.monotonic() - self._resolved_at >= self._resolve_interval

    def _follow_name(self, connected: DatagramSocket) -> DatagramSocket:
        try:
            addresses = self._resolve()
        except (OSError, UnicodeError):
            # The name server may be down while the agent is well.
            return connected
        if self._address in addresses:
            return connected
        self._close_socket()
        return self._dial(addresses)

    def _resolve(self) -> Sequence[Address]:
        self._resolved_at = self._clock.monotonic()
        return self._network.resolve(self._host, self._port)

    def _dial(self, addresses: Sequence[Address]) -> DatagramSocket:
        call_after_fork(self)
        address = _choose(addresses, self._passed_over)
        size = self._max_payload + _HEADER_ROOM
        try:
            self._socket = self._network.connect(address, buffer_size=size)
        except OSError:
            self._passed_over = address
            raise
        self._address = address
        return self._socket

    def _hang_up(self, error: Exception) -> None:
        # "localhost" may be 127.0.0.1 and ::1, and the agent listen on one. Away
        # from loopback a refusal may be an old one and proves nothing.
        if isinstance(error, ConnectionRefusedError) and self._is_on_loopback:
            self._passed_over = self._address
        self._close_socket()

    @property
    def _is_on_loopback(self) -> bool:
        return self._address is not None and self._address.is_loopback

    def _close_socket(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._address = None

    def _map_error(self, error: OSError | UnicodeError, payload: bytes) -> SendError:
        if isinstance(error, UnicodeError) or _is_unresolved(error):
            return SendError(f"{self._target}: the name does not resolve ({error})")
        if isinstance(error, ConnectionRefusedError):
            return RefusedError(f"{self._target} was refused: nothing listens there")
        limit = _step_below(len(payload))
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


def _is_unresolved(error: OSError) -> bool:
    # Imported by the first question for a name; see `network`.
    from jaeger_client._internal.resolver import is_unresolved  # noqa: PLC0415

    return is_unresolved(error)


def _choose(addresses: Sequence[Address], passed_over: Address | None) -> Address:
    if passed_over not in addresses:
        return addresses[0]
    return addresses[(addresses.index(passed_over) + 1) % len(addresses)]


def _step_below(size: int) -> int | None:
    return next((step for step in _PAYLOAD_STEPS if step < size), None)
