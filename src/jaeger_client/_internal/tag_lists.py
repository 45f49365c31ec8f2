"""
Tags and logs as the objects of jaeger-client 4.8.

A span stores pairs. `Tag` and `Log` objects are created when the application reads
`span.tags` or `span.logs`; from then on they replace the pairs in the span's lists.
They unpack as pairs, so encoders need not distinguish them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

if TYPE_CHECKING:
    from typing_extensions import Self

    from jaeger_client.model import LogItem, TagItem, TagValue

_Object = TypeVar("_Object", "Tag", "Log")

_EXACT_UP_TO: Final = 8192
"""Maximum limit up to which a `SpanList` drops items one at a time."""

_append: Final[Callable[[list[Any], object], None]] = list[Any].append


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

    `vType` specifies which of the `v…` attributes holds the value.
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
        # bool before int, because bool is a subclass of int.
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
        """The value of the attribute that `vType` specifies."""
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


class SpanList(list[_Object]):
    """
    The tags or the logs of one span as objects, limited in number.

    A span starts with a plain list of pairs, which is the fastest to append to. It
    moves to a list of this class once: when the application reads its tags or
    logs, or when there are many. Pairs become objects only when they are read.

    Above the limit, the first half is retained, and new items replace the oldest ones
    after it, as in jaeger-client-go: so both the beginning and the end of the work
    are visible.

    Any thread may append while others read. There is no lock; comments mark sequences
    of statements that are atomic, see `signal_safe`.
    """

    _as_object: ClassVar[Callable[..., Any]]
    """Returns the object for a pair; returns an object unchanged."""

    # Overridden in the lists of spans; `Log.fields` has no limit and no pairs.
    _limit: int = sys.maxsize
    _on_drop: Callable[[int], object] | None = None
    _is_read: bool = True
    _has_pairs: bool = False

    def __init__(self, items: Iterable[Any] = ()) -> None:
        super().__init__(map(self._as_object, items))

    @classmethod
    def of_pairs(cls, pairs: Iterable[object] = ()) -> Self:
        """Return a list that stores *pairs* unchanged until it is read."""
        new = cls()
        new._is_read, new._has_pairs = False, True
        list[Any].extend(new, pairs)
        return new

    def bounded(self, limit: int, on_drop: Callable[[int], object]) -> Self:
        """
        Limit the list to *limit* items from the next append or `trim`; return it.

        *on_drop* is called with the number of items dropped each time, on the
        thread that appended one too many.
        """
        self._on_drop = on_drop
        self._limit = limit
        return self

    def append(self, item: object) -> None:
        """Append an item; a pair becomes an object."""
        if not self._is_read:
            # No call and no jump since `_is_read` was loaded: else another thread could
            # convert all pairs in between, and this one would stay a pair.
            _append(self, item)
        else:
            _append(self, self._as_object(item))
        if len(self) > self._limit:
            self.trim()

    def extend(self, items: Iterable[Any], /) -> None:
        """Append *items*; pairs become objects."""
        super().extend([self._as_object(item) for item in items])
        self.trim()

    def trim(self) -> Self:
        """Drop items above the limit; return the list."""
        while (surplus := len(self) - self._limit) > 0:
            # Deleting the middle moves half of the pointers, which takes 0.3 µs with
            # the default limit. With very large limits, more items are dropped at once,
            # so that this happens less often.
            dropped = surplus + self._limit // _EXACT_UP_TO
            first = self._limit // 2
            middle = slice(first, first + dropped)
            last = self._limit + surplus - 1
            try:
                # The first line raises IndexError if another thread has trimmed the
                # list already. No call and no jump between the two lines: else both
                # threads could drop items for the same surplus.
                _ = self[last]
                del self[middle]
            except IndexError:
                continue
            if self._on_drop is not None:
                self._on_drop(dropped)
        return self

    def as_objects(self) -> Self:
        """Convert the remaining pairs to objects, and return the list."""
        if self._has_pairs:
            self._is_read = True
            # Backwards, because items that another thread drops shift later ones to
            # lower indexes, which are still to be converted.
            for index in range(len(self) - 1, -1, -1):
                with suppress(IndexError):  # The list was trimmed in between.
                    self._convert(index)
            self._has_pairs = False
        return self

    def _convert(self, index: int) -> None:
        item: Any = self[index]
        if type(item) is tuple:
            converted = self._as_object(item)
            # No call and no jump between the two lines: if several threads convert at
            # the same time, all of them get the same object.
            if self[index] is item:
                self[index] = converted

    def __reduce__(self) -> tuple[type[Self], tuple[list[_Object]]]:
        # A copy is not part of the span, so it has no limit and no `on_drop`.
        return type(self), ([*self],)


def _as_tag(item: TagItem | Tag) -> Tag:
    return item if isinstance(item, Tag) else Tag.of(*item)


class TagList(SpanList[Tag]):
    """The tags of a span as objects; a pair that is appended becomes one."""

    _as_object = staticmethod(_as_tag)


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


def _as_log(item: LogItem | Log) -> Log:
    return item if isinstance(item, Log) else Log(*item)


class LogList(SpanList[Log]):
    """The logs of a span as objects; a pair that is appended becomes one."""

    _as_object = staticmethod(_as_log)
