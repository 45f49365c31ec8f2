"""
Bytes of the Thrift binary protocol: pure functions, value to bytes.

A field begins with its type and its 16-bit id, all numbers have their full
width, big-endian, text and lists begin with a 32-bit size, structs end with a
zero byte.
"""

from __future__ import annotations

import struct
from typing import Final

from jaeger_client.encoding.tables import exact_text
from jaeger_client.encoding.varint import clamped_i64

STOP: Final = b"\x00"
"""End of a struct."""

MESSAGE: Final = b"\x80\x01\x00\x04"
"""Begin of a oneway message: version 1 and message type 4."""

_I32: Final = struct.Struct(">i")
_I64: Final = struct.Struct(">q")
_DOUBLE: Final = struct.Struct(">d")
_STRUCT_LIST: Final = struct.Struct(">Bi")


def i32(number: int) -> bytes:
    """Return *number* in four bytes."""
    return _I32.pack(number)


def i64(number: int) -> bytes:
    """Return *number*, kept within 64 signed bits."""
    return _I64.pack(clamped_i64(number))


def exact_i64(number: int) -> bytes:
    """
    Return *number* in eight bytes.

    Raises:
        struct.error: If 64 signed bits cannot hold it.
    """
    return _I64.pack(number)


def double(number: float) -> bytes:
    """Return *number* in eight bytes."""
    return _DOUBLE.pack(number)


def text(value: str) -> bytes:
    """Return the length of *value* and its UTF-8."""
    return blob(exact_text(value))


def blob(value: bytes) -> bytes:
    """Return the length of *value* and itself."""
    return _I32.pack(len(value)) + value


def struct_list(size: int) -> bytes:
    """Return what a list of *size* structs begins with."""
    return _STRUCT_LIST.pack(12, size)
