"""
Receives spans over UDP: datagrams of `emitBatch`, as an agent does.

thriftpy2 decodes them with the IDL in `idl/`: an independent decoder detects errors of
our encoders that a decoder of our own could share.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeAlias

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client.errors import CorruptBatchError

# Imported by name, because it has no type annotations.
_thriftpy2: Any = import_module("thriftpy2")
_protocols: Any = import_module("thriftpy2.protocol")
_transports: Any = import_module("thriftpy2.transport")

IDL: Final = Path(__file__).with_name("idl")
"""The folder of the IDL that thriftpy2 reads."""

MAX_DATAGRAM: Final = 65_535
"""Maximum size of a UDP datagram in bytes."""

RECEIVE_BUFFER: Final = 8 << 20
"""Requested size of the socket's buffer in bytes; the system may allow less."""

_VALUE_FIELDS: Final = ("vStr", "vDouble", "vBool", "vLong", "vBinary")
"""The field of a tag that holds the value, by `vType`."""

_LOW_64_BITS: Final = (1 << 64) - 1

TagValue: TypeAlias = str | bool | int | float | bytes

Tags: TypeAlias = tuple[tuple[str, TagValue], ...]
"""Keys and values in the order received; a key may occur twice."""


@dataclass(frozen=True, slots=True)
class ReceivedLog:
    """A log of a span."""

    timestamp_us: int
    fields: Tags


@dataclass(frozen=True, slots=True)
class ReceivedSpan:
    """A span; ids are unsigned, times are microseconds."""

    trace_id: int
    span_id: int
    parent_id: int
    """0 for none."""
    operation_name: str
    start_us: int
    duration_us: int
    flags: int
    tags: Tags
    logs: Sequence[ReceivedLog]


@dataclass(frozen=True, slots=True)
class ReceivedBatch:
    """Spans of one process."""

    service_name: str
    process_tags: Tags
    spans: Sequence[ReceivedSpan]


class UdpReceiver(AbstractContextManager["UdpReceiver"]):
    """
    Listens on *host*:*port*, as an agent does; port 0 selects a free one.

    Used by one thread.

    Raises:
        OSError: If the port is taken.
    """

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, *, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._clock = clock
        self.rejected = 0
        """Number of datagrams that were not a batch of spans."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            self._socket.bind((host, port))
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        """The port it listens on."""

    def receive(self, timeout: float) -> ReceivedBatch | None:
        """Return the next batch, `None` if none arrives within *timeout* seconds."""
        deadline = self._clock.monotonic() + timeout
        while (datagram := self._next_datagram(deadline)) is not None:
            with suppress(CorruptBatchError):
                return decode_datagram(datagram)
            self.rejected += 1
        return None

    def _next_datagram(self, deadline: float) -> bytes | None:
        self._socket.settimeout(max(0.0, deadline - self._clock.monotonic()))
        try:
            return self._socket.recv(MAX_DATAGRAM)
        except (TimeoutError, BlockingIOError):
            return None

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the socket. Idempotent."""
        self._socket.close()

    def __repr__(self) -> str:
        return f"<UdpReceiver on port {self.port}, {self.rejected} rejected>"


def decode_datagram(datagram: bytes) -> ReceivedBatch:
    """
    Return the batch of an `emitBatch` message in the compact protocol.

    Raises:
        CorruptBatchError: If *datagram* is not such a message.
    """
    try:
        return _to_batch(_decode(datagram))
    except Exception as exc:
        # On invalid bytes thriftpy2 raises KeyError, TypeError, struct.error,
        # OverflowError and errors of its own.
        msg = f"{len(datagram)} bytes hold no batch of spans: {exc!r}"
        raise CorruptBatchError(msg) from exc


@cache
def _agent_service() -> Any:  # noqa: ANN401 - a generated class
    module: Any = _thriftpy2.load(
        str(IDL / "agent.thrift"), module_name="jaeger_client_agent_thrift"
    )
    return module.Agent


def _decode(datagram: bytes) -> Any:  # noqa: ANN401 - a generated class
    protocol = _protocols.TCompactProtocol(_transports.TMemoryBuffer(datagram))
    protocol.read_message_begin()
    arguments = _agent_service().emitBatch_args()
    arguments.read(protocol)
    return arguments.batch


def _to_batch(batch: Any) -> ReceivedBatch:  # noqa: ANN401 - a generated class
    return ReceivedBatch(
        service_name=_to_text(batch.process.serviceName),
        process_tags=_to_tags(batch.process.tags),
        spans=tuple(map(_to_span, batch.spans)),
    )


def _to_span(span: Any) -> ReceivedSpan:  # noqa: ANN401 - a generated class
    high, low = _unsigned(span.traceIdHigh), _unsigned(span.traceIdLow)
    return ReceivedSpan(
        trace_id=high << 64 | low,
        span_id=_unsigned(span.spanId),
        parent_id=_unsigned(span.parentSpanId),
        operation_name=_to_text(span.operationName),
        start_us=int(span.startTime),
        duration_us=int(span.duration),
        flags=int(span.flags),
        tags=_to_tags(span.tags),
        logs=tuple(map(_to_log, span.logs or ())),
    )


def _to_log(log: Any) -> ReceivedLog:  # noqa: ANN401 - a generated class
    return ReceivedLog(timestamp_us=int(log.timestamp), fields=_to_tags(log.fields))


def _to_tags(tags: Any) -> Tags:  # noqa: ANN401 - generated classes
    return tuple(
        (_to_text(tag.key), getattr(tag, _VALUE_FIELDS[int(tag.vType)]))
        for tag in tags or ()
    )


def _to_text(text: str | bytes) -> str:
    # thriftpy2 returns bytes where the text is not valid UTF-8.
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)


def _unsigned(number: int) -> int:
    return number & _LOW_64_BITS
