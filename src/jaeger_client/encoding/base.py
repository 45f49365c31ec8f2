"""The interface of all encoders: spans in, payloads out, no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from jaeger_client._internal.frozen import Frozen
from jaeger_client.model import Process, SpanData, SpanLosses


class Payload(Frozen):
    """One body for one send."""

    body: bytes
    """What goes over the wire, uncompressed."""
    span_count: int
    """How many spans are in it; if there are none, there is nothing to send."""
    consumed: int
    """How many of the spans handed to `encode` are dealt with after it."""


class Encoder(Protocol):
    """
    Turns spans into payloads. Does no I/O and starts no thread.

    Used by one thread at a time: whichever drains the queue.
    """

    content_type: str
    """Media type of the payloads, for senders that speak HTTP."""
    losses: SpanLosses
    """
    Where `encode` counts spans that it leaves out or truncates.

    Set before each `encode`, to the totals so far. What is added before a payload
    is yielded concerns the spans which that payload stands for.
    """

    def set_process(self, process: Process) -> None:
        """Take the process whose spans come; called before the first `encode`."""
        ...

    def forget(self) -> None:
        """Throw away all bytes that were kept because they may repeat."""
        ...

    def encode(self, spans: Sequence[SpanData], *, limit: int) -> Iterator[Payload]:
        """
        Yield payloads of at most *limit* bytes that hold *spans* in their order.

        A span too large for *limit* is shrunk and counted in the losses; one
        that stays too large, or cannot be encoded at all, is left out and
        counted. Never raises for what is in a span.
        """
        ...
