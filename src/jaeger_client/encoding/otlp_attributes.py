"""
OTLP attributes as pieces of bytes: the innermost loop of the OTLP encoder.

An attribute is one piece, looked up by the pair of key and value, as for Thrift.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from typing import Any, Final, TypeAlias

from jaeger_client.encoding import protobuf
from jaeger_client.encoding.tables import Tables, non_finite_text
from jaeger_client.encoding.varint import ONE_BYTE, ONES, varint
from jaeger_client.model import TagItem

AppendAttributes: TypeAlias = Callable[
    [list[bytes], Iterable[TagItem]],
    "list[TagItem]",
]
"""Appends attributes to a list; returns the items of noted keys."""

_TEXT_BEGINS: Final = tuple([bytes((18, n + 2, 10, n)) for n in range(ONE_BYTE - 4)])
"""What precedes a text, by its length: the value's field and the text's."""

_INT_BEGINS: Final = tuple([bytes((18, size + 1, 24)) for size in range(11)])
"""The same of an int."""

Hides: TypeAlias = Callable[[str, object], bool]
"""Tells whether a tag is said elsewhere and is no attribute."""


def attribute(field: bytes, key: str, value: object) -> bytes:
    """
    Return one attribute; *field* is the byte of number and wire type.

    It raises for a key that is no text, a type that OTLP has no value for, an
    int beyond 64 bits and text that UTF-8 has no bytes for.
    """
    return _WRITERS[type(value)](field, _key(key), value)


def attribute_appender(
    tables: Tables,
    field: bytes,
    noted: frozenset[str],
    hides: Hides,
) -> AppendAttributes:
    """
    Return the function that writes attributes, and raises as `attribute` does.

    Args:
        tables: Where the pieces are remembered.
        field: The byte of number and wire type.
        noted: Keys that say more than an attribute does.
        hides: Asked of the tags of these keys.
    """
    keys = tables.texts(_key)
    get_key, make_key = keys.get, keys.make

    def make_piece(item: TagItem) -> bytes:
        key, value = item
        if key in noted and hides(key, value):
            return b""
        return _WRITERS[type(value)](field, keys[key], value)

    def make_text_piece(item: TagItem) -> bytes:
        key, value = item
        if key in noted and hides(key, value):
            return b""
        return _text(field, get_key(key) or make_key(key), value)  # type: ignore[arg-type]  # text alone comes here

    # Of each type its own: 1, 1.0 and True are one key to a dict.
    texts, ints, bools = map(tables.items, (make_text_piece, make_piece, make_piece))
    get_text, make_text = texts.get, texts.make
    get_int, make_int = ints.get, ints.make

    def append_attributes(
        pieces: list[bytes], items: Iterable[TagItem]
    ) -> list[TagItem]:
        notes: list[TagItem] = []
        pairs = [*items]
        # OTLP wants a key once; over Thrift Jaeger, too, keeps the last tag of each.
        last = dict(pairs)
        for item in pairs if len(last) == len(pairs) else last.items():
            key, value = item
            if key in noted:
                notes.append((key, value))
            if type(value) is str:
                piece = get_text(item)
                pieces.append(make_text(item) if piece is None else piece)
            elif type(value) is int:
                piece = get_int(item)
                pieces.append(make_int(item) if piece is None else piece)
            else:
                pieces.append(bools[item] if type(value) is bool else make_piece(item))
        return notes

    return append_attributes


def _key(key: str) -> bytes:
    return b"\x0a" + protobuf.text(key)


def _text(field: bytes, key: bytes, value: str) -> bytes:
    # Called for each text never seen before, so with few pieces and calls.
    data = value.encode()
    size = len(data)
    whole = len(key) + size + 4
    if whole < ONE_BYTE:
        return b"".join((field, ONES[whole], key, _TEXT_BEGINS[size], data))
    return _whole(field, key, b"".join((b"\x0a", varint(size), data)))


def _int(field: bytes, key: bytes, value: int) -> bytes:
    number = protobuf.int64(value) if value >> 63 else varint(value)
    size = len(number)
    whole = len(key) + size + 3
    if whole < ONE_BYTE:
        return b"".join((field, ONES[whole], key, _INT_BEGINS[size], number))
    return _whole(field, key, b"\x18" + number)


def _bool(field: bytes, key: bytes, value: bool) -> bytes:  # noqa: FBT001 - the value itself
    return _whole(field, key, b"\x10\x01" if value else b"\x10\x00")


def _float(field: bytes, key: bytes, value: float) -> bytes:
    if not isfinite(value):
        return _text(field, key, non_finite_text(value))
    return _whole(field, key, b"\x21" + protobuf.double(value))


def _bytes(field: bytes, key: bytes, value: bytes) -> bytes:
    return _whole(field, key, b"\x3a" + protobuf.delimited(value))


def _whole(field: bytes, key: bytes, value: bytes) -> bytes:
    """Return the attribute of an `AnyValue`."""
    size = len(value)
    length = varint(size)
    whole = varint(len(key) + len(length) + size + 1)
    return b"".join((field, whole, key, b"\x12", length, value))


_WRITERS: Mapping[type, Callable[[bytes, bytes, Any], bytes]] = {
    str: _text,
    bool: _bool,
    int: _int,
    float: _float,
    bytes: _bytes,
}
"""How an attribute is written, by the exact type of its value."""
