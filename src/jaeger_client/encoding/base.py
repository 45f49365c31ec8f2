"""The interface of all encoders: spans in, payloads out, no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from jaeger_client._internal.named_tuple import NamedTuple
from jaeger_client.model import Process, SpanData, SpanLosses


class Payload(NamedTuple):
    """The body of one HTTP request or UDP datagram."""

    body: bytes
    """The bytes to send, not compressed."""
    span_count: int
    """Number of spans in *body*; if it is 0, there is nothing to send."""
    consumed: int
    """
    Number of the spans passed to `encode` that this and earlier payloads cover.

    Counts spans that were encoded and those that were left out. Increases with each
    payload.
    """


class Encoder(Protocol):
    """
    Encodes spans into payloads. Does no I/O and starts no thread.

    Need not be thread-safe: only the thread that empties the queue uses it.
    """

    content_type: str
    """Media type of the payloads, for senders that use HTTP."""
    losses: SpanLosses
    """
    Counts of the spans that `encode` left out or truncated.

    The caller sets it to the totals so far before each `encode`. What is added before
    a payload is yielded belongs to the spans that this payload covers.
    """

    def set_process(self, process: Process) -> None:
        """Set the process of the spans; called before the first `encode`."""
        ...

    def clear_cache(self) -> None:
        """Discard all cached bytes, which may contain secrets."""
        ...

    def encode(self, spans: Sequence[SpanData], *, limit: int) -> Iterator[Payload]:
        """
        Yield payloads of at most *limit* bytes that hold *spans* in their order.

        A span too large for *limit* is shrunk and counted in the losses. A span that
        stays too large, or cannot be encoded at all, is left out and counted. Never
        raises for the contents of a span.
        """
        ...
