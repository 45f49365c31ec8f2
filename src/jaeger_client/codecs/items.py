"""
Items of baggage: their values in headers, and the limits for what is carried.

`_native.headers` has the compiled counterparts of the functions that every item needs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final, TypeAlias

from jaeger_client._internal.named_tuple import NamedTuple
from jaeger_client.codecs.base import header_text
from jaeger_client.codecs.headers import utf8
from jaeger_client.constants import (
    MAX_BAGGAGE_ITEMS,
    MAX_BAGGAGE_VALUE_LENGTH,
    MAX_ID_BITS,
)

MAX_BAGGAGE_SIZE: Final = 65_536
"""
Maximum size of all keys and values that are read from one carrier, in characters.

This is sixteen values of maximum length. Every span passes its baggage on: with the
other limits alone, a caller could make a service send 720 KB with every request.
"""

# A character becomes up to four bytes in UTF-8, each encoded as three characters.
_MAX_ENCODED_CHARACTER: Final = 12


class BaggageLimits(NamedTuple):
    """How much baggage a context carries."""

    max_items: int = MAX_BAGGAGE_ITEMS
    """Maximum number of items."""
    max_value_length: int = MAX_BAGGAGE_VALUE_LENGTH
    """Maximum length of a value in bytes of UTF-8."""

    @property
    def max_size(self) -> int:
        """Maximum size of all keys and values that are read from one carrier."""
        return max(MAX_BAGGAGE_SIZE, 2 * self.max_value_length)

    def is_too_long(self, encoded: str) -> bool:
        """Return whether an encoded text is too long, whatever it decodes to."""
        # Most are shorter than the constant, which saves reading the property.
        return len(encoded) > MAX_BAGGAGE_SIZE and (
            len(encoded) > self.max_size * _MAX_ENCODED_CHARACTER
        )


DEFAULT_LIMITS: Final = BaggageLimits()

Item: TypeAlias = tuple[str, str | bytes | float | None]
"""Key and value; `None` replaces a value that cannot be carried."""


def text_or_number(value: object) -> str | int | float | None:
    """Return a header's value as text, a number as it is, and `None` otherwise."""
    if isinstance(value, float):
        return value
    if isinstance(value, int):
        # A longer one may have more digits than str() converts.
        return value if value.bit_length() <= MAX_ID_BITS else None
    return header_text(value)


def header_value(
    value: object, decode: Callable[[str], str], limits: BaggageLimits
) -> str | float | None:
    """Return the decoded text or the number in a header, or `None`."""
    text = value if type(value) is str else text_or_number(value)
    if not isinstance(text, str):
        return text
    return None if limits.is_too_long(text) else decode(text)


def bounded(
    items: Iterable[Item],
    limits: BaggageLimits,
    is_incoming: bool,  # noqa: FBT001 - 0.05 us less
) -> tuple[dict[str, str], int]:
    """
    Return the *items* within the limits, and the number of the others.

    The last item of a key is used. Only incoming baggage is limited as a whole: what is
    sent was received, or is the application's own.
    """
    max_items, max_length = limits
    carried: dict[str, str] = {}
    size_left, dropped = limits.max_size if is_incoming else math.inf, 0
    for key, value in items:
        text = value if isinstance(value, (str, bytes)) else str(value)
        size = len(key) + len(text)
        if (
            value is None
            or size > size_left
            or len(carried) >= max_items
            or length(text) > max_length
        ):
            dropped += 1
        else:
            size_left -= size
            carried[key] = value  # type: ignore[assignment]  # numbers stay, as in 4.8
    return carried, dropped


def can_be_sent(
    baggage: Mapping[str, str], known_keys: AbstractSet[str], limits: BaggageLimits
) -> bool:
    """Return whether *baggage* has only known keys and short texts, within limits."""
    max_items, max_length = limits
    for key, value in baggage.items():
        if (
            type(key) is not str
            or key not in known_keys
            or type(value) is not str
            or 4 * len(value) > max_length  # a character has four bytes at most
        ):
            return False
    return len(baggage) <= max_items


def length(text: str | bytes) -> int:
    """Return the number of bytes of *text* in UTF-8."""
    if isinstance(text, bytes) or text.isascii():
        return len(text)
    return len(utf8(text))
