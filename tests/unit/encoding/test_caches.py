"""The caches of encoded bytes: what they store, and for how long."""

from __future__ import annotations

from typing import Any

import pytest

from jaeger_client._internal.tag_lists import Tag
from jaeger_client.encoding import JaegerCompactEncoder, OtlpEncoder
from jaeger_client.encoding.caches import (
    CACHE_LIFETIME,
    MAX_CACHE_BYTES,
    MAX_ENTRIES,
    MAX_ENTRY_BYTES,
    BytesCache,
    CacheSet,
)
from jaeger_client.encoding.varint import varint
from jaeger_client.model import SpanLosses
from jaeger_client.testing import FakeClock
from tests.foreign.formats import ALL_FORMATS, MakeEncoder, ReadNames
from tests.foreign.spans import FinishedSpan, encode_all, encode_one


def test_a_value_is_encoded_once() -> None:
    """The second look-up of a key gives the very same bytes."""
    cache = BytesCache(str.encode)

    assert cache["a"] is cache["a"]
    assert cache["a"] is cache.get("a")


def test_long_values_are_not_stored() -> None:
    """A value of more than MAX_ENTRY_BYTES encoded bytes is not stored."""
    cache = BytesCache(str.encode)
    short, long = "x" * MAX_ENTRY_BYTES, "x" * (MAX_ENTRY_BYTES + 1)

    assert [short.encode(), long.encode()] == [cache[short], cache[long]]
    assert [short] == list(cache)


def test_entries_are_bounded() -> None:
    """A cache that is full is emptied and used again."""
    cache = BytesCache(varint)
    sizes: list[int] = []
    for number in range(3 * MAX_ENTRIES):
        cache.add(number)
        sizes.append(len(cache))

    assert MAX_ENTRIES == max(sizes)


def test_bytes_are_bounded() -> None:
    """The values of a cache never take more than MAX_CACHE_BYTES together."""
    cache = BytesCache(str.encode)
    held: list[int] = []
    for number in range(2 * MAX_CACHE_BYTES // MAX_ENTRY_BYTES):
        cache.add(f"{number:0{MAX_ENTRY_BYTES}}")
        held.append(sum(map(len, cache.values())))

    assert MAX_CACHE_BYTES == max(held)


def test_a_failed_encoding_is_not_stored() -> None:
    """An error while encoding reaches the caller, and nothing is stored."""
    cache = BytesCache(str.encode)

    with pytest.raises(UnicodeEncodeError):
        cache["\ud800"]
    assert not cache


def test_a_tag_object_is_not_stored() -> None:
    """A `Tag`, which can change, is stored as a pair of its key and value."""
    caches = CacheSet()
    append = caches.new_appender(lambda item: repr(item).encode())
    tag: Any = Tag.of("k", "v")
    parts: list[bytes] = []
    append(parts, [tag])
    tag.vStr = "w"
    append(parts, [tag])

    assert [b"('k', 'v')", b"('k', 'w')"] == parts
    keys = [key for cache in caches.all for key in cache]
    assert [("k", "v"), ("k", "w")] == keys
    assert {tuple} == {type(key) for key in keys}


def test_equal_values_of_different_types_are_different_tags() -> None:
    """1, 1.0 and True are equal keys of a dict, but are encoded differently."""
    append = CacheSet().new_appender(lambda item: repr(item[1]).encode())
    parts: list[bytes] = []
    count = append(parts, [("k", 1), ("k", 1.0), ("k", True)] * 2)

    assert [b"1", b"1.0", b"True"] * 2 == parts
    assert 6 == count


def test_empty_values_are_not_stored() -> None:
    """A tag without bytes, whose text may be a secret, is not stored as a key."""
    cache = BytesCache[str](lambda _: b"")

    assert b"" == cache["secret"]
    assert [] == list(cache)


def test_caches_are_emptied_every_minute() -> None:
    """After a minute all caches are emptied, and not before."""
    clock = FakeClock()
    caches = CacheSet(clock)
    cache, ids = caches.new(str.encode), caches.new(varint)
    cache["secret"]
    ids[1]

    clock.advance(CACHE_LIFETIME - 1)
    caches.clear_if_expired()
    assert ["secret"] == list(cache)
    clock.advance(1)
    caches.clear_if_expired()
    assert not cache
    assert not ids


@pytest.mark.parametrize("make_encoder", [JaegerCompactEncoder, OtlpEncoder])
def test_encoders_empty_their_caches(make_encoder: type[JaegerCompactEncoder]) -> None:
    """No cache of an encoder holds a secret a minute later."""
    clock = FakeClock()
    encoder = make_encoder(SpanLosses(), clock=clock)
    encode_all(encoder, [FinishedSpan(tag_items=[("password", "secret")])])
    clock.advance(CACHE_LIFETIME)

    encode_all(encoder, [FinishedSpan()])
    assert "secret" not in repr(encoder.caches.all)


@ALL_FORMATS
def test_clear_cache_empties_all_caches(
    make_encoder: MakeEncoder, names: ReadNames
) -> None:
    """`clear_cache` empties all caches, and encoding continues."""
    encoder = make_encoder(SpanLosses())
    span = FinishedSpan(tag_items=[("password", "secret")])
    first = encode_all(encoder, [span])[0]
    encoder.clear_cache()

    assert "secret" not in repr(encoder.caches.all)
    assert names(first.body) == names(encode_all(encoder, [span])[0].body)


@ALL_FORMATS
def test_many_texts_leave_the_caches_small(
    make_encoder: MakeEncoder, names: ReadNames
) -> None:
    """The caches stay small for any number of different texts."""
    encoder = make_encoder(SpanLosses())
    keys = ("k", "otel.status_description", "http.status_code", "span.kind", "event")
    for number in range(3_000):
        items = [(key, f"{number:0500}") for key in keys]
        logs = [(number, items)]
        encode_all(encoder, [FinishedSpan(tag_items=items, log_items=logs)])

    assert len(repr(encoder.caches.all)) < MAX_CACHE_BYTES
    assert names(encode_one(encoder, FinishedSpan(operation_name="last"))) == ["last"]
