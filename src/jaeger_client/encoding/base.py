"""The interface of all encoders: spans in, payloads out, no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from jaeger_client.model import Process, SpanData, SpanLosses


class Payload(NamedTuple):
    """The body of one request or datagram."""

    body: bytes
    """The bytes to send, not compressed."""
    span_count: int
    """Number of spans in it; if it is 0, there is nothing to send."""
    consumed: int
    """
    Number of the spans passed to `encode` that are done after this payload.

    Grows with each payload.
    """


class Encoder(Protocol):
    """
    Encodes spans into payloads. Does no I/O and starts no thread.

    Used by one thread at a time, the one that drains the queue.
    """

    content_type: str
    """Media type of the payloads, for senders that use HTTP."""
    losses: SpanLosses
    """
    Where `encode` counts spans that it leaves out or truncates.

    Set before each `encode`, to the totals so far. What is added before a payload
    is yielded concerns the spans which that payload stands for.
    """

    def set_process(self, process: Process) -> None:
        """Set the process of the spans; called before the first `encode`."""
        ...

    def forget(self) -> None:
        """Discard all bytes that are cached because they may repeat."""
        ...

    def encode(self, spans: Sequence[SpanData], *, limit: int) -> Iterator[Payload]:
        """
        Yield payloads of at most *limit* bytes that hold *spans* in their order.

        A span too large for *limit* is shrunk and counted in the losses. A span that
        stays too large, or cannot be encoded at all, is left out and counted. Never
        raises for the contents of a span.
        """
        ...
