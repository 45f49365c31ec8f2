"""
Bounded caches of encoded bytes that repeat: keys, tags, names, ids.

Encoding in pure Python is fast when nothing is encoded twice. A cache is limited in
entries and bytes, and stores no long values. It is emptied when it reaches a limit, and
all caches of an encoder are emptied every minute, so that a secret in a tag does not
stay in memory.

A full cache is emptied as a whole: finding old entries would take time at every hit,
and values that repeat are stored again with the next span.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isfinite
from typing import Any, Final, Generic, TypeAlias, TypeVar

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client.encoding.plain import non_finite_text
from jaeger_client.model import TagItem

K = TypeVar("K")

AppendItems: TypeAlias = Callable[[list[bytes], Iterable[TagItem]], int]
"""Appends the bytes of each tag to a list and returns the number of tags."""

MAX_ENTRIES: Final = 2048
"""Maximum number of entries of a cache."""

MAX_CACHE_BYTES: Final = 128 * 1024
"""Maximum size of all encoded values of a cache in bytes."""

MAX_ENTRY_BYTES: Final = 256
"""Maximum size of an encoded value that is stored, in bytes."""

CACHE_LIFETIME: Final = 60.0
"""Seconds after which all caches are emptied."""


class BytesCache(dict[K, bytes], Generic[K]):
    """
    Encodes a key when it is first looked up, and stores the bytes.

    Where nearly every look-up hits, `cache.get(key) or cache.add(key)` takes two
    thirds of the time of `cache[key]`, because CPython dispatches the latter slowly
    for subclasses of dict. The keys of a cache must be of one type, because 1, 1.0 and
    True are equal.

    Used by one thread at a time. Raises what *encode* raises.
    """

    __slots__ = ("_encode", "_free")

    def __init__(self, encode: Callable[[K], bytes]) -> None:
        super().__init__()
        self._encode = encode
        self._free = MAX_CACHE_BYTES
        """Number of bytes that may still be added."""

    def add(self, key: K) -> bytes:
        """Encode *key*, which is not in the cache, and store and return the bytes."""
        encoded = self._encode(key)
        size = len(encoded)
        # Empty bytes are false, so `get() or add()` would never find them.
        if 0 < size <= MAX_ENTRY_BYTES:
            if size > self._free or len(self) >= MAX_ENTRIES:
                self.clear()
            self._free -= size
            self[key] = encoded
        return encoded

    __missing__ = add

    @property
    def get_and_add(self) -> tuple[Callable[[K], bytes | None], Callable[[K], bytes]]:
        """Both methods; a local variable saves their look-up for every value."""
        return self.get, self.add

    def clear(self) -> None:
        """Remove all entries."""
        super().clear()
        self._free = MAX_CACHE_BYTES


class CacheSet:
    """All caches of an encoder, which are emptied together."""

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._clear_at = clock.monotonic() + CACHE_LIFETIME
        self.all: list[BytesCache[Any]] = []

    def new(self, encode: Callable[[K], bytes]) -> BytesCache[K]:
        """Return a new cache of what *encode* returns."""
        cache = BytesCache(encode)
        self.all.append(cache)
        return cache

    def new_appender(self, encode: Callable[[TagItem], bytes]) -> AppendItems:
        """
        Return a function that appends tags, each encoded by *encode* or looked up.

        The pair of key and value is the cache's key. That look-up takes 60 ns; two
        look-ups, of key and value, and two elements to join take 140 ns.
        """
        # A cache for each type of value, because 1, 1.0 and True are equal keys.
        get_text, add_text = self.new(encode).get_and_add
        get_int, add_int = self.new(encode).get_and_add
        get_bool, add_bool = self.new(encode).get_and_add

        def append_items(parts: list[bytes], items: Iterable[TagItem]) -> int:
            length = len(parts)
            for item in items:
                key, value = item
                # Exact types, because True is an int. On a miss a new pair becomes the
                # cache's key, because *item* may be a `Tag`, which can change.
                if type(value) is str:
                    parts.append(get_text(item) or add_text((key, value)))
                elif type(value) is int:
                    parts.append(get_int(item) or add_int((key, value)))
                elif type(value) is bool:
                    parts.append(get_bool(item) or add_bool((key, value)))
                else:
                    # Not cached: 0.0 and -0.0 are equal keys, and bytes seldom repeat.
                    if type(value) is float and not isfinite(value):
                        value = non_finite_text(value)
                    parts.append(encode((key, value)))
            return len(parts) - length

        return append_items

    def clear_if_expired(self) -> None:
        """Empty all caches if their lifetime is over."""
        if self._clock.monotonic() >= self._clear_at:
            self.clear()

    def clear(self) -> None:
        """Empty all caches."""
        self._clear_at = self._clock.monotonic() + CACHE_LIFETIME
        for cache in self.all:
            cache.clear()
