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

The size of a message precedes it, so each message is written to a buffer of its own
before the field that contains it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, Final, TypeAlias

from jaeger_client.encoding.plain import non_finite_text
from jaeger_client.encoding.varint import (
    MASK_64,
    MAX_I64,
    MIN_I64,
    MIN_TWO_BYTES,
    write_varint,
)

# Tags of fields: number << 3 | wire type, in one byte up to number 15.
_KEY: Final = 0x0A  # KeyValue: 1 key
_VALUE: Final = 0x12  # KeyValue: 2 value
_STRING: Final = 0x0A  # AnyValue: 1 string_value
_BOOL: Final = 0x10  # AnyValue: 2 bool_value
_INT: Final = 0x18  # AnyValue: 3 int_value
_FLOAT: Final = 0x21  # AnyValue: 4 double_value, wire type 1
_ARRAY: Final = 0x2A  # AnyValue: 5 array_value
_KEY_VALUES: Final = 0x32  # AnyValue: 6 kvlist_value
_BYTES: Final = 0x3A  # AnyValue: 7 bytes_value
_ITEM: Final = 0x0A  # ArrayValue and KeyValueList: 1 values

_DOUBLE: Final = struct.Struct("<Bd")
"""Field 4 of an `AnyValue`: its tag and the value."""

WriteValue: TypeAlias = Callable[[bytearray, Any], None]
"""Appends the field of an `AnyValue`."""


def write_field(out: bytearray, tag: int, data: bytes | bytearray) -> None:
    """Append a field of wire type 2: text in UTF-8, bytes or a message."""
    size = len(data)
    out.append(tag)
    if size < MIN_TWO_BYTES:  # as usual; this saves a call
        out.append(size)
    else:
        write_varint(out, size)
    out += data


def write_text(out: bytearray, tag: int, text: str) -> None:
    """Append a field that is a string; raise for lone surrogates."""
    # Not by its own `encode`, which a subclass of str may override.
    write_field(out, tag, str.encode(text))


def sent_value(value: object) -> object:
    """Return *value*; NaN and the infinities as the text that is sent for them."""
    if type(value) is float and not isfinite(value):
        return non_finite_text(value)
    return value


def write_attribute(out: bytearray, tag: int, key: str, value: object) -> None:
    """
    Append an attribute as the field *tag*.

    Raises for a key that is not text, a type for which OTLP has no value, an integer
    that does not fit in an int64, and text that UTF-8 cannot encode.
    """
    any_value = bytearray()
    _VALUES[type(value)](any_value, value)
    encoded_key = str.encode(key)
    size = len(encoded_key) + len(any_value) + 4
    if size < MIN_TWO_BYTES:
        # Usually each size takes one byte. This takes 60 % of the time of the other
        # branch.
        out.append(tag)
        out.append(size)
        out.append(_KEY)
        out.append(len(encoded_key))
        out += encoded_key
        out.append(_VALUE)
        out.append(len(any_value))
        out += any_value
    else:
        key_value = bytearray()
        write_field(key_value, _KEY, encoded_key)
        write_field(key_value, _VALUE, any_value)
        write_field(out, tag, key_value)


def write_nested_attribute(out: bytearray, tag: int, key: str, value: object) -> None:
    """Append an attribute as `write_attribute` does; also a tuple, a dict or `None`."""
    key_value = bytearray()
    write_text(key_value, _KEY, key)
    _write_any_value(key_value, _VALUE, value)
    write_field(out, tag, key_value)


def _write_str(out: bytearray, value: str) -> None:
    write_field(out, _STRING, value.encode())


def _write_bool(out: bytearray, value: bool) -> None:  # noqa: FBT001 - the value itself
    out.append(_BOOL)
    out.append(value)


def _write_int(out: bytearray, value: int) -> None:
    if not MIN_I64 <= value <= MAX_I64:
        msg = f"needs 64 signed bits, got {value.bit_length()} bits"
        raise OverflowError(msg)
    # int64 is the varint of two's complement, ten bytes if negative; not a zigzag.
    out.append(_INT)
    write_varint(out, value if value >= 0 else value & MASK_64)


def _write_float(out: bytearray, value: float) -> None:
    if isfinite(value):
        out += _DOUBLE.pack(_FLOAT, value)
    else:
        _write_str(out, non_finite_text(value))


def _write_bytes(out: bytearray, value: bytes) -> None:
    write_field(out, _BYTES, value)


_VALUES: Final[Mapping[type, WriteValue]] = {
    str: _write_str,
    bool: _write_bool,
    int: _write_int,
    float: _write_float,
    bytes: _write_bytes,
}
"""By the exact type of a value, because a subclass may override any method."""


def _write_any_value(out: bytearray, tag: int, value: object) -> None:
    any_value = bytearray()
    _NESTED_VALUES[type(value)](any_value, value)
    write_field(out, tag, any_value)


def _write_array(out: bytearray, values: tuple[object, ...]) -> None:
    array = bytearray()
    for value in values:
        _write_any_value(array, _ITEM, value)
    write_field(out, _ARRAY, array)


def _write_key_values(out: bytearray, values: Mapping[str, object]) -> None:
    key_values = bytearray()
    for key, value in values.items():
        write_nested_attribute(key_values, _ITEM, key, value)
    write_field(out, _KEY_VALUES, key_values)


def _write_nothing(out: bytearray, value: None) -> None:
    pass


_NESTED_VALUES: Final[Mapping[type, WriteValue]] = {
    **_VALUES,
    tuple: _write_array,
    dict: _write_key_values,
    type(None): _write_nothing,
}
"""The same, with the types that only attributes of OpenTelemetry have."""
