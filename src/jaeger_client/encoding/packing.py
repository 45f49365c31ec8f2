"""
The part that all encoders share: fill payloads with as many spans as fit.

Spans are written one after the other into one growing buffer, in pieces of up to 1,000.
If that raises, what was written of the failing span is cut off; a plain copy of it is
encoded instead, and if that raises, too, it is left out and counted. Sizes are exact,
not estimated, because the spans are written before the frame around them.

A span that does not fit the current payload begins the next one. If it does not fit an
empty payload, it is shrunk (see `shrink`); if even that does not fit, it is left out
and counted.

The caller can stop only between payloads, so the time until the next one is bounded for
any spans: a piece ends with the span that fills the payload, the logs of a span are
written only up to the size of a payload, and `encode` yields an empty payload when
spans have been left out for `_EMPTY_PAYLOAD_AFTER` seconds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from operator import length_hint
from typing import TYPE_CHECKING, Final, Protocol, cast

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.diagnostics import logger
from jaeger_client._internal.fork import forks_wait
from jaeger_client._internal.named_tuple import NamedTuple
from jaeger_client.encoding.base import Payload
from jaeger_client.encoding.plain import PlainLog, plain_items, plain_log, plain_span
from jaeger_client.model import LogItem, Process, SpanData, SpanIds, SpanLosses, TagItem

if TYPE_CHECKING:
    import opentracing

SPANS_AT_ONCE: Final = 1_000
"""Maximum number of spans in a piece, which usually fills a payload."""

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


class SpanWriter(Protocol):
    """Writes spans as the `_write_span` of an encoder; used by any thread."""

    def write_spans(
        self, out: bytearray, ends: list[int], spans: Sequence[SpanData], max_size: int
    ) -> None:
        """Do what `PackingEncoder._write_spans` does."""
        ...


class Frame(NamedTuple):
    """The bytes around the spans of one payload."""

    before: Callable[[int, int], bytes]
    """Returns the bytes before the spans, from their number and their size in bytes."""
    after: bytes
    """The bytes after the last span."""
    separator_size: int = 0
    """
    Number of bytes with which each span begins, to separate it from the previous one.

    They are left out of the first span of a payload.
    """

    def size(self, count: int, spans_size: int) -> int:
        """Return the size of the frame of *count* spans of *spans_size* bytes."""
        return len(self.before(count, spans_size)) + len(self.after)


class _OpenPayload:
    """A payload that is being filled."""

    def __init__(self, frame: Frame, limit: int, *, yield_at: float) -> None:
        self.frame = frame
        self.limit = limit
        self.yield_at = yield_at
        """Monotonic time at which it is yielded even if all spans were left out."""
        self.spans = bytearray()
        """The encoded spans, each with its separator."""
        self.ends: list[int] = []
        """The size of `spans` after each of them."""
        self.max_size = limit + frame.separator_size - frame.size(1, 0)
        """Size of `spans` above which they certainly do not fit."""

    def add(self, body: bytes) -> bool:
        """Add an encoded span if it fits; return whether it did."""
        end = len(self.spans) + len(body)
        if not self._has_space_for(len(self.ends) + 1, end):
            return False
        self.spans += body
        self.ends.append(end)
        return True

    def pop_surplus(self) -> bytes:
        """
        Remove the spans that do not fit; return the first of them, or no bytes.

        Of a span that fits no payload, a part is returned that does not fit either.
        Memory may not suffice for a copy of the whole.
        """
        end = None
        while self.ends and not self._has_space_for(len(self.ends), self.ends[-1]):
            end = self.ends.pop()
        if end is None:
            return b""
        end = min(end, self.size + self.limit + self.frame.separator_size + 1)
        surplus = bytes(self.spans[self.size : end])
        del self.spans[self.size :]
        return surplus

    @property
    def size(self) -> int:
        """Size of the whole spans."""
        return self.ends[-1] if self.ends else 0

    def max_span_size(self) -> int:
        """Return the size of the largest span that fits while the payload is empty."""
        frame = self.frame
        size = max(0, self.limit + frame.separator_size - frame.size(1, self.limit))
        # A smaller span may have a smaller frame: its size takes fewer bytes there.
        while self._has_space_for(1, size + 1):
            size += 1
        return size

    def as_bytes(self) -> bytes:
        """Return the payload."""
        spans = memoryview(self.spans)[self.frame.separator_size :]
        before = self.frame.before(len(self.ends), len(spans))
        return b"".join((before, spans, self.frame.after))

    def _has_space_for(self, count: int, size: int) -> bool:
        size -= self.frame.separator_size
        return size + self.frame.size(count, size) <= self.limit


class PackingEncoder(ABC):
    """
    The base of the encoders, which define how a span and a frame are written.

    Need not be thread-safe: only the thread that empties the queue uses it.
    """

    content_type: str = "application/octet-stream"
    """Media type of the payloads, for senders that use HTTP."""
    _span_writer: SpanWriter | None = None
    """The compiled writer of the format, if there is one; see `_write_spans`."""

    def __init__(
        self, losses: SpanLosses | None = None, *, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self.losses = SpanLosses() if losses is None else losses
        self._clock = clock
        self._limit = 0
        self._payloads = 0
        self.set_process(Process(service_name=""))

    def set_process(self, process: Process) -> None:
        """Use *process* for the spans that follow."""
        self._whole_process = process
        # At most half of a payload is for the process, the rest is for spans.
        self._min_limit = 2 * self._use_process(process)

    def clear_cache(self) -> None:  # noqa: B027 - for encoders that have a cache
        """Do nothing: these encoders store nothing of a span."""

    def encode(self, spans: Sequence[SpanData], *, limit: int) -> Iterator[Payload]:
        """
        Yield payloads of at most *limit* bytes that hold *spans* in their order.

        Spans after the last payload's `consumed`, if any, were all left out and
        are counted in the losses.
        """
        self._limit = limit
        if limit < self._min_limit:
            self._shrink_process(limit)
        payload, done = self._open(), 0
        while done < len(spans):
            before = len(payload.ends)
            piece = spans[done : done + SPANS_AT_ONCE]
            is_written = self._write_piece(payload, piece)
            surplus = payload.pop_surplus()
            done += len(payload.ends) - before
            # The usual case: the piece was written, and all of it fits.
            if is_written and not surplus:
                continue
            # Else the next span does not fit, or writing it has raised.
            body = surplus or self._encode_singly(spans[done])
            # None: its logs alone are too large. Empty: it is left out.
            if body is None or (body and not payload.add(body)):
                # The payload is full; a span that does not fit an empty one either is
                # shrunk.
                if payload.ends:
                    yield self._close(payload, done)
                    payload = self._open()
                body = self._add_shrunk(spans[done], body, payload)
            done += 1
            if not body and self._clock.monotonic() >= payload.yield_at:
                yield self._close(payload, done)
                payload = self._open()
        if payload.ends:
            yield self._close(payload, done)

    @abstractmethod
    def _use_process(self, process: Process) -> int:
        """Use *process* in later frames; return its encoded size in bytes."""

    @abstractmethod
    def _frame(self) -> Frame:
        """Return the frame of the next payload, which is number `_payloads` + 1."""

    def _write_spans(
        self, out: bytearray, ends: list[int], spans: Sequence[SpanData], max_size: int
    ) -> None:
        """
        Append *spans* to *out*, and after each the length of *out* to *ends*.

        There are up to `SPANS_AT_ONCE`. Stops after the first span that makes *out*
        longer than *max_size*. Raises as `_write_span` does.
        """
        if self._span_writer is not None:
            self._span_writer.write_spans(out, ends, spans, max_size)
            return
        for span in spans:
            self._write_span(out, span, max_size)
            ends.append(len(out))
            if len(out) > max_size:
                break

    @abstractmethod
    def _write_span(self, out: bytearray, span: SpanData, max_size: int) -> None:
        """
        Append *span* to *out*.

        May raise anything if the span is not plain; *out* may then end with a part of
        it, which the caller cuts off.

        Raises:
            LogsTooLargeError: If the logs of the span are larger than *max_size*.
        """

    @abstractmethod
    def _write_log(self, out: bytearray, log: LogItem) -> None:
        """Append *log*, as it is written within a span."""

    def _open(self) -> _OpenPayload:
        yield_at = self._clock.monotonic() + _EMPTY_PAYLOAD_AFTER
        return _OpenPayload(self._frame(), self._limit, yield_at=yield_at)

    def _close(self, payload: _OpenPayload, consumed: int) -> Payload:
        if not payload.ends:
            return Payload(b"", 0, consumed)
        self._payloads += 1
        return Payload(payload.as_bytes(), len(payload.ends), consumed)

    def _write_piece(self, payload: _OpenPayload, spans: Sequence[SpanData]) -> bool:
        """Write *spans*; return whether none of those before the end has raised."""
        try:
            self._write_spans(payload.spans, payload.ends, spans, payload.max_size)
        except Exception:  # noqa: BLE001 - a span may hold any object of the application
            del payload.spans[payload.size :]
            return False
        return True

    def _encode_singly(self, span: SpanData) -> bytes | None:
        """
        Return the bytes of *span*; empty if it cannot be encoded.

        Returns `None` if its logs alone are too large for a payload.
        """
        try:
            return self._body(span)
        except LogsTooLargeError:
            return None
        except Exception:  # noqa: BLE001 - see _write_piece
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
        return fitting if fitting and payload.add(fitting) else b""

    def _shrink(self, span: SpanData, max_size: int) -> bytes | None:
        """Return as much of *span* as fits *max_size* bytes; `None` if nothing does."""
        with forks_wait():
            from jaeger_client.encoding.shrink import shrink_span  # noqa: PLC0415 - rare

        plain, logs = plain_span(span, with_logs=False), list(span.log_items or ())
        return shrink_span(plain, logs, self._body, self._measure_log, max_size)

    def _body(self, span: SpanData) -> bytes:
        out = bytearray()
        self._write_spans(out, [], (span,), self._limit)
        return bytes(out)

    def _measure_log(self, item: object) -> tuple[PlainLog, int]:
        """Return a log as it is written, and its encoded size in bytes; or raise."""
        log, out = plain_log(item), bytearray()
        self._write_log(out, log)
        return log, len(out)

    def _shrink_process(self, limit: int) -> None:
        """Shorten the process tags to half of *limit* bytes, so that spans fit, too."""
        with forks_wait():
            from jaeger_client.encoding.shrink import shrink_process  # noqa: PLC0415 - rare

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


def write_logs(
    out: bytearray,
    logs: Sequence[LogItem],
    write_log: Callable[[bytearray, LogItem], None],
    max_size: int,
) -> None:
    """
    Append *logs* by *write_log*.

    Raises:
        LogsTooLargeError: As soon as they are larger than *max_size*.
    """
    max_length = len(out) + max_size
    for log in logs:
        write_log(out, log)
        if len(out) > max_length:
            raise LogsTooLargeError


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


def start_us(start: float) -> int:
    """
    Return *start*, in seconds, as whole microseconds.

    Raises:
        Exception: If it is not a finite number.
    """
    # 1e6, not 1_000_000: if the application replaced the time by a list, a list times
    # an integer would fill the memory; times a float it raises.
    return int(start * 1e6)


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
    references: Sequence[opentracing.Reference] | None,
) -> list[tuple[bool, int, int]]:
    """
    Return for each reference: is it FOLLOWS_FROM, its trace id, its span id.

    A reference without a trace id is left out: Jaeger rejects the whole payload for it.
    """
    usable: list[tuple[bool, int, int]] = []
    for reference in references or ():
        context = cast("SpanIds | None", reference.referenced_context)
        if context is not None and context.trace_id:
            follows = reference.type == "follows_from"
            usable.append((follows, context.trace_id, context.span_id or 0))
    return usable
