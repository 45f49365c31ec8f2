"""
What a span has recorded: its tags and logs, as pairs and as objects, within limits.

How both are moved to lists with a limit while other threads record is explained at
`SpanList`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from jaeger_client._internal.diagnostics import Notice
from jaeger_client._internal.span_identity import SpanIdentity
from jaeger_client._internal.tag_lists import LogList, TagList
from jaeger_client._internal.tag_values import first_and_last
from jaeger_client.constants import MAX_LOGS_PER_SPAN, MAX_TAGS_PER_SPAN
from jaeger_client.model import LogItem, TagItem, TagValue

MANY: Final = 1024
"""
Tags or logs from which on a span uses a `SpanList`, which enforces the limit.

Testing the length against this constant is all that shorter lists cost.
"""

NO_TAGS: Final[dict[str, TagValue]] = {}
NO_LOGS: Final[list[LogItem]] = []
NO_MORE_TAGS: Final[list[TagItem]] = [("", "")] * MANY
"""
The initial values of a span's tags and logs; nothing is added to these.

The last is recognised by its identity, and never read. Its length is that of a list
which has become long, so that `set_tag` finds both by one test.
"""

MAX_LOG_FIELDS: Final = 4096
"""Maximum number of fields of a log."""

_DROPPED_FIELDS: Final = "jaeger.dropped_fields"
"""Field of a log that had more: the number of those that were dropped."""

_TOO_MANY = Notice(
    "span %.200r has more than %d %s: the older ones in the second half are dropped. "
    "Use more spans, or raise max_%s_per_span"
)
_TOO_MANY_FIELDS = Notice(
    "a log of span %.200r has %d fields: all but %d are dropped. Use more logs"
)


class SpanRecords(SpanIdentity):
    """The part of a span that stores tags and logs."""

    __slots__ = (
        "_tracer",
        "decision_tags",
        "first_tags",
        "log_items",
        "more_tags",
        "operation_name",
    )

    _tracer: Any
    operation_name: str
    first_tags: dict[str, TagValue]
    """The tags it was started with; like the next, read and never changed."""
    decision_tags: Mapping[str, TagValue]
    """The tags that name the sampler which decided to record the trace."""
    more_tags: list[TagItem]
    """
    The tags that were set later, as pairs; a `TagList` of all tags once they were
    read or became many. Read `tags` for objects.
    """
    log_items: list[LogItem]
    """Logs as pairs; a `LogList` as above. Read `logs` for objects."""
    dropped_tags: int = 0
    """How many tags were not recorded."""
    dropped_logs: int = 0
    """How many logs were not recorded."""

    @property
    def tag_items(self) -> Iterable[TagItem]:
        """The tags as pairs; read `tags` for objects."""
        # No call stands between the three reads, see `tags`.
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
        # A tag unpacks as a pair, so readers of pairs need not know the difference.
        tag_list = self._limit_tags(TagList(tags)).trim()
        # No call stands between the lines, so no reader sees a tag twice.
        self.more_tags = tag_list  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]  # as below
        self.first_tags = self.decision_tags = NO_TAGS

    def _tag_list(self) -> TagList:
        """Move all tags to a `TagList`, unless they are in one, and return it."""
        while True:
            first, decision, more = self.first_tags, self.decision_tags, self.more_tags
            pairs: Any = [] if more is NO_MORE_TAGS else more
            if isinstance(pairs, TagList):
                return pairs
            start = [*first.items(), *decision.items()]
            tag_list = self._limit_tags(TagList.of_pairs(start))
            # No call and no jump from the comparison to the stores: the new list is
            # complete, and no thread appends to the old one any more.
            if (
                self.more_tags is more
                and self.first_tags is first
                and self.decision_tags is decision
            ):
                tag_list += pairs
                self.more_tags = tag_list  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]  # unpack like pairs
                self.first_tags = self.decision_tags = NO_TAGS
                return tag_list.trim()

    def _limit_tags(self, tag_list: TagList) -> TagList:
        limit = self._limit("max_tags_per_span", MAX_TAGS_PER_SPAN)
        return tag_list.bounded(limit, _counter_of(self, "tags"))

    @property
    def logs(self) -> LogList:
        """The logs as a list of `Log` objects that may be changed."""
        return self._log_list().as_objects()

    @logs.setter
    def logs(self, logs: Sequence[LogItem]) -> None:
        log_list = self._limit_logs(LogList(logs)).trim()
        self.log_items = log_list  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]  # as above

    def _log_list(self) -> LogList:
        """Move all logs to a `LogList`, unless they are in one, and return it."""
        while True:
            items: Any = self.log_items
            if isinstance(items, LogList):
                return items
            log_list = self._limit_logs(LogList.of_pairs())
            # As in `_tag_list`.
            if self.log_items is items:
                log_list += items  # type: ignore[arg-type]  # pairs, until they are read
                self.log_items = log_list  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]  # as above
                return log_list.trim()

    def _limit_logs(self, log_list: LogList) -> LogList:
        limit = self._limit("max_logs_per_span", MAX_LOGS_PER_SPAN)
        return log_list.bounded(limit, _counter_of(self, "logs"))

    def fewer_tags(self, tags: dict[str, object]) -> dict[str, object]:
        """Return as many of the first *tags* as a span may have; count the others."""
        limit = self._limit("max_tags_per_span", MAX_TAGS_PER_SPAN)
        if len(tags) <= limit:
            return tags
        self.count_dropped("tags", len(tags) - limit)
        return first_and_last(tags, limit)

    def _limit(self, name: str, default: int) -> int:
        # Spans may be created with another tracer than ours, which has no limits.
        limit = getattr(self._tracer, name, default)
        return limit if type(limit) is int and limit > 0 else default

    def count_dropped(self, kind: str, number: int) -> None:
        """Count, report and log so many dropped items of *kind*: "tags" or "logs"."""
        # As any attribute, beside the slots. No call between reading and storing.
        if kind == "tags":
            self.dropped_tags += number  # type: ignore[misc]  # see above
            limit = self._limit("max_tags_per_span", MAX_TAGS_PER_SPAN)
        else:
            self.dropped_logs += number  # type: ignore[misc]  # see above
            limit = self._limit("max_logs_per_span", MAX_LOGS_PER_SPAN)
        _TOO_MANY.warn(self.operation_name, limit, kind, kind)
        with suppress(Exception):  # see `_limit`
            self._tracer.count_dropped(**{kind: number})

    def _fewer_fields(self, fields: dict[str, object]) -> dict[str, object]:
        dropped = len(fields) - MAX_LOG_FIELDS
        _TOO_MANY_FIELDS.warn(self.operation_name, len(fields), MAX_LOG_FIELDS)
        with suppress(Exception):  # see `_limit`
            self._tracer.count_dropped(tags=dropped)
        return first_and_last(fields, MAX_LOG_FIELDS) | {_DROPPED_FIELDS: dropped}


def _counter_of(span: SpanRecords, kind: str) -> Callable[[int], None]:
    """Return a function that counts drops on *span* without keeping it alive."""
    reference = weakref.ref(span)

    def count(number: int) -> None:
        if (span := reference()) is not None:
            span.count_dropped(kind, number)

    return count
