"""
Bounded tables of encoded pieces that repeat: keys, tags, names, ids.

Encoding in plain Python is fast where it does nothing twice. A table is limited in
entries and bytes, holds no long pieces, and is emptied when it reaches a limit or a
minute has passed, so that a secret in a tag does not stay in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isfinite
from typing import Any, Final, Generic, TypeAlias, TypeVar

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client.encoding.plain import non_finite_text
from jaeger_client.model import TagItem

K = TypeVar("K")

AppendItems: TypeAlias = Callable[[list[bytes], Iterable[TagItem]], int]
"""Appends the pieces of tags to a list and returns their number."""

MAX_ENTRIES: Final = 2048
"""Maximum number of entries of a table."""

MAX_TABLE_BYTES: Final = 128 * 1024
"""Maximum size of all pieces of a table in bytes."""

MAX_PIECE: Final = 256
"""Maximum size of a piece that is stored, in bytes."""

TABLE_LIFETIME: Final = 60.0
"""Seconds after which all tables are emptied."""


class PieceTable(dict[K, bytes], Generic[K]):
    """
    Encodes a key when it is first looked up, and stores the bytes.

    Where nearly every look-up hits, `table.get(key) or table.make(key)` takes two
    thirds of the time of `table[key]`, because CPython dispatches the latter slowly
    for subclasses of dict. Values of one type only may be keys of a table: 1, 1.0 and
    True are equal.

    Used by one thread at a time. Raises what *encode* raises.
    """

    __slots__ = ("_encode", "_free")

    def __init__(self, encode: Callable[[K], bytes]) -> None:
        super().__init__()
        self._encode = encode
        self._free = MAX_TABLE_BYTES

    def make(self, key: K) -> bytes:
        """Return the bytes of *key*, which is not in the table, and store them."""
        piece = self._encode(key)
        size = len(piece)
        if 0 < size <= MAX_PIECE:
            if size > self._free or len(self) >= MAX_ENTRIES:
                self.clear()
            self._free -= size
            self[key] = piece
        return piece

    __missing__ = make

    @property
    def get_and_make(self) -> tuple[Callable[[K], bytes | None], Callable[[K], bytes]]:
        """Both methods, for callers that store them."""
        return self.get, self.make

    def clear(self) -> None:
        """Remove all entries."""
        super().clear()
        self._free = MAX_TABLE_BYTES


class Tables:
    """All tables of an encoder, which are emptied together."""

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._clear_at = clock.monotonic() + TABLE_LIFETIME
        self.all: list[PieceTable[Any]] = []

    def add(self, encode: Callable[[K], bytes]) -> PieceTable[K]:
        """Return a new table."""
        table = PieceTable(encode)
        self.all.append(table)
        return table

    def add_for_items(self, encode: Callable[[TagItem], bytes]) -> AppendItems:
        """
        Return a function that appends tags, each encoded by *encode* or looked up.

        A tag is one piece, looked up by the pair of key and value: that takes 60 ns,
        two look-ups by its parts and two pieces to join 140 ns.
        """
        # A table for each type of value, because 1, 1.0 and True are equal keys.
        get_text, make_text = self.add(encode).get_and_make
        get_int, make_int = self.add(encode).get_and_make
        get_bool, make_bool = self.add(encode).get_and_make

        def append_items(pieces: list[bytes], items: Iterable[TagItem]) -> int:
            length = len(pieces)
            for item in items:
                key, value = item
                # Exact types, because True is an int. On a miss a pair is stored,
                # because the item may be a `Tag`, which can change.
                if type(value) is str:
                    pieces.append(get_text(item) or make_text((key, value)))
                elif type(value) is int:
                    pieces.append(get_int(item) or make_int((key, value)))
                elif type(value) is bool:
                    pieces.append(get_bool(item) or make_bool((key, value)))
                else:
                    if type(value) is float and not isfinite(value):
                        value = non_finite_text(value)
                    pieces.append(encode((key, value)))
            return len(pieces) - length

        return append_items

    def clear_in_time(self) -> None:
        """Empty all tables if their lifetime is over."""
        if self._clock.monotonic() >= self._clear_at:
            self.clear()

    def clear(self) -> None:
        """Empty all tables."""
        self._clear_at = self._clock.monotonic() + TABLE_LIFETIME
        for table in self.all:
            table.clear()
