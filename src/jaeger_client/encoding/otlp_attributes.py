"""
OTLP attributes as pieces of bytes: the innermost loop of the OTLP encoder.

An attribute is the byte of the field it stands in, its length, and two pieces
that are looked up apart, as for Thrift: the key and the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from jaeger_client.encoding import protobuf
from jaeger_client.encoding.tables import Tables
from jaeger_client.encoding.varint import LAST, LOW_BITS, varint
from jaeger_client.model import TagItem

AppendAttributes: TypeAlias = Callable[
    [list[bytes], Iterable[TagItem], bytes, "frozenset[str]"],
    "dict[str, object]",
]
"""Appends attributes of one field to a list; returns the values of noted keys."""


def _text(value: str) -> bytes:
    return b"\x0a" + protobuf.text(value)


def _bool(value: bool) -> bytes:  # noqa: FBT001 - the value itself
    return b"\x10\x01" if value else b"\x10\x00"


def _int(value: int) -> bytes:
    return b"\x18" + protobuf.int64(value)


def _float(value: float) -> bytes:
    return b"\x21" + protobuf.double(value)


def _bytes(value: bytes) -> bytes:
    return b"\x3a" + protobuf.delimited(value)


_VALUES: Mapping[type, Callable[[Any], bytes]] = {
    str: _text,
    bool: _bool,
    int: _int,
    float: _float,
    bytes: _bytes,
}
"""How `AnyValue` is written, by the exact type of the value."""

NOTHING_NOTED: Final[frozenset[str]] = frozenset()


def attribute_appender(
    tables: Tables, hides: Callable[[str, object], bool]
) -> AppendAttributes:
    """
    Return the function that writes attributes.

    It raises for a key that is no text, a type that OTLP has no value for, an
    int beyond 64 bits and text that UTF-8 has no bytes for.

    Args:
        tables: Where the pieces are remembered.
        hides: Whether a noted key is said elsewhere and is no attribute.
    """
    keys = tables.texts(lambda key: b"\x0a" + protobuf.text(key))
    texts = tables.texts(lambda value: b"\x12" + protobuf.delimited(_text(value)))
    ints = tables.numbers(lambda value: b"\x12" + protobuf.delimited(_int(value)))
    get_key, make_key = keys.get, keys.make
    get_text, make_text = texts.get, texts.make
    get_int, make_int = ints.get, ints.make

    def append_attributes(
        pieces: list[bytes],
        items: Iterable[TagItem],
        field: bytes,
        noted: frozenset[str],
    ) -> dict[str, object]:
        notes: dict[str, object] = {}
        # OTLP wants a key once; over Thrift Jaeger, too, keeps the last tag of each.
        for key, value in dict(items).items():
            if key in noted:
                notes[key] = value
                if hides(key, value):
                    continue
            # Exact types only: True is an int, and 1 and True are one dict key.
            if type(value) is str:
                piece = get_text(value) or make_text(value)
            elif type(value) is int:
                piece = get_int(value) or make_int(value)
            else:
                piece = b"\x12" + protobuf.delimited(_VALUES[type(value)](value))
            name = get_key(key) or make_key(key)
            size = len(name) + len(piece)
            length = LAST[size] if size <= LOW_BITS else varint(size)
            pieces += field, length, name, piece
        return notes

    return append_attributes
