"""
Protobuf fields, and OTLP attributes made of them.

A field of protobuf (encoding.md of protocolbuffers.github.io) is a varint of its number
and wire type, `number << 3 | type`, and a value: 0 a varint, 1 eight bytes
little-endian, 2 a size and that many bytes. OTLP's common.proto:

```text
KeyValue  1 string key  2 AnyValue value
AnyValue  1 string  2 bool  3 int64  4 double  7 bytes
```

As for Thrift, an attribute is one piece that is looked up by the pair of key and value.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from jaeger_client.encoding.plain import exact_text
from jaeger_client.encoding.tables import AppendItems, Tables
from jaeger_client.encoding.varint import (
    MASK_64,
    MAX_I64,
    MIN_I64,
    ONE_BYTE,
    ONES,
    delimited,
    varint,
)
from jaeger_client.model import TagItem

OtherFields: TypeAlias = Mapping[str, Callable[[object], bytes | None]]
"""By key, the function that encodes a value as another field; `None` if it is none."""

DELIMITED: Final = 2
"""The wire type of text, bytes and messages."""

# Tags of fields: number << 3 | wire type.
_KEY: Final = b"\x0a"  # KeyValue: 1 key
_VALUE: Final = b"\x12"  # KeyValue: 2 value
_STRING: Final = b"\x0a"  # AnyValue: 1 string_value
_BOOL: Final = b"\x10"  # AnyValue: 2 bool_value
_INT: Final = b"\x18"  # AnyValue: 3 int_value
_FLOAT: Final = b"\x21"  # AnyValue: 4 double_value, wire type 1
_BYTES: Final = b"\x3a"  # AnyValue: 7 bytes_value

_TEXT_BEGINS: Final = tuple(
    [bytes((*_VALUE, n + 2, *_STRING, n)) for n in range(ONE_BYTE - 4)]
)
"""The bytes before a text, by its size: of the `AnyValue`, and of its field."""

_INT_BEGINS: Final = tuple([bytes((*_VALUE, n + 1, *_INT)) for n in range(11)])
"""The same for an integer."""

_DOUBLE: Final = struct.Struct("<d")


def text_value(value: str) -> bytes:
    """Return the size of *value* and its UTF-8."""
    return delimited(exact_text(value).encode())


def text_field(number: int, value: str) -> bytes:
    """Return a field of text."""
    return varint(number << 3 | DELIMITED) + text_value(value)


def message_field(number: int, *parts: bytes) -> bytes:
    """Return a field of the message that consists of *parts*."""
    size = sum(map(len, parts))
    return b"".join((varint(number << 3 | DELIMITED), varint(size), *parts))


def attribute(field: bytes, key: str, value: object) -> bytes:
    """
    Return an attribute; *field* is the begin of the field that it is.

    It raises for a key that is not text, a type that OTLP has no value for, an
    integer beyond 64 bits and text that UTF-8 cannot encode.
    """
    return _ENCODERS[type(value)](field, _key(key), value)


def attribute_appender(
    tables: Tables, field: bytes, other_fields: OtherFields
) -> AppendItems:
    """
    Return the function that appends attributes, and raises as `attribute` does.

    Args:
        tables: Where the pieces are stored.
        field: The begin of the field that each attribute is.
        other_fields: Tags that are other fields.
    """
    get_key, make_key = tables.add(_key).get_and_make

    def encode_item(item: TagItem) -> bytes:
        key, value = item
        encode_other = other_fields.get(key)
        if encode_other is not None and (other := encode_other(value)) is not None:
            return other
        encoded_key = get_key(key) or make_key(key)
        return _ENCODERS[type(value)](field, encoded_key, value)

    return tables.add_for_items(encode_item)


def _key(key: str) -> bytes:
    return _KEY + text_value(key)


def _text(field: bytes, key: bytes, value: str) -> bytes:
    # Called for each text that was not seen before, so with few pieces and calls.
    data = value.encode()
    size = len(data)
    whole = len(key) + size + 4
    if whole < ONE_BYTE:
        return b"".join((field, ONES[whole], key, _TEXT_BEGINS[size], data))
    return _whole(field, key, _STRING + delimited(data))


def _int(field: bytes, key: bytes, value: int) -> bytes:
    if not MIN_I64 <= value <= MAX_I64:
        msg = f"needs 64 signed bits, got {value.bit_length()} bits"
        raise OverflowError(msg)
    number = varint(value & MASK_64)
    size = len(number)
    whole = len(key) + size + 3
    if whole < ONE_BYTE:
        return b"".join((field, ONES[whole], key, _INT_BEGINS[size], number))
    return _whole(field, key, _INT + number)


def _bool(field: bytes, key: bytes, value: bool) -> bytes:  # noqa: FBT001 - the value itself
    return _whole(field, key, _BOOL + ONES[value])


def _float(field: bytes, key: bytes, value: float) -> bytes:
    return _whole(field, key, _FLOAT + _DOUBLE.pack(value))


def _bytes(field: bytes, key: bytes, value: bytes) -> bytes:
    return _whole(field, key, _BYTES + delimited(value))


def _whole(field: bytes, key: bytes, value: bytes) -> bytes:
    """Return the attribute of an `AnyValue`."""
    size = len(value)
    length = varint(size)
    whole = varint(len(key) + len(length) + size + 1)
    return b"".join((field, whole, key, _VALUE, length, value))


_ENCODERS: Mapping[type, Callable[[bytes, bytes, Any], bytes]] = {
    str: _text,
    bool: _bool,
    int: _int,
    float: _float,
    bytes: _bytes,
}
"""How an attribute is encoded, by the exact type of its value."""
