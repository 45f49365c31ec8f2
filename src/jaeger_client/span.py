"""
The span: an object with slots that stores what the application records.

Initial tags are stored as a dict, later tags as pairs in a list, and logs as
`(microseconds, pairs)`. Mutable values are converted to text when they are set.
Everything else happens on the worker's thread.

A span may be used from several threads, signal handlers and finalizers, without a lock:
every change is a single operation or a sequence of statements that is atomic (see
`signal_safe`). A list that is in use is replaced by a copy only if copying and
replacing are one such sequence.
"""

from __future__ import annotations

# Looked up as `time.time()` at each call, because tests of applications patch it.
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol

from jaeger_client._internal.clock import STEADY_CLOCK, UNPATCHED
from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client._internal.span_core import SpanCore, adopt_span
from jaeger_client._internal.span_records import (
    MANY,
    MAX_LOG_FIELDS,
    NO_LOGS,
    NO_MORE_TAGS,
    NO_TAGS,
    SpanRecords,
    to_seconds,
    to_tag_value,
    to_tag_values,
    to_text,
)
from jaeger_client.constants import (
    DEBUG_FLAG,
    MAX_LOGS_PER_SPAN,
    MAX_TAG_VALUE_LENGTH,
    MAX_TAGS_PER_SPAN,
    MAX_TRACEBACK_LENGTH,
    SAMPLED_FLAG,
)
from jaeger_client.model import LogItem, SpanIds

if TYPE_CHECKING:
    import opentracing
    from typing_extensions import Self

    from jaeger_client._internal.clock import Clock
    from jaeger_client.span_context import SpanContext

__all__ = ["DEBUG_FLAG", "SAMPLED_FLAG", "Span", "SpanOwner"]

SAMPLING_PRIORITY: Final = "sampling.priority"
"""OpenTracing's tag by which the application decides about recording the trace."""

_FINISHED_TWICE = RateLimitedWarning(
    "span %r was finished before; only the first finish counts"
)
_NO_TAG = RateLimitedWarning("setting a tag raised %r; the tag is ignored")
_NO_LOG = RateLimitedWarning("logging raised %r; the log is ignored")
_NO_BAGGAGE = RateLimitedWarning(
    "setting a baggage item raised %r; the item is ignored"
)
_TOO_MUCH_BAGGAGE = RateLimitedWarning(
    "span %.200r has %d baggage items: a further one is dropped. Baggage is sent with "
    "every request; use few keys"
)


class SpanOwner(Protocol):
    """The tracer, as far as a span needs it. Called on the application's threads."""

    service_name: str = ""
    max_tag_value_length: int = MAX_TAG_VALUE_LENGTH
    max_traceback_length: int = MAX_TRACEBACK_LENGTH
    max_tags_per_span: int = MAX_TAGS_PER_SPAN
    max_logs_per_span: int = MAX_LOGS_PER_SPAN

    @property
    def clock(self) -> Clock | None:
        """The clock of its spans; `None` is the system's clock."""
        return None

    def is_debug_allowed(self, operation: str) -> bool:  # noqa: ARG002 - for tracers
        """Return whether one more debug trace may be started."""
        return True

    def count_dropped(self, *, tags: int = 0, logs: int = 0, baggage: int = 0) -> None:
        """Count items that spans have dropped because of limits. Never raises."""
        ...

    def report_span(self, span: Span) -> None:
        """Report a finished span. Never raises, never blocks."""
        ...


class _NoOwner(SpanOwner):
    """The owner of spans that are created without a tracer: reports nothing."""

    def count_dropped(self, **numbers: int) -> None:
        pass

    def report_span(self, span: Span) -> None:
        pass


_NO_OWNER: Final = _NoOwner()


class Span(SpanCore, SpanRecords):
    """
    One unit of work of a trace.

    Created by `Tracer.start_span`. An unsampled span stores only the operation name and
    baggage, and evaluates the tag `sampling.priority`. Methods never raise, and may be
    called from any thread.
    """

    _tracer: SpanOwner
    start_time: float
    """Seconds since the epoch."""
    end_time: float | None
    """Seconds since the epoch; `None` before `finish`."""
    clock_offset: float | None
    """
    Wall clock minus steady clock at the start of the span, in seconds.

    A child has the offset of its parent. The span reads the steady clock and adds this,
    so that a step of the wall clock does not change durations. `None` if the start time
    was passed or `time.time` was patched; then, and while `time.time` is patched, times
    are read by `wall_time`.
    """
    finished: bool
    """Whether `finish` was called; stays false on an unsampled span."""
    references: Sequence[opentracing.Reference] | None
    """The references passed to `start_span`."""
    shares_span_id: bool
    """Whether it has its parent's span id; Zipkin's format marks such spans."""

    def __init__(  # noqa: PLR0917 - the signature of 4.8
        self,
        context: SpanContext,
        tracer: SpanOwner | None,
        operation_name: str,
        tags: Mapping[str, object] | None = None,
        start_time: float | None = None,
        references: Sequence[opentracing.Reference] | None = None,
    ) -> None:
        # The base class's __init__ only stores these two under other names.
        self.context = context
        self._tracer = _NO_OWNER if tracer is None else tracer
        self.operation_name = operation_name
        self.clock_offset = None
        is_ours = isinstance(getattr(tracer, "max_tags_per_span", None), int)
        if is_ours and (clock := getattr(tracer, "clock", None)) is not None:
            self.use_clock(clock)
        if start_time is not None:
            self.start_time = to_seconds(start_time, self.wall_time)
        else:
            self.start_time = self.wall_time()
            if self.clock is None and time.time is UNPATCHED.wall_clock:
                self.clock_offset = self.start_time - STEADY_CLOCK()
        self.end_time = None
        self.finished = False
        self.references = references
        self.first_tags = self.decision_tags = NO_TAGS
        self.more_tags = NO_MORE_TAGS
        self.log_items = NO_LOGS
        if not is_ours:
            # These lists use the default limits.
            self._tag_list()
            self._log_list()
        if tags:
            self.add_tags(tags)

    @property
    def ids(self) -> SpanIds:
        """The ids and flags for encoders; does not create the context."""
        context = self.stored_context
        return self if context is None else context

    @property
    def tracer(self) -> SpanOwner:  # pyright: ignore[reportIncompatibleMethodOverride]  # any owner will do
        """The tracer that started this span."""
        return self._tracer

    def set_operation_name(self, operation_name: str) -> Span:
        """Replace the operation name."""
        self.operation_name = to_text(operation_name)
        return self

    def add_tags(self, tags: Mapping[str, object]) -> None:
        """Call `set_tag` for each of *tags*."""
        for key, value in tags.items():
            self.set_tag(key, value)

    def set_tag(self, key: str, value: object) -> Span:
        """
        Append a tag; an earlier tag of the same key is not replaced.

        Text is cut at the tracer's `max_tag_value_length`. A value that is not text, a
        number, a bool or bytes is converted to text immediately.
        """
        try:
            if key == SAMPLING_PRIORITY and not self._set_sampling_priority(value):
                return self
            if not self.flags & SAMPLED_FLAG:
                return self
            pair = key, to_tag_value(value, self._tracer)
            if len(self.more_tags) >= MANY:
                self._grow_tags()
            # No call and no jump from loading the list to the append, and the pair is
            # created before (see `signal_safe`): else another thread could replace the
            # list in between, and the tag would be lost.
            self.more_tags.append(pair)
        except Exception as error:  # noqa: BLE001 - the key's own code may raise anything
            _NO_TAG.warn(error)
        return self

    def _set_sampling_priority(self, value: object) -> bool:
        """Set the flags of the context; return whether the tag is to be recorded."""
        try:
            priority = int(value)  # type: ignore[call-overload]  # any value may come
        except Exception:  # noqa: BLE001 - the value's own code may raise anything
            return False
        # A negative priority counts as positive, as it did in 4.8.
        if priority == 0:
            self.flags &= ~(SAMPLED_FLAG | DEBUG_FLAG)
            return False
        if self.is_debug() or not self._tracer.is_debug_allowed(self.operation_name):
            return False
        self.flags |= SAMPLED_FLAG | DEBUG_FLAG
        return True

    def log_kv(
        self,
        key_values: Mapping[str, object],
        timestamp: float | None = None,
    ) -> Span:
        """Append a log of *key_values* at *timestamp*, in seconds; `None` is now."""
        if not self.flags & SAMPLED_FLAG:
            return self
        try:
            fields: dict[str, object] = dict(key_values)
            if len(fields) > MAX_LOG_FIELDS:
                fields = self._fewer_fields(fields)
            values = to_tag_values(fields, self._tracer)
            item: LogItem = int(self._time(timestamp) * 1000000), values.items()
            if self.log_items is NO_LOGS or len(self.log_items) >= MANY:
                self._grow_logs()
            self.log_items.append(item)  # as in `set_tag`
        except Exception as error:  # noqa: BLE001 - the mapping's own code may raise anything
            _NO_LOG.warn(error)
        return self

    def info(self, message: object, payload: object = None) -> Span:
        """Log *message* as an event, with *payload* unless it is false."""
        with suppress(Exception):  # the payload's own code may raise anything
            payload = payload or None
        return self.log_event(message, payload)

    def error(self, message: object, payload: object = None) -> Span:
        """Set the tag `error`, then do the same as `info`."""
        self.set_tag("error", True)  # noqa: FBT003 - a tag's value
        return self.info(message, payload)

    def log_event(self, event: object, payload: object = None) -> Span:
        """Log *event*, with *payload* unless it is `None`."""
        if payload is None:
            return self.log_kv({"event": event})
        return self.log_kv({"event": event, "payload": payload})

    def set_baggage_item(self, key: str, value: str | None) -> Span:
        """Set a baggage item, which is propagated from now on; `None` deletes it."""
        fields = {"event": "baggage", "key": key, "value": value}
        try:
            if self.baggage.get(key):
                fields["override"] = "true"
            if not self.store_baggage(key, value):
                _TOO_MUCH_BAGGAGE.warn(self.operation_name, len(self.baggage))
                self._report_dropped(baggage=1)
                return self
        except Exception as error:  # noqa: BLE001 - the key's own code may raise anything
            _NO_BAGGAGE.warn(error)
            return self
        return self.log_kv(fields)

    def finish(self, finish_time: float | None = None) -> None:
        """
        Finish the span at *finish_time*, in seconds, or now, and report it.

        Only the first call has an effect; on an unsampled span none has.
        """
        if not self.flags & SAMPLED_FLAG:
            return
        # No call and no jump between the two lines (see `signal_safe`): if several
        # threads finish the span, only one reports it.
        if not self.finished:
            self.finished = True
            self.end_time = self._time(finish_time)
            self._tracer.report_span(self)
        else:
            _FINISHED_TWICE.warn(self)

    def _time(self, seconds: float | None) -> float:
        """Return *seconds* since the epoch, or the current time if they are `None`."""
        if seconds is not None:
            return to_seconds(seconds, self.wall_time)
        if self.clock_offset is not None and time.time is UNPATCHED.wall_clock:
            return self.clock_offset + STEADY_CLOCK()
        return self.wall_time()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, exc_type: object, exc_val: object, exc_tb: object) -> None:
        if exc_val is not None:
            self.record_exception(exc_type, exc_val, exc_tb)
        self.finish()

    def record_exception(
        self, exc_type: object, exc_val: object, exc_tb: object
    ) -> None:
        """Set the tag `error` and log the exception with its traceback."""
        self.set_tag("error", True)  # noqa: FBT003 - a tag's value
        self.log_kv(
            {
                "event": "error",
                "message": exc_val,
                "error.object": exc_val,
                "error.kind": exc_type,
                "stack": exc_tb,
            },
        )

    def __repr__(self) -> str:
        ids = (self.trace_id, self.span_id, self.parent_id, self.flags)
        text = ":".join(f"{number or 0:x}" for number in ids)
        return f"{text} {self._tracer.service_name}.{self.operation_name}"


adopt_span(Span)
