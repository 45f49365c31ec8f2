"""
Baggage in carriers: limits, safe keys and values, and counts of dropped items.

Each request of a trace carries its baggage, so the limits apply to what is extracted
and to what is injected. Keys and values come from other services and from users: an
item that would break an outgoing request, or add a header to it, is not injected. Every
dropped item is counted and logged, and the request is not affected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client._internal.shown import shown
from jaeger_client._native import IS_COMPILED
from jaeger_client.codecs.base import Codec
from jaeger_client.codecs.headers import MAX_NAME_LENGTH, MAX_NAMES, utf8
from jaeger_client.codecs.items import DEFAULT_LIMITS, BaggageLimits, Item
from jaeger_client.constants import MAX_ID_BITS

if TYPE_CHECKING or not IS_COMPILED:
    from jaeger_client.codecs.items import bounded, can_be_sent
else:
    from jaeger_client._native.headers import bounded, can_be_sent

MAX_DEBUG_ID_LENGTH: Final = 8192
"""Maximum length of a debug id in characters; the rest is cut off."""

_OVER_LIMITS: Final = (
    "%d baggage items dropped: at most {} items are carried, each of at most {} bytes "
    "(baggage.max_items, baggage.max_value_length), and only well-formed text"
)
_UNSAFE: Final = (
    "%s dropped, because injecting it could break the request: baggage keys "
    "must be letters, digits and !#$%%&'*+-.^_`|~, and values must be text, in text "
    "maps without CR, LF and NUL. Rename the key, or encode the value. "
    "With lower_case_headers, gRPC's rules for metadata keys apply"
)


class BaggageCodec(Codec):
    """
    A codec that carries baggage within limits.

    The count of dropped items has no lock, because a forked child could inherit it
    while it is held. Items that several threads drop at once may be counted as one.
    """

    def __init__(
        self,
        baggage_limits: BaggageLimits = DEFAULT_LIMITS,
        *,
        lower_case_headers: bool = False,
    ) -> None:
        self.baggage_limits = baggage_limits
        self.lower_case_headers = lower_case_headers
        """Whether names are written as gRPC metadata requires, baggage keys too."""
        self.dropped_baggage_items = 0
        """Number of items that were not carried since the codec was created."""
        self._count_dropped: Callable[[int], object] | None = None
        self._over_limits = RateLimitedWarning(_OVER_LIMITS.format(*baggage_limits))
        self._unsafe = RateLimitedWarning(_UNSAFE)
        # Keys repeat from request to request, so those that passed `_checked_key` are
        # remembered, within the bounds of `HeaderNames`.
        self._known_keys: set[str] = set()

    def count_dropped_baggage(self, count: Callable[[int], object]) -> None:
        """Call *count* with the number of dropped items whenever any are dropped."""
        self._count_dropped = count

    def _can_write_key(self, key: str) -> bool:  # noqa: ARG002 - for other formats
        """Return whether the format can write *key*, which is plain text."""
        return True

    def _incoming(self, items: Iterable[Item]) -> dict[str, str]:
        """Return the *items* of a carrier that are within the limits."""
        return self._bounded(items, True)  # noqa: FBT003 - as `bounded`

    def _outgoing(self, baggage: Mapping[str, str]) -> Mapping[str, str]:
        """
        Return the items of *baggage* that can be written and are within the limits.

        Keys are plain text. So are nearly all values; the others are bytes or numbers,
        which 4.8 accepted as well.
        """
        # Known keys and short text need no further checks.
        if can_be_sent(baggage, self._known_keys, self.baggage_limits):
            return baggage
        return self._bounded(self._writable_items(baggage), False)  # noqa: FBT003

    def _writable_items(self, baggage: Mapping[str, str]) -> Iterator[Item]:
        for key, value in baggage.items():
            text, item = self._checked_key(key), plain_value(value)
            if text is None or item is None:
                self._drop_unsafe(f"baggage item {shown(key)}")
            else:
                yield text, item

    def _bounded(
        self,
        items: Iterable[Item],
        is_incoming: bool,  # noqa: FBT001 - as `bounded`
    ) -> dict[str, str]:
        """Return the *items* within the limits; count and log the others."""
        carried, dropped = bounded(items, self.baggage_limits, is_incoming)
        if dropped:
            self._drop(dropped)
        return carried

    def _checked_key(self, key: object) -> str | None:
        """Return the text of *key*, or `None` if the codec cannot write it."""
        text = _plain_key(key)
        if text is not None and self.lower_case_headers:
            text = text.lower()
        if text is None or not self._can_write_key(text):
            return None
        if len(text) <= MAX_NAME_LENGTH:
            if len(self._known_keys) >= MAX_NAMES:
                self._known_keys = set()  # not clear(): other threads may be reading
            self._known_keys.add(text)
        return text

    def _drop(self, items: int) -> None:
        """Count *items* that were over the limits or unreadable, if any."""
        if items:
            self._over_limits.warn(items)
            self._count(items)

    def _drop_unsafe(self, what: str) -> None:
        """Count one item that cannot be written; *what* describes it in the log."""
        self._unsafe.warn(what)
        self._count(1)

    def _count(self, items: int) -> None:
        self.dropped_baggage_items += items
        if self._count_dropped is not None:
            self._count_dropped(items)


def _plain_key(key: object) -> str | None:
    """Return a key as text; `None` if it is neither text nor bytes in UTF-8."""
    try:
        if isinstance(key, bytes):  # as in 4.8
            return key.decode()
        if isinstance(key, str):
            key.encode()  # raises for lone surrogates, which no format can carry
            return str.__str__(key)
    except UnicodeError:
        pass
    return None


def plain_value(value: object) -> str | bytes | float | None:
    """Return text, bytes and numbers unchanged, others as text; `None` if it fails."""
    if type(value) is int and value.bit_length() <= MAX_ID_BITS:
        return value
    if type(value) is str or type(value) is bytes:
        return value
    if type(value) is float or type(value) is bool:
        return value
    try:
        return str.__str__(value if isinstance(value, str) else str(value))
    except Exception:  # noqa: BLE001 - the value's own code may raise anything
        return None


def breaks_lines(text: str) -> bool:
    """Return whether *text* has CR, LF or NUL, with which it could forge a header."""
    return "\n" in text or "\r" in text or "\0" in text


def text_map_value(value: str | bytes | float) -> str | float | None:
    """Return *value* for a text map, or `None` if it could forge a header."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return value
    if breaks_lines(value):
        return None
    return value if value.isascii() else utf8(value).decode()
