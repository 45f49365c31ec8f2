"""
What a span records: conversion of values and times, and the storage of tags and logs.

Tags and logs are stored as pairs. Once the application reads them, or there are many,
they are moved to a `SpanList`, which enforces a limit; how that works while other
threads record is explained there.
"""

from __future__ import annotations

import sys
import time
import traceback
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar, cast

from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client._internal.tag_lists import LogList, TagList
from jaeger_client.constants import (
    MAX_LOGS_PER_SPAN,
    MAX_TAGS_PER_SPAN,
    MAX_TRACEBACK_LENGTH,
    SPAN_KIND,
    SPAN_KIND_CLIENT,
    SPAN_KIND_SERVER,
)
from jaeger_client.model import LogItem, TagItem, TagValue
from jaeger_client.span_context import SpanIdentity

if TYPE_CHECKING:
    from jaeger_client._internal.clock import Clock

ListT = TypeVar("ListT", TagList, LogList)

BY_VALUE: Final = frozenset({int, bool, float})
"""Types whose values are stored unchanged: they are immutable and short."""

_END_OF_TIME: Final = 10_000_000_000
"""
First time in seconds that is not plausible: 20 November 2286.

Times from 0 on with at most ten digits are plausible. Current times in milliseconds
have 13 digits, in microseconds 16: they are detected, because as seconds they would be
in the year 50,000 and later. Times before the epoch are not plausible either.
"""

_NUMPY_NUMBERS: Final[dict[str, Callable[[Any], bool | int | float] | None]] = {
    "bool": bool,
    "bool_": bool,  # its name before NumPy 2
    "timedelta64": None,  # derived from "integer", but has a unit
    "integer": int,
    "floating": float,
}
"""Conversions by the name of the NumPy type; `None` is conversion to text."""

MANY: Final = 1024
"""
Number of tags or logs from which on a span uses a `SpanList`, to enforce the limit.

Shorter lists cost no more than a comparison of their length with this constant.
"""

NO_TAGS: Final[dict[str, TagValue]] = {}
NO_LOGS: Final[list[LogItem]] = []
NO_MORE_TAGS: Final[list[TagItem]] = [("", "")] * MANY
"""
The initial values of a span's tags and logs; nothing is ever added to these.

`NO_MORE_TAGS` is recognised by its identity, and its content is never read. It is as
long as a list that must be replaced, so that `set_tag` detects both by one test.
"""

MAX_LOG_FIELDS: Final = 4096
"""Maximum number of fields of a log."""

_DROPPED_FIELDS: Final = "jaeger.dropped_fields"
"""Field of a log that had too many fields: the number of dropped ones."""

_NOT_A_TIME = RateLimitedWarning(
    "a time must be a number of seconds since the epoch, got %s; the "
    "current time is used",
)
_IMPLAUSIBLE_TIME = RateLimitedWarning(
    "a time must be a number of seconds since the epoch, from 1970 to 2286, got %r; "
    "the current time is used. Divide milliseconds by 1e3, microseconds by 1e6",
)
_TOO_MANY = RateLimitedWarning(
    "span %.200r has more than %d %s: older ones after the first half are dropped. "
    "Use more spans, or raise max_%s_per_span"
)
_TOO_MANY_FIELDS = RateLimitedWarning(
    "a log of span %.200r has %d fields: all but %d are dropped. Use more logs"
)


class TextLimits(Protocol):
    """Maximum lengths of text, in characters."""

    max_tag_value_length: int
    max_traceback_length: int


class FixedLimits(TextLimits):
    """Limits for values that belong to no span."""

    def __init__(
        self,
        max_tag_value_length: int,
        max_traceback_length: int = MAX_TRACEBACK_LENGTH,
    ) -> None:
        self.max_tag_value_length = max_tag_value_length
        self.max_traceback_length = max_traceback_length


def to_tag_values(values: dict[str, Any], limits: TextLimits) -> dict[str, TagValue]:
    """Convert each of *values* by `to_tag_value`, in place; return them."""
    max_length = limits.max_tag_value_length
    for key, value in values.items():
        # Most are stored unchanged: without a call for each of these.
        if type(value) is str and len(value) <= max_length:
            continue
        if type(value) not in BY_VALUE:
            values[key] = to_tag_value(value, limits)
    return values


def to_tag_value(value: object, limits: TextLimits) -> TagValue:
    """
    Return *value* as one of the types of tag values, cut to *limits*.

    Never raises: if `str(value)` does, the result is the error's text.
    """
    if type(value) is str and len(value) <= limits.max_tag_value_length:
        return value
    try:
        return _convert(value, limits)
    except Exception as error:  # noqa: BLE001 - the value's own code may raise anything
        return to_text(error)[: limits.max_tag_value_length]


def _convert(value: object, limits: TextLimits) -> TagValue:  # noqa: PLR0911 - one for each type
    # Values of subclasses are converted to the base type: encoders dispatch on the
    # exact type, and a subclass may be mutable or override methods.
    if isinstance(value, str):
        return str.__str__(value)[: limits.max_tag_value_length]
    if isinstance(value, int):
        return value if type(value) is bool else int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(cast("bytes", value))[: limits.max_tag_value_length]
    if isinstance(value, TracebackType):
        return "".join(traceback.format_tb(value))[: limits.max_traceback_length]
    if (number := _numpy_number(value)) is not None:
        return number
    return str.__str__(str(value))[: limits.max_tag_value_length]


def _numpy_number(value: object) -> bool | int | float | None:
    """Return a number or truth value of NumPy as one of Python, `None` for others."""
    # NumPy need not be imported: until the application does, no value has its types.
    bases = type(value).__mro__ if "numpy" in sys.modules else ()
    for kind in bases:
        if kind.__module__ == "numpy" and kind.__name__ in _NUMPY_NUMBERS:
            convert = _NUMPY_NUMBERS[kind.__name__]
            return None if convert is None else convert(value)
    return None


def to_text(value: object) -> str:
    """Return the text of *value*, or the name of its type if `str(value)` raises."""
    try:
        return str.__str__(value if isinstance(value, str) else str(value))
    except Exception:  # noqa: BLE001 - the value's own code may raise anything
        return type(value).__name__


def to_seconds(value: object, now: Callable[[], float]) -> float:
    """Return *value* as seconds since the epoch, or call *now* and log a warning."""
    try:
        seconds = float(value)  # type: ignore[arg-type]  # any value may come
    except Exception:  # noqa: BLE001 - the value's own code may raise anything
        _NOT_A_TIME.warn(type(value).__name__)
        return now()
    if 0 <= seconds < _END_OF_TIME:  # false for NaN, too
        return seconds
    _IMPLAUSIBLE_TIME.warn(seconds)
    return now()


class SpanRecords(SpanIdentity):
    """The part of a `Span` that stores tags and logs."""

    _tracer: Any
    operation_name: str
    first_tags: dict[str, TagValue]
    """Tags passed at the start; like `decision_tags`, replaced but never changed."""
    decision_tags: Mapping[str, TagValue]
    """Tags that describe the sampler which decided to record the trace."""
    more_tags: list[TagItem]
    """
    Tags set later, as pairs; from the first read of `tags` on, or above `MANY` tags, a
    `TagList` of all tags. Read `tags` for objects.
    """
    log_items: list[LogItem]
    """Logs as pairs, or a `LogList` in the same cases. Read `logs` for objects."""
    dropped_tags: int
    """Number of dropped tags."""
    dropped_logs: int
    """Number of dropped logs."""
    # A class attribute, not a slot: it is assigned to few spans.
    clock: Clock | None = None
    """The clock passed to the tracer, if any."""

    def use_clock(self, clock: Clock) -> None:
        """Read all times of this span from *clock*."""
        self.__dict__["clock"] = clock

    def wall_time(self) -> float:
        """Return seconds since the epoch."""
        return time.time() if self.clock is None else self.clock.time()

    def is_rpc(self) -> bool:
        """Return whether the first `span.kind` tag is client or server."""
        return kind_of(self) in {SPAN_KIND_CLIENT, SPAN_KIND_SERVER}

    def is_rpc_client(self) -> bool:
        """Return whether the first `span.kind` tag is client."""
        return kind_of(self) == SPAN_KIND_CLIENT

    @property
    def tag_items(self) -> Iterable[TagItem]:
        """The tags as pairs; read `tags` for objects."""
        # No call and no jump between the three reads: the setter of `tags` and
        # `_tag_list` replace all three in the same way.
        first, decision, more = self.first_tags, self.decision_tags, self.more_tags
        if more is NO_MORE_TAGS:
            return [*first.items(), *decision.items()] if decision else first.items()
        return [*first.items(), *decision.items(), *more]

    @property
    def tags(self) -> TagList:
        """The tags as a list of `Tag` objects that may be changed."""
        return self._tag_list().as_objects()

    @tags.setter
    def tags(self, tags: Iterable[TagItem]) -> None:
        # A `Tag` unpacks as a pair, so readers of pairs handle both.
        tag_list: Any = self._limited(TagList(tags), "tags").trim()
        # No call and no jump between the two lines: no reader sees a tag twice.
        self.more_tags = tag_list
        self.first_tags = self.decision_tags = NO_TAGS

    @property
    def logs(self) -> LogList:
        """The logs as a list of `Log` objects that may be changed."""
        return self._log_list().as_objects()

    @logs.setter
    def logs(self, logs: Sequence[LogItem]) -> None:
        log_list: Any = self._limited(LogList(logs), "logs").trim()
        self.log_items = log_list

    def _tag_list(self) -> TagList:
        """Move all tags to a `TagList`, unless they are in one, and return it."""
        while True:
            first, decision, more = self.first_tags, self.decision_tags, self.more_tags
            pairs: Any = [] if more is NO_MORE_TAGS else more
            if isinstance(pairs, TagList):
                return pairs
            start = [*first.items(), *decision.items()]
            tag_list: Any = self._limited(TagList.of_pairs(start), "tags")
            # No call and no jump from the comparison to the stores (see `signal_safe`):
            # else a tag that another thread appends to the old list in between is lost.
            if (
                self.more_tags is more
                and self.first_tags is first
                and self.decision_tags is decision
            ):
                tag_list += pairs
                self.more_tags = tag_list
                self.first_tags = self.decision_tags = NO_TAGS
                return cast("TagList", tag_list.trim())

    def _log_list(self) -> LogList:
        """Move all logs to a `LogList`, unless they are in one, and return it."""
        while True:
            items: Any = self.log_items
            if isinstance(items, LogList):
                return items
            log_list: Any = self._limited(LogList.of_pairs(), "logs")
            # As in `_tag_list`.
            if self.log_items is items:
                log_list += items
                self.log_items = log_list
                return cast("LogList", log_list.trim())

    def _grow_tags(self) -> None:
        """Start the list of later tags, or replace it if it has become long."""
        more: Any = self.more_tags
        if isinstance(more, TagList):
            return  # It enforces the limit itself.
        space = self._tracer.max_tags_per_span - len(self.first_tags)
        if more is not NO_MORE_TAGS or space <= MANY:
            self._tag_list()
            return
        tags: list[TagItem] = []
        # No call and no jump between the two lines: else the list of another thread,
        # with its first tag, is lost.
        if self.more_tags is NO_MORE_TAGS:
            self.more_tags = tags

    def _grow_logs(self) -> None:
        """Start the list of logs, or replace it if it has become long."""
        items: Any = self.log_items
        if isinstance(items, LogList):
            return  # As above.
        if items is not NO_LOGS or self._tracer.max_logs_per_span <= MANY:
            self._log_list()
            return
        logs: list[LogItem] = []
        # As above.
        if self.log_items is NO_LOGS:
            self.log_items = logs

    def _limit(self, kind: str) -> int:
        """Return the tracer's limit of *kind*: "tags" or "logs"."""
        default = MAX_TAGS_PER_SPAN if kind == "tags" else MAX_LOGS_PER_SPAN
        # A span may be created with any object as its tracer, which may have no limits.
        limit = getattr(self._tracer, f"max_{kind}_per_span", default)
        return limit if type(limit) is int and limit > 0 else default

    def _limited(self, span_list: ListT, kind: str) -> ListT:
        """Limit *span_list* to the maximum of the tracer, and return it."""
        reference = weakref.ref(self)

        def count(number: int) -> None:
            # The application may keep the list longer than the span.
            if (span := reference()) is not None:
                span.count_dropped(kind, number)

        return span_list.bounded(self._limit(kind), count)

    def count_dropped(self, kind: str, number: int) -> None:
        """Count, report and log *number* dropped items of *kind*: "tags" or "logs"."""
        # No call and no jump between loading and storing: no count is lost.
        if kind == "tags":
            self.dropped_tags += number
        else:
            self.dropped_logs += number
        _TOO_MANY.warn(self.operation_name, self._limit(kind), kind, kind)
        self._report_dropped(**{kind: number})

    def _report_dropped(self, **numbers: int) -> None:
        with suppress(Exception):  # see `_limit`
            self._tracer.count_dropped(**numbers)

    def fewer_tags(self, tags: dict[str, Any]) -> dict[str, Any]:
        """Return the *tags* that are within the limit; count the others as dropped."""
        limit = self._limit("tags")
        if len(tags) <= limit:
            return tags
        self.count_dropped("tags", len(tags) - limit)
        return _first_and_last(tags, limit)

    def _fewer_fields(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return `MAX_LOG_FIELDS` of *fields*, and the number of dropped ones."""
        dropped = len(fields) - MAX_LOG_FIELDS
        _TOO_MANY_FIELDS.warn(self.operation_name, len(fields), MAX_LOG_FIELDS)
        self._report_dropped(tags=dropped)
        return _first_and_last(fields, MAX_LOG_FIELDS) | {_DROPPED_FIELDS: dropped}


def kind_of(span: SpanRecords) -> TagValue | None:
    """Return the value of the first `span.kind` tag of *span*, if it has one."""
    with suppress(Exception):  # a key's own code may raise anything
        return next(value for key, value in span.tag_items if key == SPAN_KIND)
    return None


def _first_and_last(values: dict[str, Any], limit: int) -> dict[str, Any]:
    """Return *limit* of *values*, half from the beginning and half from the end."""
    items = iter(values.items())
    chosen = dict(islice(items, limit // 2))
    chosen.update(islice(items, len(values) - limit, None))
    return chosen
