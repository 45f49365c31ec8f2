"""
The span: one slotted object that only remembers.

The tags of the start stay a dict, those that come later are pairs in a list,
and logs are `(microseconds, pairs)`; values that could still change are turned
into text when they are set. Everything else happens on the worker's thread.

A span may be used from several threads. No lock is needed: each write is a
single `list.append` or attribute store, which the interpreter does as one step.
"""

from __future__ import annotations

# Looked up as `time.time()` at each call, for tests of applications patch it;
# a call through the room of time would cost 60 ns of a start's 1.5 µs.
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol, cast

from jaeger_client.constants import (
    DEBUG_FLAG,
    MAX_TAG_VALUE_LENGTH,
    MAX_TRACEBACK_LENGTH,
    SAMPLED_FLAG,
)
from jaeger_client.diagnostics import Notice
from jaeger_client.model import LogItem, LogList, SpanIds, TagItem, TagList, TagValue
from jaeger_client.span_identity import SpanIdentity
from jaeger_client.tag_values import (
    BY_VALUE,
    kept_values,
    to_seconds,
    to_tag_value,
    to_text,
)

if TYPE_CHECKING:
    from types import TracebackType

    import opentracing
    from typing_extensions import Self

    from jaeger_client.span_context import SpanContext

__all__ = ["DEBUG_FLAG", "SAMPLED_FLAG", "Span", "SpanOwner"]

_SAMPLING_PRIORITY: Final = "sampling.priority"
NO_TAGS: Final[dict[str, TagValue]] = {}
NO_MORE_TAGS: Final[list[TagItem]] = []
NO_LOGS: Final[list[LogItem]] = []
"""These three stand in for what a span has none of; nothing is put into them."""

_FINISHED_TWICE = Notice("span %r was finished before; only the first finish counts")
_NO_TAG = Notice("a tag raised %r and is ignored")
_NO_LOG = Notice("a log raised %r and is ignored")
_NO_BAGGAGE = Notice("a baggage item raised %r and is ignored")


class SpanOwner(Protocol):
    """What a span needs of its tracer. Called on the application's thread."""

    service_name: str
    max_tag_value_length: int
    max_traceback_length: int

    def is_debug_allowed(self, operation: str) -> bool:
        """Return whether one more debug trace may be started."""
        ...

    def report_span(self, span: Span) -> None:
        """Take a finished span. Never raises, never blocks."""
        ...


class _NoOwner:
    """The owner of a span that was made without a tracer: keeps and reports nothing."""

    service_name = ""
    max_tag_value_length = MAX_TAG_VALUE_LENGTH
    max_traceback_length = MAX_TRACEBACK_LENGTH

    def is_debug_allowed(self, operation: str) -> bool:  # noqa: ARG002 - see SpanOwner
        return True

    def report_span(self, span: Span) -> None:
        pass


_NO_OWNER: Final = _NoOwner()


class Span(SpanIdentity):
    """
    One unit of work of a trace.

    Made by `Tracer.start_span`. On an unsampled span everything but the
    operation name, baggage and `sampling.priority` is ignored. Methods never
    raise, and may be called from any thread.
    """

    __slots__ = (
        "_tracer",
        "decision_tags",
        "end_time",
        "finished",
        "first_tags",
        "log_items",
        "more_tags",
        "operation_name",
        "references",
        "start_time",
    )

    operation_name: str
    start_time: float
    """Seconds since the epoch."""
    end_time: float | None
    """Seconds since the epoch; `None` before `finish`."""
    finished: bool
    """Whether `finish` was called; stays false on an unsampled span."""
    references: Sequence[opentracing.Reference] | None
    """What the span was started with in `references`."""
    first_tags: dict[str, TagValue]
    """The tags it was started with; like the next, read and never changed."""
    decision_tags: Mapping[str, TagValue]
    """The tags that say who decided to record the trace."""
    more_tags: list[TagItem]
    """The tags that came later, as pairs. Read `tags` for all, as objects."""
    log_items: list[LogItem]
    """Logs as pairs; read `logs` for objects."""
    shares_span_id: bool = False
    """
    Whether it took over its parent's span id, which Zipkin must be told.

    Stored beside the slots, on those spans alone: others start without a store more.
    """
    dropped_tags: int = 0
    """How many tags were not recorded."""
    dropped_logs: int = 0
    """How many logs were not kept."""

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
        self.start_time = time.time() if start_time is None else to_seconds(start_time)
        self.end_time = None
        self.finished = False
        self.references = references
        self.first_tags = self.decision_tags = NO_TAGS
        self.more_tags = NO_MORE_TAGS
        self.log_items = NO_LOGS
        if tags:
            self.add_tags(tags)

    def add_tags(self, tags: Mapping[str, object]) -> None:
        """Set every tag of *tags*, as `set_tag` would."""
        for key, value in tags.items():
            self.set_tag(key, value)

    @property
    def tag_items(self) -> Iterable[TagItem]:
        """The tags as pairs; read `tags` for objects."""
        # No call stands between the three reads, see `tags`.
        first, decision, more = self.first_tags, self.decision_tags, self.more_tags
        if more or decision:
            return [*first.items(), *decision.items(), *more]
        return first.items()

    @property
    def ids(self) -> SpanIds:
        """What encoders write of the context, which need not be made for them."""
        made = self.made_context
        return self if made is None else made

    @property
    def tags(self) -> TagList:
        """The tags as a list of `Tag` objects that may be changed."""
        more: object = self.more_tags
        if isinstance(more, TagList):
            return more
        self.tags = self.tag_items
        return cast("TagList", self.more_tags)

    @tags.setter
    def tags(self, tags: Iterable[TagItem]) -> None:
        # A tag unpacks as a pair, so readers of pairs need not know the difference.
        tag_list = TagList(tags)
        # No call stands between the lines, so no reader sees a tag twice.
        self.more_tags = cast("list[TagItem]", tag_list)
        self.first_tags = self.decision_tags = NO_TAGS

    @property
    def logs(self) -> LogList:
        """The logs as a list of `Log` objects that may be changed."""
        items: object = self.log_items
        if isinstance(items, LogList):
            return items
        logs = LogList(self.log_items)
        self.log_items = cast("list[LogItem]", logs)
        return logs

    @logs.setter
    def logs(self, logs: Sequence[LogItem]) -> None:
        self.log_items = cast("list[LogItem]", LogList(logs))

    @property
    def tracer(self) -> SpanOwner:  # pyright: ignore[reportIncompatibleMethodOverride]  # any owner will do
        """The tracer that started this span."""
        return self._tracer

    def is_rpc(self) -> bool:
        """Return whether the first `span.kind` tag says client or server."""
        return self._span_kind() in {"client", "server"}

    def is_rpc_client(self) -> bool:
        """Return whether the first `span.kind` tag says client."""
        return self._span_kind() == "client"

    def _span_kind(self) -> object:
        kinds = (value for key, value in self.tag_items if key == "span.kind")
        return next(kinds, None)

    def set_operation_name(self, operation_name: str) -> Span:
        """Replace the operation name."""
        self.operation_name = to_text(operation_name)
        return self

    def set_tag(self, key: str, value: object) -> Span:
        """
        Append a tag; a tag of the same key stays beside it.

        Text is cut at the tracer's `max_tag_value_length`; a value that is no
        text, number, truth value or bytes is turned into text at once.
        """
        try:
            if key == _SAMPLING_PRIORITY and not self._set_sampling_priority(value):
                return self
            made = self.made_context  # as in `finish`
            flags = self.own_flags if made is None else made.flags
            if flags & SAMPLED_FLAG:
                if type(value) is str:
                    if len(value) > self._tracer.max_tag_value_length:
                        value = value[: self._tracer.max_tag_value_length]
                elif type(value) not in BY_VALUE:
                    value = to_tag_value(value, self._tracer)
                # No call stands between the two lines, so no other thread does.
                if self.more_tags is NO_MORE_TAGS:
                    self.more_tags = []
                self.more_tags.append((key, value))  # type: ignore[arg-type]  # see BY_VALUE
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

    def log_kv(
        self,
        key_values: Mapping[str, object],
        timestamp: float | None = None,
    ) -> Span:
        """Append a log of *key_values* at *timestamp*, in seconds; `None` is now."""
        made = self.made_context  # as in `finish`
        flags = self.own_flags if made is None else made.flags
        if not flags & SAMPLED_FLAG:
            return self
        try:
            when = time.time() if timestamp is None else to_seconds(timestamp)
            fields = kept_values(
                key_values if type(key_values) is dict else dict(key_values),  # pyright: ignore[reportUnknownArgumentType]  # of texts, as it says
                self._tracer,
            ).items()
            # No call stands between the two lines, so no other thread does.
            if self.log_items is NO_LOGS:
                self.log_items = []
            self.log_items.append((int(when * 1000000), fields))
        except Exception as error:  # noqa: BLE001 - the mapping's own code may raise anything
            _NO_LOG.warn(error)
        return self

    def info(self, message: object, payload: object = None) -> Span:
        """Log *message* as an event, with *payload* unless that is empty."""
        return self.log_event(message, None if _is_empty(payload) else payload)

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
        """Set an item that travels with the trace from here on; `None` deletes it."""
        fields = {"event": "baggage", "key": key, "value": value}
        try:
            if self.baggage.get(key):
                fields["override"] = "true"
            # The base's: an undecided span would decide for whoever reads its own.
            self.context = super().context.with_baggage_item(key, value)
        except Exception as error:  # noqa: BLE001 - the key's own code may raise anything
            _NO_BAGGAGE.warn(error)
            return self
        return self.log_kv(fields)

    def get_baggage_item(self, key: str) -> str | None:
        """Return the baggage item of *key*, or `None`."""
        with suppress(Exception):  # the key's own code may raise anything
            return self.baggage.get(key)
        return None

    def finish(self, finish_time: float | None = None) -> None:
        """
        End the span at *finish_time*, in seconds, or now, and report it.

        Only the first call counts; on an unsampled span none does.
        """
        # `flags`, without the 50 ns of a property.
        made = self.made_context
        flags = self.own_flags if made is None else made.flags
        if not flags & SAMPLED_FLAG:
            return
        # No jump and no call stands between the two lines, so no other thread
        # does: of several that finish the span, one alone finds it unfinished.
        if not self.finished:
            self.finished = True
            if finish_time is None:
                self.end_time = time.time()
            else:
                self.end_time = to_seconds(finish_time)
            self._tracer.report_span(self)
        else:
            _FINISHED_TWICE.warn(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        if exc_val is not None:
            self.record_exception(exc_type, exc_val, exc_tb)
        self.finish()

    def record_exception(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException,
        exc_tb: TracebackType | None,
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


def _is_empty(payload: object) -> bool:
    try:
        return not payload
    except Exception:  # noqa: BLE001 - the payload's own code may raise anything
        return False
