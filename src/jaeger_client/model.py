"""
What flows from the application's thread to the encoders: plain data.

A tag is a `(key, value)` pair, a log a `(microseconds, pairs)` pair. `Tag` and
`Log` are the objects that jaeger-client 4.8 kept in their place. They exist
only once somebody reads `span.tags` or `span.logs`; from then on they stand in
the span's lists instead of the pairs and can be unpacked just like them, so
encoders need not know the difference.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from jaeger_client.frozen import Frozen
from jaeger_client.signal_safe import SharedCount

if TYPE_CHECKING:
    import opentracing

TagValue: TypeAlias = str | bool | int | float | bytes
"""The types a tag keeps as they are; all others become text when they are set."""

TagItem: TypeAlias = tuple[str, TagValue]
LogItem: TypeAlias = tuple[int, Collection[TagItem]]


class SpanIds(Protocol):
    """What an encoder reads of who a span is."""

    trace_id: int
    span_id: int
    parent_id: int | None
    flags: int


class SpanData(Protocol):
    """
    What an encoder reads of a finished span.

    Times are seconds since the epoch. The lists may still grow while they are
    read, for tags set after `finish` are kept as long as the span is queued.
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
        """Whether it took over its parent's span id, see `one_span_per_rpc`."""
        ...


class Process(Frozen):
    """Who reports: the service and what is true of all its spans."""

    service_name: str
    tags: tuple[TagItem, ...] = ()


class SpanLosses:
    """
    Spans lost or shortened since the start, by cause.

    `queue_full` and `closed` are counted on any thread, by their `add_` methods; the
    others are written by the one thread that drains the queue. All may be read at any
    time.
    """

    # Not a dataclass: importing dataclasses is slow, see `frozen`.
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

    def as_dict(self) -> dict[str, int]:
        """Return the counts by cause."""
        return {
            "closed": self.closed,
            "not_encodable": self.not_encodable,
            "queue_full": self.queue_full,
            "send_failed": self.send_failed,
            "too_large": self.too_large,
            "truncated": self.truncated,
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SpanLosses) and self.as_dict() == other.as_dict()

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        counts = ", ".join(f"{cause}={n}" for cause, n in self.as_dict().items())
        return f"SpanLosses({counts})"


class TagType:
    """Values of `Tag.vType`."""

    STRING = 0
    DOUBLE = 1
    BOOL = 2
    LONG = 3
    BINARY = 4


class Tag:
    """
    A tag as the object of jaeger-client 4.8; unpacks as `(key, value)`.

    Which of the `v…` attributes holds the value is told by `vType`.
    """

    __slots__ = ("key", "vBinary", "vBool", "vDouble", "vLong", "vStr", "vType")

    def __init__(  # noqa: PLR0917 - the fields of the Thrift struct
        self,
        key: str = "",
        vType: int = TagType.STRING,  # noqa: N803 - the name of the Thrift field
        vStr: str | None = None,  # noqa: N803
        vDouble: float | None = None,  # noqa: N803
        vBool: bool | None = None,  # noqa: N803, FBT001
        vLong: int | None = None,  # noqa: N803
        vBinary: bytes | None = None,  # noqa: N803
    ) -> None:
        self.key = key
        self.vType = vType
        self.vStr = vStr
        self.vDouble = vDouble
        self.vBool = vBool
        self.vLong = vLong
        self.vBinary = vBinary

    @classmethod
    def of(cls, key: str, value: TagValue) -> Tag:
        """Return the tag object for one pair."""
        # bool before int: a bool is an int to Python.
        if isinstance(value, bool):
            return cls(key, TagType.BOOL, vBool=value)
        if isinstance(value, int):
            return cls(key, TagType.LONG, vLong=value)
        if isinstance(value, float):
            return cls(key, TagType.DOUBLE, vDouble=value)
        if isinstance(value, bytes):
            return cls(key, TagType.BINARY, vBinary=value)
        return cls(key, TagType.STRING, vStr=value)

    @property
    def value(self) -> TagValue | None:
        """The attribute that `vType` names."""
        return {
            TagType.STRING: self.vStr,
            TagType.DOUBLE: self.vDouble,
            TagType.BOOL: self.vBool,
            TagType.LONG: self.vLong,
            TagType.BINARY: self.vBinary,
        }.get(self.vType, self.vStr)

    def __iter__(self) -> Iterator[str | TagValue | None]:
        yield self.key
        yield self.value

    def _fields(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in _TAG_FIELDS)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tag) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash(self._fields())

    def __repr__(self) -> str:
        pairs = zip(_TAG_FIELDS, self._fields(), strict=True)
        return f"Tag({', '.join(f'{name}={field!r}' for name, field in pairs)})"


_TAG_FIELDS = ("key", "vType", "vStr", "vDouble", "vBool", "vLong", "vBinary")


class TagList(list[Tag]):
    """The tags of a span as objects; a pair that is appended becomes one."""

    def __init__(self, items: Iterable[TagItem | Tag] = ()) -> None:
        super().__init__(map(_as_tag, items))

    def append(self, item: TagItem | Tag) -> None:
        """Append a tag, or the tag of a pair."""
        super().append(_as_tag(item))


class Log:
    """A log as the object of jaeger-client 4.8; unpacks as `(timestamp, fields)`."""

    __slots__ = ("fields", "timestamp")

    def __init__(
        self, timestamp: int = 0, fields: Iterable[TagItem | Tag] = ()
    ) -> None:
        self.timestamp = timestamp
        """Microseconds since the epoch."""
        self.fields = TagList(fields)

    def __iter__(self) -> Iterator[int | TagList]:
        yield self.timestamp
        yield self.fields

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Log) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash((self.timestamp, tuple(self.fields)))

    def __repr__(self) -> str:
        return f"Log(timestamp={self.timestamp!r}, fields={self.fields!r})"


class LogList(list[Log]):
    """The logs of a span as objects; a pair that is appended becomes one."""

    def __init__(self, items: Iterable[LogItem | Log] = ()) -> None:
        super().__init__(map(_as_log, items))

    def append(self, item: LogItem | Log) -> None:
        """Append a log, or the log of a pair."""
        super().append(_as_log(item))


def _as_tag(item: TagItem | Tag) -> Tag:
    return item if isinstance(item, Tag) else Tag.of(*item)


def _as_log(item: LogItem | Log) -> Log:
    return item if isinstance(item, Log) else Log(*item)
