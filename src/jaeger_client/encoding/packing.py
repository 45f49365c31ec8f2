"""
The part that all encoders share: fill payloads with as many spans as fit.

Spans are encoded in chunks of up to 64. If that raises, each span of the chunk is
encoded by itself; if that raises, a plain copy of it; if that raises too, the span is
left out and counted. Sizes are exact, not estimated, because the spans are encoded
before the frame around them.

A span that does not fit the current payload begins the next one. If it does not fit an
empty payload, it is shrunk (see `shrink`); if even that does not fit, it is left out
and counted.

The caller can stop only between payloads, so the time until the next one is bounded for
any spans: a chunk ends after a large span, the logs of a span are encoded only up to
the size of a payload, and `encode` yields an empty payload when spans have been left
out for `_EMPTY_PAYLOAD_AFTER` seconds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from operator import length_hint
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.diagnostics import logger
from jaeger_client.encoding.base import Payload
from jaeger_client.encoding.caches import CacheSet
from jaeger_client.encoding.plain import plain_items, plain_span
from jaeger_client.encoding.shrink import shrink_process, shrink_span
from jaeger_client.model import LogItem, Process, SpanData, SpanIds, SpanLosses, TagItem

if TYPE_CHECKING:
    import opentracing

SPANS_AT_ONCE: Final = 64
"""Maximum number of spans in a chunk."""

LARGE_SPAN: Final = 32 * 1024
"""Size of a span in bytes that ends a chunk."""

LOG_BLOCK: Final = 256
"""Number of logs of a span that are encoded between two checks of their size."""

MIN_LOG_SIZE: Final = 5
"""Size of the smallest log in bytes: an empty one at time 0, in compact Thrift."""

_EMPTY_PAYLOAD_AFTER: Final = 0.25
"""Seconds after which an empty payload is yielded if all spans were left out."""

_PROCESS_TOO_LARGE: Final = (
    "the process tags take %d bytes, too many for payloads of %d bytes; these are "
    "shortened or left out: %s%s. Set fewer or shorter process tags (JAEGER_TAGS, or "
    "tags of Config and Tracer), or send over HTTP (JAEGER_ENDPOINT)"
)
_MAX_NAMED_TAGS: Final = 5
"""Maximum number of process tags that this log line names."""

_MAX_NAMED_LENGTH: Final = 50
"""Maximum number of characters of a key in this log line."""


class LogsTooLargeError(Exception):
    """The logs of a span are larger than a payload may be."""


class Frame(NamedTuple):
    """The bytes around the spans of one payload."""

    before: Callable[[int, int], bytes]
    """Returns the bytes before the spans, from their number and their size in bytes."""
    after: bytes
    """The bytes after the last span."""
    separator: bytes = b""
    """The bytes between two spans."""

    def size(self, count: int, spans_size: int) -> int:
        """Return the size of the frame of *count* spans of *spans_size* bytes."""
        between = len(self.separator) * (count - 1)
        return len(self.before(count, spans_size)) + between + len(self.after)

    def around(self, bodies: list[bytes], spans_size: int) -> bytes:
        """Return the payload that contains *bodies*, *spans_size* bytes in all."""
        spans = self.separator.join(bodies)
        return b"".join((self.before(len(bodies), spans_size), spans, self.after))


class _OpenPayload:
    """A payload that is being filled."""

    def __init__(self, frame: Frame, limit: int, *, yield_at: float) -> None:
        self.frame = frame
        self.limit = limit
        self.yield_at = yield_at
        """Monotonic time at which it is yielded even if all spans were left out."""
        self.bodies: list[bytes] = []
        """The encoded spans."""
        self.size = 0
        """Size of *bodies* in bytes, without frame and separators."""

    def add(self, bodies: list[bytes]) -> bool:
        """Add *bodies* if all of them fit; return whether they did."""
        count = len(self.bodies) + len(bodies)
        size = self.size + sum(map(len, bodies))
        if size + self.frame.size(count, size) > self.limit:
            return False
        self.bodies += bodies
        self.size = size
        return True

    def max_span_size(self) -> int:
        """Return the size of the largest span that fits while the payload is empty."""
        size = self.limit - self.frame.size(1, self.limit)
        # A smaller span may have a smaller frame: its size takes fewer bytes there.
        while size + 1 + self.frame.size(1, size + 1) <= self.limit:
            size += 1
        return size


class PackingEncoder(ABC):
    """
    The base of the encoders, which define how a span and a frame are written.

    Need not be thread-safe: only the thread that empties the queue uses it.
    """

    content_type: str = "application/octet-stream"
    """Media type of the payloads, for senders that use HTTP."""

    def __init__(
        self, losses: SpanLosses | None = None, *, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self.losses = SpanLosses() if losses is None else losses
        self.caches = CacheSet(clock)
        """The caches of bytes that repeat."""
        self._clock = clock
        self._limit = 0
        self._payloads = 0

    def set_process(self, process: Process) -> None:
        """Use *process* for the spans that follow."""
        self._whole_process = process
        # At most half of a payload is for the process, the rest is for spans.
        self._min_limit = 2 * self._use_process(process)

    def clear_cache(self) -> None:
        """Discard all cached bytes, which may contain secrets."""
        self.caches.clear()

    def encode(self, spans: Sequence[SpanData], *, limit: int) -> Iterator[Payload]:
        """
        Yield payloads of at most *limit* bytes that hold *spans* in their order.

        Spans after the last payload's `consumed`, if any, were all left out and
        are counted in the losses.
        """
        self.caches.clear_if_expired()
        self._limit = limit
        if limit < self._min_limit:
            self._shrink_process(limit)
        payload, done = self._open(), 0
        while done < len(spans):
            chunk = spans[done : done + SPANS_AT_ONCE]
            bodies = self._encode_together(chunk)
            # The usual case: the chunk was encoded and fits as a whole.
            if bodies and payload.add(bodies):
                done += len(bodies)
                continue
            # Else span by span. *bodies* may be shorter than the chunk: it ended early.
            for span, whole in zip(chunk, bodies or repeat(None), strict=False):
                # None: its logs alone are too large. Empty: it is left out.
                body = self._encode_singly(span) if whole is None else whole
                if body is None or (body and not payload.add([body])):
                    # The payload is full; a span that does not fit an empty one either
                    # is shrunk.
                    if payload.bodies:
                        yield self._close(payload, done)
                        payload = self._open()
                    body = self._add_shrunk(span, body, payload)
                done += 1
                if not body and self._clock.monotonic() >= payload.yield_at:
                    yield self._close(payload, done)
                    payload = self._open()
        if payload.bodies:
            yield self._close(payload, done)

    @abstractmethod
    def _use_process(self, process: Process) -> int:
        """Use *process* in later frames; return its encoded size in bytes."""

    @abstractmethod
    def _frame(self) -> Frame:
        """Return the frame of the next payload, which is number `_payloads` + 1."""

    @abstractmethod
    def _bodies(self, spans: Sequence[SpanData]) -> list[bytes]:
        """
        Return the bytes of each of *spans*, up to `SPANS_AT_ONCE`.

        Stops after a span of more than `LARGE_SPAN` bytes, and so may return fewer.
        May raise anything if one of *spans* is not plain.

        Raises:
            LogsTooLargeError: If the logs of a span are too large for a payload.
        """

    @abstractmethod
    def _append_each_log(self, parts: list[bytes], logs: Sequence[LogItem]) -> None:
        """Append the bytes of *logs*, without the header and end of the list."""

    def _append_logs(self, parts: list[bytes], logs: list[LogItem]) -> None:
        """
        Append the bytes of *logs*, in blocks of `LOG_BLOCK` if there are more.

        Raises:
            LogsTooLargeError: As soon as they are larger than a payload may be.
        """
        if len(logs) <= LOG_BLOCK:
            self._append_each_log(parts, logs)
            return
        size = 0
        for begin in range(0, len(logs), LOG_BLOCK):
            block: list[bytes] = []
            self._append_each_log(block, logs[begin : begin + LOG_BLOCK])
            # One byte string per block instead of several per log saves memory.
            parts.append(b"".join(block))
            size += len(parts[-1])
            if size > self._limit:
                raise LogsTooLargeError

    def _open(self) -> _OpenPayload:
        yield_at = self._clock.monotonic() + _EMPTY_PAYLOAD_AFTER
        return _OpenPayload(self._frame(), self._limit, yield_at=yield_at)

    def _close(self, payload: _OpenPayload, consumed: int) -> Payload:
        bodies = payload.bodies
        if not bodies:
            return Payload(b"", 0, consumed)
        self._payloads += 1
        body = payload.frame.around(bodies, payload.size)
        return Payload(body, len(bodies), consumed)

    def _encode_together(self, spans: Sequence[SpanData]) -> list[bytes] | None:
        """Return the bytes of each span; `None` if one of them is not plain."""
        try:
            return self._bodies(spans)
        except Exception:  # noqa: BLE001 - a span may hold any object of the application
            return None

    def _encode_singly(self, span: SpanData) -> bytes | None:
        """
        Return the bytes of *span*; empty if it cannot be encoded.

        Returns `None` if its logs alone are too large for a payload.
        """
        try:
            return self._body(span)
        except LogsTooLargeError:
            return None
        except Exception:  # noqa: BLE001 - see _encode_together
            return self._encode_plain_copy(span)

    def _encode_plain_copy(self, span: SpanData) -> bytes | None:
        try:
            if length_hint(span.log_items) > self._limit // MIN_LOG_SIZE:
                return None  # the copy would be large; shrinking copies what fits
            return self._body(plain_span(span))
        except LogsTooLargeError:
            return None
        except Exception:  # noqa: BLE001 - this span is lost, the others must not be
            self.losses.not_encodable += 1
            return b""

    def _add_shrunk(
        self, span: SpanData, body: bytes | None, payload: _OpenPayload
    ) -> bytes:
        """
        Add as much of *span* as fits to *payload*, which is empty.

        *body* is the whole span, or `None` if that was too large to encode. Returns
        what was added; empty if the span is left out.
        """
        size = payload.max_span_size()
        fitting = body
        if body is None or len(body) > size:
            try:
                fitting = self._shrink(span, size)
            except Exception:  # noqa: BLE001 - this span is lost, the others must not be
                self.losses.not_encodable += 1
                return b""
            if fitting is None:
                self.losses.too_large += 1
                return b""
            self.losses.truncated += 1
        return fitting if fitting and payload.add([fitting]) else b""

    def _shrink(self, span: SpanData, max_size: int) -> bytes | None:
        """Return as much of *span* as fits *max_size* bytes; `None` if nothing does."""
        return shrink_span(span, self._body, self._size_of_log, max_size)

    def _body(self, span: SpanData) -> bytes:
        (body,) = self._bodies((span,))
        return body

    def _size_of_log(self, log: LogItem) -> int:
        parts: list[bytes] = []
        self._append_each_log(parts, [log])
        return sum(map(len, parts))

    def _shrink_process(self, limit: int) -> None:
        """Shorten the process tags to half of *limit* bytes, so that spans fit, too."""
        whole, max_size = self._whole_process, limit // 2
        size = self._use_process(whole)
        process = shrink_process(whole, self._use_process, max_size)
        # If it is still too large, another attempt would not help: 0 prevents it.
        self._min_limit = 0 if self._use_process(process) > max_size else limit
        values = dict(process.tags)
        tags = plain_items(whole.tags)
        changed = [key for key, value in tags if values.get(key) != value]
        if changed:
            logger.warning(
                _PROCESS_TOO_LARGE,
                size,
                limit,
                ", ".join(
                    repr(key[:_MAX_NAMED_LENGTH]) for key in changed[:_MAX_NAMED_TAGS]
                ),
                " and others" if len(changed) > _MAX_NAMED_TAGS else "",
            )


def duration_us(start: float, end: float | None) -> int:
    """
    Return the time from *start* to *end*, in seconds, as whole microseconds.

    At least 1, because Jaeger marks a duration of 0 as negative; 1 if there is no end;
    0 if *end* is before *start*.
    """
    if end is None:
        return 1
    duration = int((end - start) * 1000000)
    return duration if duration > 0 else int(end >= start)


def dropped_items(span: SpanData) -> list[TagItem]:
    """
    Return the numbers of tags and logs that *span* dropped at its limits, as tags.

    OpenTelemetry specifies these names for formats that have no field for the numbers.
    """
    counts = (
        ("otel.dropped_attributes_count", span.dropped_tags),
        ("otel.dropped_events_count", span.dropped_logs),
    )
    return [(key, count) for key, count in counts if count]


def usable_references(
    references: Sequence[opentracing.Reference],
) -> Iterator[tuple[bool, int, int]]:
    """
    Yield for each reference: is it FOLLOWS_FROM, its trace id, its span id.

    A reference without a trace id is left out: Jaeger rejects the whole payload for it.
    """
    for reference in references:
        context = cast("SpanIds | None", reference.referenced_context)
        if context is not None and context.trace_id:
            follows = reference.type == "follows_from"
            yield follows, context.trace_id, context.span_id or 0
