"""
The span: a slotted object that stores what the application records.

The tags of the start stay a dict, later tags are pairs in a list, and logs are
`(microseconds, pairs)`. Values that could change later are converted to text when
they are set. Everything else happens on the worker's thread.

A span may be used from several threads, from signal handlers and from finalizers,
without a lock: every change is a sequence of statements that nothing can interrupt
(see `SpanList`). A list that is in use is never replaced by a copy, except where
the copy and the replacement are one such sequence.
"""

from __future__ import annotations

# Looked up as `time.time()` at each call, because tests of applications patch it.
# A call through `clock.SYSTEM_CLOCK` would cost 60 ns of a start's 1.5 µs.
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

from jaeger_client._internal.clock import STEADY_CLOCK, UNPATCHED
from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client._internal.span_records import (
    BY_VALUE,
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
"""OpenTracing's tag that decides whether the trace is recorded."""

_FINISHED_TWICE = RateLimitedWarning(
    "span %r was finished before; only the first finish counts"
)
_NO_TAG = RateLimitedWarning("a tag raised %r and is ignored")
_NO_LOG = RateLimitedWarning("a log raised %r and is ignored")
_NO_BAGGAGE = RateLimitedWarning("a baggage item raised %r and is ignored")
_TOO_MUCH_BAGGAGE = RateLimitedWarning(
    "span %.200r has %d baggage items: a further one is dropped. Baggage is sent with "
    "every request; use few keys"
)


class SpanOwner(Protocol):
    """What a span needs of its tracer. Called on the application's thread."""

    service_name: str = ""
    max_tag_value_length: int = MAX_TAG_VALUE_LENGTH
    max_traceback_length: int = MAX_TRACEBACK_LENGTH
    max_tags_per_span: int = MAX_TAGS_PER_SPAN
    max_logs_per_span: int = MAX_LOGS_PER_SPAN

    @property
    def clock(self) -> Clock | None:
        """Where its spans read the time; `None` is the system's clock."""
        return None

    def is_debug_allowed(self, operation: str) -> bool:  # noqa: ARG002 - for tracers
        """Return whether one more debug trace may be started."""
        return True

    def count_dropped(self, *, tags: int = 0, logs: int = 0, baggage: int = 0) -> None:
        """Count what spans dropped because of their limits. Never raises."""
        ...

    def report_span(self, span: Span) -> None:
        """Report a finished span. Never raises, never blocks."""
        ...


class _NoOwner(SpanOwner):
    """The owner of a span that was created without a tracer: reports nothing."""

    def count_dropped(self, **numbers: int) -> None:
        pass

    def report_span(self, span: Span) -> None:
        pass


_NO_OWNER: Final = _NoOwner()


class Span(SpanRecords):
    """
    One unit of work of a trace.

    Created by `Tracer.start_span`. On an unsampled span everything but the operation
    name, baggage and `sampling.priority` is ignored. Methods never raise, and may be
    called from any thread.
    """

    __slots__ = (
        "clock_offset",
        "end_time",
        "finished",
        "references",
        "start_time",
    )

    _tracer: SpanOwner
    start_time: float
    """Seconds since the epoch."""
    end_time: float | None
    """Seconds since the epoch; `None` before `finish`."""
    clock_offset: float | None
    """
    Seconds from the steady clock to the wall clock when the span was started.

    A child has that of its parent. Times that the span takes itself are those of the
    steady clock plus this, so that a step of the wall clock changes no duration. `None`
    if the start time was passed or `time.time` was patched; then, and while it is
    patched, times are those of `wall_time`.
    """
    finished: bool
    """Whether `finish` was called; stays false on an unsampled span."""
    references: Sequence[opentracing.Reference] | None
    """What the span was started with in `references`."""
    # Like `dropped_tags`, it is stored beside the slots of the few spans that need it.
    shares_span_id: bool = False
    """Whether it has its parent's span id, which Zipkin's format marks."""

    def __init__(  # noqa: PLR0917 - the signature of 4.8
        self,
        context: SpanContext,
        tracer: SpanOwner | None,
        operation_name: str,
        tags: Mapping[str, object] | None = None,
        start_time: float | None = None,
        references: Sequence[opentracing.Reference] | None = None,
    ) -> None:
        # The base's __init__ stores the two under other names, and nothing else.
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
        """What encoders write of the context, without creating it."""
        made = self.made_context
        return self if made is None else made

    @property
    def tracer(self) -> SpanOwner:  # pyright: ignore[reportIncompatibleMethodOverride]  # any owner will do
        """The tracer that started this span."""
        return self._tracer

    def set_operation_name(self, operation_name: str) -> Span:
        """Replace the operation name."""
        self.operation_name = to_text(operation_name)
        return self

    def add_tags(self, tags: Mapping[str, object]) -> None:
        """Set every tag of *tags*, as `set_tag` would."""
        for key, value in tags.items():
            self.set_tag(key, value)

    def set_tag(self, key: str, value: object) -> Span:
        """
        Append a tag; a tag of the same key stays beside it.

        Text is cut at the tracer's `max_tag_value_length`; a value that is neither
        text, number, bool nor bytes is converted to text at once.
        """
        try:
            if key == SAMPLING_PRIORITY and not self._set_sampling_priority(value):
                return self
            # The first test is enough for most sampled spans. The others are written
            # out, here and below, because the property takes 500 instructions.
            if self.own_flags != SAMPLED_FLAG:
                made = self.made_context
                if not (self.own_flags if made is None else made.flags) & SAMPLED_FLAG:
                    return self
            if type(value) is str:
                if len(value) > self._tracer.max_tag_value_length:
                    value = value[: self._tracer.max_tag_value_length]
            elif type(value) not in BY_VALUE:
                value = to_tag_value(value, self._tracer)
            pair: Any = key, value  # a `TagItem` by now
            if len(self.more_tags) >= MANY:
                self._grow_tags()
            # The pair exists already, so nothing is allocated and no finalizer
            # runs between the look-up of the list and the append.
            self.more_tags.append(pair)
        except Exception as error:  # noqa: BLE001 - the key's own code may raise anything
            _NO_TAG.warn(error)
        return self

    def _set_sampling_priority(self, value: object) -> bool:
        """Change the context's flags; return whether the tag is to be recorded."""
        try:
            priority = int(value)  # type: ignore[call-overload]  # any value may come
        except Exception:  # noqa: BLE001 - the value's own code may raise anything
            return False
        # Less than 0 counts as more, as it did in 4.8.
        if priority == 0:
            self.flags &= ~(SAMPLED_FLAG | DEBUG_FLAG)
            return False
        if self.is_debug() or not self._tracer.is_debug_allowed(self.operation_name):
            return False
        self.flags |= SAMPLED_FLAG | DEBUG_FLAG
        return True

    def log_kv(  # noqa: C901 - written out for the same reason as `start_span`
        self,
        key_values: Mapping[str, object],
        timestamp: float | None = None,
    ) -> Span:
        """Append a log of *key_values* at *timestamp*, in seconds; `None` is now."""
        if self.own_flags != SAMPLED_FLAG:  # as in `set_tag`
            made = self.made_context
            if not (self.own_flags if made is None else made.flags) & SAMPLED_FLAG:
                return self
        try:
            if timestamp is not None:
                when = to_seconds(timestamp, self.wall_time)
            elif self.clock_offset is not None and time.time is UNPATCHED.wall_clock:
                when = self.clock_offset + STEADY_CLOCK()
            else:
                when = self.wall_time()
            fields: dict[str, Any] = dict(key_values)
            if len(fields) > MAX_LOG_FIELDS:
                fields = self._fewer_fields(fields)
            # As in `start_span`.
            max_length = self._tracer.max_tag_value_length
            for value in fields.values():
                kind = type(value)  # pyright: ignore[reportUnknownVariableType]  # any value
                if kind is str:
                    if len(value) <= max_length:
                        continue
                elif kind is int or kind is bool or kind in BY_VALUE:
                    continue
                fields = to_tag_values(fields, self._tracer)
                break
            item: LogItem = int(when * 1000000), fields.items()
            logs = self.log_items
            if logs is NO_LOGS or len(logs) >= MANY:
                self._grow_logs()
            self.log_items.append(item)  # as in `set_tag`
        except Exception as error:  # noqa: BLE001 - the mapping's own code may raise anything
            _NO_LOG.warn(error)
        return self

    def info(self, message: object, payload: object = None) -> Span:
        """Log *message* as an event, with *payload* unless that is empty."""
        with suppress(Exception):  # the payload's own code may raise anything
            payload = payload or None
        return self.log_event(message, payload)

    def error(self, message: object, payload: object = None) -> Span:
        """Set the tag `error` and do as `info` does."""
        self.set_tag("error", True)  # noqa: FBT003 - a tag's value
        return self.info(message, payload)

    def log_event(self, event: object, payload: object = None) -> Span:
        """Log *event*, with *payload* if there is one."""
        if payload is None:
            return self.log_kv({"event": event})
        return self.log_kv({"event": event, "payload": payload})

    def set_baggage_item(self, key: str, value: str | None) -> Span:
        """Set an item that is propagated from here on; `None` deletes it."""
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
        End the span at *finish_time*, in seconds, or now, and report it.

        Only the first call counts; on an unsampled span none does.
        """
        if self.own_flags != SAMPLED_FLAG:  # as in `set_tag`
            made = self.made_context
            if not (self.own_flags if made is None else made.flags) & SAMPLED_FLAG:
                return
        # No jump and no call stands between the two lines, so no other thread
        # does: of several that finish the span, one alone finds it unfinished.
        if not self.finished:
            self.finished = True
            if finish_time is not None:
                self.end_time = to_seconds(finish_time, self.wall_time)
            elif self.clock_offset is not None and time.time is UNPATCHED.wall_clock:
                self.end_time = self.clock_offset + STEADY_CLOCK()
            else:
                self.end_time = self.wall_time()
            self._tracer.report_span(self)
        else:
            _FINISHED_TWICE.warn(self)

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
