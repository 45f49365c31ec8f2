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

The size of a message precedes it, so each message is encoded before the field that
contains it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, Final

from jaeger_client.encoding.plain import exact_text, non_finite_text
from jaeger_client.encoding.varint import (
    MASK_64,
    MAX_I64,
    MIN_I64,
    delimited,
    varint,
)

# Tags of fields: number << 3 | wire type, in one byte up to number 15.
_KEY: Final = b"\x0a"  # KeyValue: 1 key
_VALUE: Final = b"\x12"  # KeyValue: 2 value
_STRING: Final = b"\x0a"  # AnyValue: 1 string_value
_FALSE: Final = b"\x10\x00"  # AnyValue: 2 bool_value, with its value
_TRUE: Final = b"\x10\x01"
_INT: Final = b"\x18"  # AnyValue: 3 int_value
_FLOAT: Final = b"\x21"  # AnyValue: 4 double_value, wire type 1
_ARRAY: Final = b"\x2a"  # AnyValue: 5 array_value
_KEY_VALUES: Final = b"\x32"  # AnyValue: 6 kvlist_value
_BYTES: Final = b"\x3a"  # AnyValue: 7 bytes_value
_ITEM: Final = b"\x0a"  # ArrayValue and KeyValueList: 1 values

_DOUBLE: Final = struct.Struct("<d")


def text_field(tag: bytes, value: str) -> bytes:
    """Return a field that is a string."""
    return tag + delimited(exact_text(value).encode())


def message_field(tag: bytes, *parts: bytes) -> bytes:
    """Return a field that is a message; *parts* are its fields."""
    return tag + delimited(b"".join(parts))


def sent_value(value: object) -> object:
    """Return *value*; NaN and the infinities as the text that is sent for them."""
    if type(value) is float and not isfinite(value):
        return non_finite_text(value)
    return value


def attribute(tag: bytes, key: str, value: object) -> bytes:
    """
    Return an attribute as a field.

    Raises for a key that is not text, a type for which OTLP has no value, an integer
    that does not fit in an int64, and text that UTF-8 cannot encode.
    """
    return _key_value(tag, key, _VALUES[type(value)](value))


def nested_attribute(tag: bytes, key: str, value: object) -> bytes:
    """Return an attribute as `attribute` does; also of a tuple, a dict or `None`."""
    return _key_value(tag, key, _any_value(value))


def _key_value(tag: bytes, key: str, value: bytes) -> bytes:
    """Return a `KeyValue`; *value* is the field of its `AnyValue`."""
    encoded_key = exact_text(key).encode()
    return tag + delimited(_KEY + delimited(encoded_key) + _VALUE + delimited(value))


def _text(value: str) -> bytes:
    return _STRING + delimited(value.encode())


def _bool(value: bool) -> bytes:  # noqa: FBT001 - the value itself
    return _TRUE if value else _FALSE


def _int(value: int) -> bytes:
    if not MIN_I64 <= value <= MAX_I64:
        msg = f"needs 64 signed bits, got {value.bit_length()} bits"
        raise OverflowError(msg)
    # int64 is the varint of two's complement, ten bytes if negative; not a zigzag.
    return _INT + varint(value & MASK_64)


def _float(value: float) -> bytes:
    if isfinite(value):
        return _FLOAT + _DOUBLE.pack(value)
    return _text(non_finite_text(value))


def _bytes(value: bytes) -> bytes:
    return _BYTES + delimited(value)


_VALUES: Mapping[type, Callable[[Any], bytes]] = {
    str: _text,
    bool: _bool,
    int: _int,
    float: _float,
    bytes: _bytes,
}
"""The field of an `AnyValue`, by the exact type of the value."""


def _any_value(value: object) -> bytes:
    return _NESTED_VALUES[type(value)](value)


def _array(values: tuple[object, ...]) -> bytes:
    items = [message_field(_ITEM, _any_value(value)) for value in values]
    return message_field(_ARRAY, *items)


def _key_values(values: Mapping[str, object]) -> bytes:
    items = [nested_attribute(_ITEM, key, value) for key, value in values.items()]
    return message_field(_KEY_VALUES, *items)


def _no_value(_value: None) -> bytes:
    return b""


_NESTED_VALUES: Mapping[type, Callable[[Any], bytes]] = {
    **_VALUES,
    tuple: _array,
    dict: _key_values,
    type(None): _no_value,
}
"""The same, with the values that only spans of OpenTelemetry have."""
