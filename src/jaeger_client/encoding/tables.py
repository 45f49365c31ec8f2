"""
Bounded tables of bytes that repeat: keys, values, names, ids.

Encoding in plain Python is fast where it does nothing twice. What was made is
kept under bounds of entries and of bytes, long pieces never, and all of it is
thrown away when a bound is met or a minute has passed, so that a secret in a
tag value does not stay in memory for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client.model import TagItem

K = TypeVar("K")

MAX_ENTRIES: Final = 2048
"""Most entries of one table."""

MAX_TABLE_BYTES: Final = 128 * 1024
"""Most bytes that the pieces of one table hold together."""

MAX_PIECE: Final = 256
"""Bytes of the longest piece that is kept."""

TABLE_LIFETIME: Final = 60.0
"""Seconds after which everything in the tables is thrown away."""


class PieceTable(dict[K, bytes], Generic[K]):
    """
    Makes the bytes of a key at its first look-up and keeps them for a while.

    `table[key]` is what to write. Where nearly every look-up hits,
    `table.get(key) or table.make(key)` takes two thirds of its time, for
    CPython looks for `__missing__` slowly.

    Used by one thread at a time. Raises whatever *encode* raises.
    """

    __slots__ = ("_encode", "_room")

    def __init__(self, encode: Callable[[K], bytes]) -> None:
        super().__init__()
        self._encode = encode
        self._room = MAX_TABLE_BYTES

    def make(self, key: K) -> bytes:
        """Return the bytes of *key*, which is not in the table, and keep them."""
        piece = self._encode(key)
        size = len(piece)
        if size <= MAX_PIECE:
            if size > self._room or len(self) >= MAX_ENTRIES:
                self.forget()
            self._room -= size
            self[key] = piece
        return piece

    __missing__ = make

    def forget(self) -> None:
        """Throw everything away."""
        self.clear()
        self._room = MAX_TABLE_BYTES


class ItemTable(PieceTable[TagItem]):
    """
    The bytes of whole tags: one look-up by the pair instead of two by its parts.

    Values of one type only may stand in one table: 1, 1.0 and True are one key.
    """

    __slots__ = ()

    def make(self, key: TagItem) -> bytes:
        """Return the bytes of *key*, which is not in the table, and keep them."""
        # A `Tag`, which can change, must not be kept.
        if type(key) is not tuple:
            name, value = key
            key = name, value
        # As above: to call it there would take 0.15 us.
        piece = self._encode(key)
        # What is hidden has no bytes, but its text is kept as a key.
        size = len(piece) or len(str(key[1]))
        if size <= MAX_PIECE:
            if size > self._room or len(self) >= MAX_ENTRIES:
                self.forget()
            self._room -= size
            self[key] = piece
        return piece

    __missing__ = make


class Tables:
    """All tables of one encoder, thrown away together."""

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._forget_at = clock.monotonic() + TABLE_LIFETIME
        self.all: list[PieceTable[Any]] = []

    def texts(self, encode: Callable[[str], bytes]) -> PieceTable[str]:
        """Return a new table that is looked up by text."""
        table = PieceTable(encode)
        self.all.append(table)
        return table

    def numbers(self, encode: Callable[[int], bytes]) -> PieceTable[int]:
        """Return a new table that is looked up by number."""
        table = PieceTable(encode)
        self.all.append(table)
        return table

    def items(self, encode: Callable[[TagItem], bytes]) -> ItemTable:
        """Return a new table that is looked up by tags whose values have one type."""
        table = ItemTable(encode)
        self.all.append(table)
        return table

    def forget_in_time(self) -> None:
        """Throw everything away if its time has come."""
        if self._clock.monotonic() >= self._forget_at:
            self.forget()

    def forget(self) -> None:
        """Throw everything away."""
        self._forget_at = self._clock.monotonic() + TABLE_LIFETIME
        for table in self.all:
            table.forget()


def non_finite_text(number: float) -> str:
    """
    Return the text that is sent for *number*, which is NaN or infinite.

    JSON has no such numbers: where one is stored as a double, Jaeger answers 500
    for the trace and for the whole service. The spelling is that of protobuf's
    JSON mapping.
    """
    if number != number:  # noqa: PLR0124 - true of NaN alone
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"


def exact_text(text: str) -> bytes:
    """
    Return *text* as UTF-8.

    Raises:
        TypeError: If it is not text, or of a subclass that may compare oddly.
        UnicodeEncodeError: If it holds lone surrogates.
    """
    if type(text) is not str:
        msg = f"needs text, got {type(text).__name__}"
        raise TypeError(msg)
    return text.encode()
