"""
Tags as pieces of bytes: the innermost loop of both Thrift encoders.

A tag is two pieces: its key with all that follows up to the value, and its
value with the end of the struct. Apart they repeat far more often than
together, and a look-up by text alone takes half the time of one by a pair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from jaeger_client.encoding import thrift_binary as binary
from jaeger_client.encoding import thrift_compact as compact
from jaeger_client.encoding.tables import Tables
from jaeger_client.encoding.varint import LAST, LOW_BITS, varint
from jaeger_client.model import TagItem

AppendTags: TypeAlias = Callable[[list[bytes], Iterable[TagItem]], int]
"""Appends the pieces of tags to a list and returns how many tags they were."""

TagKinds: TypeAlias = Mapping[type, tuple[bytes, Callable[[Any], bytes]]]
"""By type of value: what stands between key and value; how to write value and end."""


def _compact_text(value: str) -> bytes:
    # Called for each text never seen before, so without further calls.
    data = value.encode()
    size = len(data)
    return (LAST[size] if size <= LOW_BITS else varint(size)) + data + b"\x00"


def _compact_int(value: int) -> bytes:
    bits = value << 1 if value >= 0 else ~(value << 1)
    if bits <= LOW_BITS:
        return LAST[bits] + b"\x00"
    return compact.exact_i64(value) + b"\x00"


def _compact_key(key: str) -> bytes:
    return b"\x18" + compact.text(key)


def _binary_text(value: str) -> bytes:
    data = value.encode()
    return binary.i32(len(data)) + data + b"\x00"


def _binary_key(key: str) -> bytes:
    return b"\x0b\x00\x01" + binary.text(key)


_COMPACT_KINDS: Final[TagKinds] = {
    str: (b"\x15\x00\x18", _compact_text),
    float: (b"\x15\x02\x27", lambda value: compact.double(value) + b"\x00"),
    # The compact protocol writes a boolean field as its type alone.
    bool: (b"\x15\x04", lambda value: b"\x31\x00" if value else b"\x32\x00"),
    int: (b"\x15\x06\x46", _compact_int),
    bytes: (b"\x15\x08\x58", lambda value: compact.blob(value) + b"\x00"),
}
_V_TYPE: Final = b"\x08\x00\x02\x00\x00\x00"
_BINARY_KINDS: Final[TagKinds] = {
    str: (_V_TYPE + b"\x00\x0b\x00\x03", _binary_text),
    float: (
        _V_TYPE + b"\x01\x04\x00\x04",
        lambda value: binary.double(value) + b"\x00",
    ),
    bool: (
        _V_TYPE + b"\x02\x02\x00\x05",
        lambda value: b"\x01\x00" if value else b"\x00\x00",
    ),
    int: (
        _V_TYPE + b"\x03\x0a\x00\x06",
        lambda value: binary.exact_i64(value) + b"\x00",
    ),
    bytes: (
        _V_TYPE + b"\x04\x0b\x00\x07",
        lambda value: binary.blob(value) + b"\x00",
    ),
}


def compact_tags(tables: Tables) -> AppendTags:
    """Return the function that writes tags in the compact protocol."""
    return _tag_appender(tables, _COMPACT_KINDS, _compact_key)


def binary_tags(tables: Tables) -> AppendTags:
    """Return the function that writes tags in the binary protocol."""
    return _tag_appender(tables, _BINARY_KINDS, _binary_key)


def _tag_appender(
    tables: Tables,
    kinds: TagKinds,
    encode_key: Callable[[str], bytes],
) -> AppendTags:
    """
    Return the function that writes tags as *kinds* say.

    It raises for a key that is no text, a type that is not in *kinds*, an int
    beyond 64 bits and text that UTF-8 has no bytes for.
    """
    before_text, encode_text = kinds[str]
    before_int, encode_int = kinds[int]
    keys = tables.texts(encode_key)
    text_keys = tables.texts(lambda key: keys[key] + before_text)
    int_keys = tables.texts(lambda key: keys[key] + before_int)
    texts = tables.texts(encode_text)
    ints = tables.numbers(encode_int)
    get_text_key, make_text_key = text_keys.get, text_keys.make
    get_int_key, make_int_key = int_keys.get, int_keys.make
    get_text, make_text = texts.get, texts.make
    get_int, make_int = ints.get, ints.make

    def append_tags(pieces: list[bytes], items: Iterable[TagItem]) -> int:
        append = pieces.append
        length = len(pieces)
        for key, value in items:
            # Exact types only: True is an int, and 1 and True are one dict key.
            if type(value) is str:
                append(get_text_key(key) or make_text_key(key))
                append(get_text(value) or make_text(value))
            elif type(value) is int:
                append(get_int_key(key) or make_int_key(key))
                append(get_int(value) or make_int(value))
            else:
                before, encode = kinds[type(value)]
                append(keys[key] + before)
                append(encode(value))
        return (len(pieces) - length) // 2

    return append_tags
