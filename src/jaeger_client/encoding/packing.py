"""
What all encoders share: spans to bytes, and as many as fit a payload.

Spans are encoded together by the fast way; if that raises, each by itself; if
that raises, a plain copy of it; if that raises too, the span is left out and
counted. Sizes are exact: the bytes of
the spans are there before the payload around them is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from jaeger_client.clock import SYSTEM_CLOCK, Clock
from jaeger_client.encoding.base import Payload
from jaeger_client.encoding.plain import plain_span
from jaeger_client.encoding.shrink import shrunk
from jaeger_client.encoding.tables import Tables
from jaeger_client.model import Process, SpanData, SpanLosses

SPANS_AT_ONCE: Final = 64
"""Spans that are encoded together, for what is cheaper for many than for each."""


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
        for begin in range(0, len(spans), SPANS_AT_ONCE):
            some = spans[begin : begin + SPANS_AT_ONCE]
            made = self._made(some)
            more = sum(map(len, made))
            if size + more + frame.most <= limit and b"" not in made:
                bodies += made
                size += more
                continue
            for index, any_body in enumerate(made, begin):
                body = any_body
                if not body:
                    continue
                room = limit - size - len(body)
                if room < frame.most and room < frame.size(
                    len(bodies) + 1, limit - room
                ):
                    if bodies:
                        yield self._payload(frame, bodies, size, index)
                        frame, bodies, size = self._frame(), [], 0
                    body = self._fitted(spans[index], body, frame, limit)
                    if not body:
                        continue
                bodies.append(body)
                size += len(body)
        if bodies:
            yield self._payload(frame, bodies, size, len(spans))

    def _made(self, spans: Sequence[SpanData]) -> list[bytes]:
        """Return the bytes of each span; none for one that is lost."""
        try:
            return self._bodies(spans)
        except Exception:  # noqa: BLE001 - a span may hold any object of the application
            return [self._encode_singly(span) for span in spans]

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
    def _bodies(self, spans: Sequence[SpanData]) -> list[bytes]:
        """
        Return the bytes of each of *spans*, up to `SPANS_AT_ONCE`.

        May raise anything if one of them is not plain.
        """

    def _body(self, span: SpanData) -> bytes:
        (body,) = self._bodies((span,))
        return body

    def _encode_singly(self, span: SpanData) -> bytes:
        try:
            return self._body(span)
        except Exception:  # noqa: BLE001 - see _made
            return self._encode_plainly(span)

    def _encode_plainly(self, span: SpanData) -> bytes:
        try:
            return self._body(plain_span(span))
        except Exception:  # noqa: BLE001 - this span is lost, the others must not be
            self.losses.not_encodable += 1
            return b""

    def _fitted(
        self,
        span: SpanData,
        body: bytes,
        frame: Frame,
        limit: int,
    ) -> bytes:
        """Return *body*, or what of the span fits a payload of its own, if any."""

        def fits(candidate: bytes) -> bool:
            return len(candidate) + frame.size(1, len(candidate)) <= limit

        if fits(body):
            return body
        try:
            smaller = shrunk(span, self._body, fits)
        except Exception:  # noqa: BLE001 - this span is lost, the others must not be
            self.losses.not_encodable += 1
            return b""
        if smaller is None:
            self.losses.too_large += 1
            return b""
        self.losses.truncated += 1
        return smaller
