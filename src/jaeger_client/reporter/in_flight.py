"""
The spans that a reporter has taken from its queue, and the payload made of them.

Spans are encoded one payload at a time, when the previous payload has left: sent, or
lost. What the encoder left out of a payload, or truncated, is counted when that payload
leaves. So a span that is encoded twice, for a smaller payload or for another protocol,
is counted once.

A signal handler may raise between any two bytecodes of a flush that runs on the
application's thread. Therefore a payload leaves by a single store, to `_left`, and an
iterator whose step did not end is not used again. A payload whose sending is
interrupted may be sent twice; no span is lost or skipped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jaeger_client._internal.diagnostics import logger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jaeger_client.encoding.base import Encoder
    from jaeger_client.model import SpanData, SpanLosses
    from jaeger_client.reporter.queue import SpanQueue


class EncodedSpans(NamedTuple):
    """A payload, and which of the spans in flight it stands for."""

    body: bytes
    span_count: int
    """Spans in *body*; if there are none, there is nothing to send."""
    end: int
    """Index of the first span behind those that the encoder put in or left out."""
    losses: SpanLosses | None
    """What the encoder left out or truncated, if anything."""


class InFlight:
    """Spans between the queue and the sender, in order. For one thread at a time."""

    __slots__ = ("_left", "_losses", "_payload", "_payloads", "_spans")

    def __init__(self, losses: SpanLosses) -> None:
        self._losses = losses
        """Where losses are counted."""
        self._spans: list[SpanData] = []
        self._left = 0
        """How many of the spans have left."""
        self._payloads: Iterator[EncodedSpans] | None = None
        """The payloads of the spans that have not left, after the current one."""
        self._payload: EncodedSpans | None = None

    def __len__(self) -> int:
        return max(0, len(self._spans) - self._left)

    @property
    def payload(self) -> EncodedSpans | None:
        """The payload to send next; `None` if it must be encoded first."""
        payload = self._payload
        return None if payload is None or payload.end <= self._left else payload

    def take(self, queue: SpanQueue[SpanData], count: int) -> None:
        """Take up to *count* spans from *queue*; only when nothing is in flight."""
        self.encode_again()
        self._spans, self._left = [], 0
        queue.move(count, self._spans.extend)

    def encode_next(self, encoder: Encoder, limit: int) -> None:
        """Encode the next payload, of at most *limit* bytes."""
        payloads, self._payloads = self._payloads, None
        try:
            payloads = payloads or self._encode(encoder, limit)
            self._payload = next(payloads)
        except Exception:  # noqa: BLE001 - an encoder broke its promise
            logger.exception("%d spans are lost by an error", len(self))
            self._losses.not_encodable += len(self)
            self._left = len(self._spans)
        else:
            self._payloads = payloads

    def _encode(self, encoder: Encoder, limit: int) -> Iterator[EncodedSpans]:
        start = end = self._left
        encoder.losses = losses = self._losses.copy()
        before = losses.counts
        for payload in encoder.encode(self._spans[start:], limit=limit):
            end = start + payload.consumed
            after = losses.counts
            own = losses.since(before) if after != before else None
            before = after
            yield EncodedSpans(payload.body, payload.span_count, end, own)
        # All that is behind the last payload was left out.
        if end < len(self._spans):
            yield EncodedSpans(b"", 0, len(self._spans), losses.since(before))

    def leave(self) -> int:
        """Forget the payload: it was sent or is lost. Return how many spans it has."""
        payload = self.payload
        if payload is None:
            return 0
        self._left = payload.end
        if payload.losses is not None:
            self._losses.add(payload.losses)
        return payload.span_count

    def encode_again(self) -> None:
        """Discard the payload; its spans are encoded anew by the next `encode_next`."""
        self._payload = self._payloads = None

    def abandon(self) -> int:
        """Give everything up; return how many spans are lost by that."""
        lost = self.leave() + len(self)
        self._left = len(self._spans)
        return lost
