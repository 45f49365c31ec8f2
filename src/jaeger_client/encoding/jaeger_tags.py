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
from jaeger_client.model import TagItem

AppendTags: TypeAlias = Callable[[list[bytes], Iterable[TagItem]], int]
"""Appends the pieces of tags to a list and returns how many tags they were."""

TagKinds: TypeAlias = Mapping[type, tuple[bytes, Callable[[Any], bytes]]]
"""By type of value: what stands between key and value, and how to write the value."""

COMPACT_KINDS: Final[TagKinds] = {
    str: (b"\x15\x00\x18", compact.text),
    float: (b"\x15\x02\x27", compact.double),
    # The compact protocol writes a boolean field as its type alone.
    bool: (b"\x15\x04", {True: b"\x31", False: b"\x32"}.__getitem__),
    int: (b"\x15\x06\x46", compact.exact_i64),
    bytes: (b"\x15\x08\x58", compact.blob),
}
BINARY_KINDS: Final[TagKinds] = {
    str: (b"\x08\x00\x02\x00\x00\x00\x00\x0b\x00\x03", binary.text),
    float: (b"\x08\x00\x02\x00\x00\x00\x01\x04\x00\x04", binary.double),
    bool: (
        b"\x08\x00\x02\x00\x00\x00\x02\x02\x00\x05",
        {True: b"\x01", False: b"\x00"}.__getitem__,
    ),
    int: (b"\x08\x00\x02\x00\x00\x00\x03\x0a\x00\x06", binary.exact_i64),
    bytes: (b"\x08\x00\x02\x00\x00\x00\x04\x0b\x00\x07", binary.blob),
}


def compact_key(key: str) -> bytes:
    """Return field 1 of `Tag`."""
    return b"\x18" + compact.text(key)


def binary_key(key: str) -> bytes:
    """Return field 1 of `Tag`."""
    return b"\x0b\x00\x01" + binary.text(key)


def tag_appender(
    tables: Tables,
    kinds: TagKinds,
    encode_key: Callable[[str], bytes],
) -> AppendTags:
    """
    Return the function that writes tags in one protocol.

    It raises for a key that is no text, a type that is not in *kinds*, an int
    beyond 64 bits and text that UTF-8 has no bytes for.
    """
    before_text, encode_text = kinds[str]
    before_int, encode_int = kinds[int]
    keys = tables.texts(encode_key)
    text_keys = tables.texts(lambda key: keys[key] + before_text)
    int_keys = tables.texts(lambda key: keys[key] + before_int)
    texts = tables.texts(lambda value: encode_text(value) + b"\x00")
    ints = tables.numbers(lambda value: encode_int(value) + b"\x00")
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
                append(encode(value) + b"\x00")
        return (len(pieces) - length) // 2

    return append_tags
