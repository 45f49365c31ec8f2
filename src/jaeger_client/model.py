"""
The plain data that passes from the application's thread to the encoders.

A tag is a `(key, value)` pair, a log a `(microseconds, pairs)` pair. Encoders and
senders of applications use these types, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from jaeger_client._internal.named_tuple import NamedTuple
from jaeger_client._internal.signal_safe import SharedCount

if TYPE_CHECKING:
    import opentracing

TagValue: TypeAlias = str | bool | int | float | bytes
"""The types of tag values; a value of another type is converted to text when set."""

TagItem: TypeAlias = tuple[str, TagValue]
LogItem: TypeAlias = tuple[int, Collection[TagItem]]


class SpanIds(Protocol):
    """The identity of a span, as encoders read it."""

    @property
    def trace_id(self) -> int: ...
    @property
    def span_id(self) -> int: ...
    @property
    def parent_id(self) -> int | None: ...
    @property
    def flags(self) -> int: ...


class SpanData(Protocol):
    """
    A finished span, as encoders read it.

    Times are seconds since the epoch. The lists may grow while they are read, because
    tags set after `finish` are stored as long as the span is queued.
    """

    @property
    def ids(self) -> SpanIds: ...
    @property
    def operation_name(self) -> str: ...
    @property
    def start_time(self) -> float: ...
    @property
    def end_time(self) -> float | None: ...
    @property
    def references(self) -> Sequence[opentracing.Reference] | None: ...
    @property
    def tag_items(self) -> Iterable[TagItem]: ...
    @property
    def log_items(self) -> Iterable[LogItem]: ...
    @property
    def shares_span_id(self) -> bool:
        """Whether it has its parent's span id, see `Tracer.one_span_per_rpc`."""
        ...

    @property
    def dropped_tags(self) -> int:
        """Number of tags dropped because of `max_tags_per_span`."""
        ...

    @property
    def dropped_logs(self) -> int:
        """Number of logs dropped because of `max_logs_per_span`."""
        ...


class Process(NamedTuple):
    """The reporting service, and the tags that apply to all its spans."""

    service_name: str
    tags: tuple[TagItem, ...] = ()


class SpanLosses:
    """
    Numbers of spans lost or truncated since the start, by cause.

    `queue_full` and `closed` are counted on any thread, by their `add_` methods; the
    others are written only by the thread that drains the queue. All may be read from
    any thread.
    """

    __slots__ = (
        "_closed",
        "_queue_full",
        "not_encodable",
        "send_failed",
        "too_large",
        "truncated",
    )

    def __init__(
        self,
        *,
        queue_full: int = 0,
        closed: int = 0,
        too_large: int = 0,
        not_encodable: int = 0,
        send_failed: int = 0,
        truncated: int = 0,
    ) -> None:
        self._queue_full = SharedCount(queue_full)
        self._closed = SharedCount(closed)
        self.too_large = too_large
        self.not_encodable = not_encodable
        self.send_failed = send_failed
        self.truncated = truncated

    @property
    def queue_full(self) -> int:
        """Spans refused because the queue was full."""
        return self._queue_full.value

    @property
    def closed(self) -> int:
        """Spans refused after `close`, or not sent before its timeout."""
        return self._closed.value

    def add_queue_full(self, spans: int) -> None:
        """Count *spans* that a full queue refused; from any thread."""
        self._queue_full.add(spans)

    def add_closed(self, spans: int) -> None:
        """Count *spans* that a closed queue refused or discarded; from any thread."""
        self._closed.add(spans)

    def add_each_closed(self, spans: Iterable[object]) -> None:
        """Consume *spans* and count each, atomically; see `SharedCount.add_each`."""
        self._closed.add_each(spans)

    def as_dict(self) -> dict[str, int]:
        """Return the counts by cause."""
        # Not by the properties: each payload needs this.
        return {
            "closed": self._closed.value,
            "not_encodable": self.not_encodable,
            "queue_full": self._queue_full.value,
            "send_failed": self.send_failed,
            "too_large": self.too_large,
            "truncated": self.truncated,
        }

    @property
    def dropped(self) -> int:
        """Spans lost by any cause; truncated spans are not lost."""
        return sum(self.as_dict().values()) - self.truncated

    def copy(self) -> SpanLosses:
        """Return a copy."""
        return SpanLosses(**self.as_dict())

    def add(self, other: SpanLosses) -> None:
        """Add the counts of *other*; a cause whose count is 0 is not written."""
        for cause, count in other.as_dict().items():
            if count:
                setattr(self, cause, getattr(self, cause) + count)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SpanLosses) and self.as_dict() == other.as_dict()

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        counts = ", ".join(f"{cause}={n}" for cause, n in self.as_dict().items())
        return f"SpanLosses({counts})"
