"""
What all encoders share: span by span to bytes, and as many as fit a payload.

A span is encoded by the fast way; if that raises, a plain copy of it is; if
that raises too, the span is left out and counted. Sizes are exact: the bytes of
the spans are there before the payload around them is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Protocol

from jaeger_client.clock import SYSTEM_CLOCK, Clock
from jaeger_client.encoding.base import Payload
from jaeger_client.encoding.plain import plain_span
from jaeger_client.encoding.shrink import shrunk
from jaeger_client.encoding.tables import Tables
from jaeger_client.model import Process, SpanData, SpanLosses


class Frame(Protocol):
    """What stands around the spans of one payload."""

    @property
    def most(self) -> int:
        """Most bytes that the frame takes, whatever is in it."""
        ...

    def size(self, count: int, spans_size: int) -> int:
        """Return the exact bytes around *count* spans of *spans_size* bytes."""
        ...

    def around(self, spans: list[bytes], spans_size: int) -> bytes:
        """Return the payload."""
        ...


class PackingEncoder(ABC):
    """
    The common part of the encoders; each says how a span and a frame are written.

    Used by one thread at a time: whichever drains the queue.
    """

    content_type: str = "application/octet-stream"
    """Media type of the payloads, for senders that speak HTTP."""

    def __init__(self, losses: SpanLosses, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self.losses = losses
        self.tables = Tables(clock)
        """Bytes that were kept because they may repeat."""
        self._payloads = 0

    @abstractmethod
    def set_process(self, process: Process) -> None:
        """Take the process whose spans come."""

    def forget(self) -> None:
        """Throw away all bytes that were kept because they may repeat."""
        self.tables.forget()

    def encode(self, spans: Sequence[SpanData], *, limit: int) -> Iterator[Payload]:
        """
        Yield payloads of at most *limit* bytes that hold *spans* in their order.

        Spans after the last payload's `consumed`, if any, were all left out and
        are counted in the losses.
        """
        self.tables.forget_in_time()
        frame = self._frame()
        bodies: list[bytes] = []
        size = 0
        to_bytes = self._span
        for index, span in enumerate(spans):
            body: bytes | None
            try:
                body = to_bytes(span)
            except Exception:  # noqa: BLE001 - a span may hold any object of the application
                body = self._encode_plainly(span)
                if body is None:
                    continue
            room = limit - size - len(body)
            if room < frame.most and room < frame.size(len(bodies) + 1, limit - room):
                if bodies:
                    yield self._payload(frame, bodies, size, index)
                    frame, bodies, size = self._frame(), [], 0
                body = self._fitted(span, body, frame, limit)
                if body is None:
                    continue
            bodies.append(body)
            size += len(body)
        if bodies:
            yield self._payload(frame, bodies, size, len(spans))

    @abstractmethod
    def _frame(self) -> Frame:
        """Return the frame of the next payload, which is number `_payloads` + 1."""

    def _payload(
        self,
        frame: Frame,
        bodies: list[bytes],
        size: int,
        consumed: int,
    ) -> Payload:
        self._payloads += 1
        return Payload(frame.around(bodies, size), len(bodies), consumed)

    @abstractmethod
    def _span(self, span: SpanData) -> bytes:
        """Return the bytes of *span*; may raise anything if it is not plain."""

    def _encode_plainly(self, span: SpanData) -> bytes | None:
        try:
            return self._span(plain_span(span))
        except Exception:  # noqa: BLE001 - this span is lost, the others must not be
            self.losses.not_encodable += 1
            return None

    def _fitted(
        self,
        span: SpanData,
        body: bytes,
        frame: Frame,
        limit: int,
    ) -> bytes | None:
        """Return *body*, or what of the span fits a payload of its own."""

        def fits(candidate: bytes) -> bool:
            return len(candidate) + frame.size(1, len(candidate)) <= limit

        if fits(body):
            return body
        try:
            smaller = shrunk(span, self._span, fits)
        except Exception:  # noqa: BLE001 - this span is lost, the others must not be
            self.losses.not_encodable += 1
            return None
        if smaller is None:
            self.losses.too_large += 1
        else:
            self.losses.truncated += 1
        return smaller
