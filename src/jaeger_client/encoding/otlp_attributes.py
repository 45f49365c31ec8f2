"""
Protobuf fields, and the OTLP attributes that consist of them.

A field of protobuf (encoding.md of protocolbuffers.github.io) is its tag and a value.
The tag is the varint of `number << 3 | wire type`. Wire types: 0 a varint, 1 eight
bytes little-endian, 2 a size (varint) and that many bytes. From OTLP's
opentelemetry/proto/common/v1/common.proto:

```text
KeyValue  1 string key  2 AnyValue value
AnyValue  1 string  2 bool  3 int64  4 double  5 ArrayValue  6 KeyValueList
          7 bytes; one of these, or none
ArrayValue    1 AnyValue values
KeyValueList  1 KeyValue values
```

An attribute of key "k" and value "v", as field 9 of a span:

```text
4a 08       9 attributes, 8 bytes
   0a 01 6b    KeyValue: 1 key, 1 byte, "k"
   12 03       KeyValue: 2 value, 3 bytes
      0a 01 76    AnyValue: 1 string_value, 1 byte, "v"
```

As in Thrift, a whole attribute is cached by the pair of key and value.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from jaeger_client.encoding.caches import AppendItems, CacheSet
from jaeger_client.encoding.plain import exact_text
from jaeger_client.encoding.varint import (
    MASK_64,
    MAX_I64,
    MIN_I64,
    MIN_TWO_BYTES,
    SINGLE_BYTES,
    delimited,
    varint,
)
from jaeger_client.model import TagItem

OtherFields: TypeAlias = Mapping[str, Callable[[object], bytes | None]]
"""By key: encodes a value as another field; returns `None` for an attribute."""

DELIMITED: Final = 2
"""The wire type of text, bytes and messages."""

# Tags of fields: number << 3 | wire type, in one byte up to number 15.
_KEY: Final = b"\x0a"  # KeyValue: 1 key
_VALUE: Final = b"\x12"  # KeyValue: 2 value
_STRING: Final = b"\x0a"  # AnyValue: 1 string_value
_BOOL: Final = b"\x10"  # AnyValue: 2 bool_value
_INT: Final = b"\x18"  # AnyValue: 3 int_value
_FLOAT: Final = b"\x21"  # AnyValue: 4 double_value, wire type 1
_ARRAY: Final = b"\x2a"  # AnyValue: 5 array_value
_KEY_VALUES: Final = b"\x32"  # AnyValue: 6 kvlist_value
_BYTES: Final = b"\x3a"  # AnyValue: 7 bytes_value
_ITEM: Final = b"\x0a"  # ArrayValue and KeyValueList: 1 values

_TEXT_PREFIXES: Final = tuple(
    [bytes((*_VALUE, n + 2, *_STRING, n)) for n in range(MIN_TWO_BYTES - 4)]
)
"""By size of a text, what precedes it: tag and size of `value`, of `string_value`."""

_INT_PREFIXES: Final = tuple([bytes((*_VALUE, n + 1, *_INT)) for n in range(11)])
"""By size of the varint of an integer: tag and size of `value`, tag of `int_value`."""

_DOUBLE: Final = struct.Struct("<d")


def text_value(value: str) -> bytes:
    """Return the size of *value* in bytes (varint) and its UTF-8."""
    return delimited(exact_text(value).encode())


def text_field(number: int, value: str) -> bytes:
    """Return the field *number*, a string."""
    return varint(number << 3 | DELIMITED) + text_value(value)


def message_field(number: int, *parts: bytes) -> bytes:
    """Return the field *number*, a message that consists of *parts*."""
    size = sum(map(len, parts))
    return b"".join((varint(number << 3 | DELIMITED), varint(size), *parts))


def attribute(field: bytes, key: str, value: object) -> bytes:
    """
    Return an attribute as a field; *field* is the tag of that field.

    Raises for a key that is not text, a type for which OTLP has no value, an integer
    that does not fit in an int64, and text that UTF-8 cannot encode.
    """
    return _ENCODERS[type(value)](field, _key(key), value)


def attribute_appender(
    caches: CacheSet,
    field: bytes,
    other_fields: OtherFields,
    *,
    with_nested: bool = False,
) -> AppendItems:
    """
    Return the function that appends attributes, and raises as `attribute` does.

    Args:
        caches: Creates the caches of keys and attributes.
        field: The tag of the field that holds an attribute.
        other_fields: Span tags or log fields that become other fields.
        with_nested: Whether values may be tuples, dicts and `None`, too.
    """
    encoders = _NESTED_ENCODERS if with_nested else _ENCODERS
    get_key, add_key = caches.new(_key).get_and_add

    def encode_item(item: TagItem) -> bytes:
        key, value = item
        encode_other = other_fields.get(key)
        if encode_other is not None and (other := encode_other(value)) is not None:
            return other
        encoded_key = get_key(key) or add_key(key)
        return encoders[type(value)](field, encoded_key, value)

    return caches.new_appender(encode_item)


def _key(key: str) -> bytes:
    return _KEY + text_value(key)


def _text(field: bytes, key: bytes, value: str) -> bytes:
    # Called for each text that is not cached, so it calls as little as possible. The
    # 4 bytes are two tags and two sizes, each size in one byte.
    data = value.encode()
    size = len(data)
    total = len(key) + size + 4
    if total < MIN_TWO_BYTES:
        return b"".join((field, SINGLE_BYTES[total], key, _TEXT_PREFIXES[size], data))
    return _key_value(field, key, _STRING + delimited(data))


def _int(field: bytes, key: bytes, value: int) -> bytes:
    if not MIN_I64 <= value <= MAX_I64:
        msg = f"needs 64 signed bits, got {value.bit_length()} bits"
        raise OverflowError(msg)
    # int64 is the varint of two's complement, ten bytes if negative; not a zigzag.
    number = varint(value & MASK_64)
    size = len(number)
    total = len(key) + size + 3
    if total < MIN_TWO_BYTES:
        return b"".join((field, SINGLE_BYTES[total], key, _INT_PREFIXES[size], number))
    return _key_value(field, key, _INT + number)


def _bool(field: bytes, key: bytes, value: bool) -> bytes:  # noqa: FBT001 - the value itself
    return _key_value(field, key, _BOOL + SINGLE_BYTES[value])


def _float(field: bytes, key: bytes, value: float) -> bytes:
    return _key_value(field, key, _FLOAT + _DOUBLE.pack(value))


def _bytes(field: bytes, key: bytes, value: bytes) -> bytes:
    return _key_value(field, key, _BYTES + delimited(value))


def _key_value(field: bytes, key: bytes, value: bytes) -> bytes:
    """Return an attribute of any size; *value* is the field of an `AnyValue`."""
    size = len(value)
    length = varint(size)
    total = varint(len(key) + len(length) + size + 1)
    return b"".join((field, total, key, _VALUE, length, value))


_ENCODERS: Mapping[type, Callable[[bytes, bytes, Any], bytes]] = {
    str: _text,
    bool: _bool,
    int: _int,
    float: _float,
    bytes: _bytes,
}
"""How an attribute is encoded, by the exact type of its value."""


def nested_attribute(field: bytes, key: str, value: object) -> bytes:
    """Return an attribute as `attribute` does; also of a tuple, a dict or `None`."""
    return _NESTED_ENCODERS[type(value)](field, _key(key), value)


def _nested(field: bytes, key: bytes, value: object) -> bytes:
    return _key_value(field, key, _any_value(value))


def _any_value(value: object) -> bytes:
    """Return the field of an `AnyValue`; no bytes for `None`."""
    return _ANY_VALUES[type(value)](value)


def _any_int(value: int) -> bytes:
    return _INT + varint(value & MASK_64)


def _array(values: tuple[object, ...]) -> bytes:
    items = [_ITEM + delimited(_any_value(value)) for value in values]
    return _ARRAY + delimited(b"".join(items))


def _key_values(values: Mapping[str, object]) -> bytes:
    items = [nested_attribute(_ITEM, key, value) for key, value in values.items()]
    return _KEY_VALUES + delimited(b"".join(items))


def _no_value(_value: None) -> bytes:
    return b""


_ANY_VALUES: Mapping[type, Callable[[Any], bytes]] = {
    str: lambda value: _STRING + text_value(value),
    bool: lambda value: _BOOL + (b"\x01" if value else b"\x00"),
    int: _any_int,
    float: lambda value: _FLOAT + _DOUBLE.pack(value),
    bytes: lambda value: _BYTES + delimited(value),
    tuple: _array,
    dict: _key_values,
    type(None): _no_value,
}

_NESTED_ENCODERS: Mapping[type, Callable[[bytes, bytes, Any], bytes]] = {
    **_ENCODERS,
    tuple: _nested,
    dict: _nested,
    type(None): _nested,
}
