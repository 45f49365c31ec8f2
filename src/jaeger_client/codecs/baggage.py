"""
Baggage on its way in and out: limits, percent-encoding, text that is no text.

Baggage is multiplied along a trace, from request to request, so it is carried only
within limits, on its way in and on its way out. What is over them is dropped,
counted and told; the request goes on.
"""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from jaeger_client.codecs.base import Codec, text_of
from jaeger_client.constants import (
    MAX_BAGGAGE_ITEMS,
    MAX_BAGGAGE_VALUE_LENGTH,
    MAX_ID_BITS,
)
from jaeger_client.diagnostics import Notice
from jaeger_client.frozen import Frozen

MAX_BAGGAGE_SIZE: Final = 65_536
"""
Characters of all keys and values that are read from one carrier.

Sixteen of the longest values. Each span of a trace carries its baggage on, so that
the other limits alone would let a stranger have 720 KB sent with every request.
"""

MAX_DEBUG_ID_LENGTH: Final = 8192
"""Characters of a debug id that are kept."""

# The longest that one character becomes: four bytes of UTF-8, three characters each.
_ENCODED_CHARACTER: Final = 12

Encoding: TypeAlias = Mapping[int, int | str]
"""What each of the 256 bytes becomes: itself, or a percent sign and two digits."""


def encoding_but(safe: str) -> Encoding:
    """Return the encoding of all but letters, digits, `_.-~` and *safe*."""
    kept = f"{string.ascii_letters}{string.digits}_.-~{safe}".encode()
    return {byte: byte if byte in kept else f"%{byte:02X}" for byte in range(256)}


IN_HEADERS: Final = encoding_but("/")
"""How values are written into Jaeger's own headers, as by 4.8."""

_ASCII: Final = {
    spelling(f"{code:02x}"): chr(code)
    for code in range(128)
    for spelling in (str.lower, str.upper)
}


class BaggageLimits(Frozen):
    """How much baggage a context carries."""

    max_items: int = MAX_BAGGAGE_ITEMS
    max_value_length: int = MAX_BAGGAGE_VALUE_LENGTH
    """Bytes in UTF-8."""

    @property
    def max_size(self) -> int:
        """Characters of all keys and values that are read from one carrier."""
        return max(MAX_BAGGAGE_SIZE, 2 * self.max_value_length)


DEFAULT_LIMITS: Final = BaggageLimits()


class BaggageLosses:
    """
    Counts the baggage that a codec had to drop, and says so once a minute.

    The count is not locked, for a lock could be inherited by a fork: threads
    that drop at the same moment may be counted as one.
    """

    def __init__(self, limits: BaggageLimits) -> None:
        self.items = 0
        self.count: Callable[[int], object] | None = None
        """Is called with the number of items, too."""
        self._notice = Notice(
            f"%d baggage items dropped: at most {limits.max_items} items are carried, "
            f"each of at most {limits.max_value_length} bytes (baggage.max_items, "
            "baggage.max_value_length), and only text",
        )

    def add(self, dropped: int) -> None:
        """Count *dropped* items, which may be none."""
        if dropped:
            self.items += dropped
            self._notice.warn(dropped)
            if self.count is not None:
                self.count(dropped)


class BaggageCodec(Codec):
    """A codec that carries baggage, as much of it as its limits allow."""

    def __init__(self, baggage_limits: BaggageLimits = DEFAULT_LIMITS) -> None:
        self.baggage_limits = baggage_limits
        self._losses = BaggageLosses(baggage_limits)

    @property
    def dropped_baggage_items(self) -> int:
        """Items of baggage that were not carried, since the codec was made."""
        return self._losses.items

    def count_dropped_baggage(self, count: Callable[[int], object]) -> None:
        """Call *count* with the number of items of baggage whenever some are lost."""
        self._losses.count = count

    def _box(self) -> BaggageBox:
        """Return what takes in the baggage of one carrier."""
        limits = self.baggage_limits
        return BaggageBox(self._losses, limits, limits.max_size)

    def _outgoing(self, baggage: Mapping[str, str]) -> Mapping[str, str]:
        """Return what of *baggage* is within the limits."""
        limits = self.baggage_limits
        # What nearly all baggage is needs no closer look: no character takes more
        # than four bytes.
        for value in baggage.values():
            if type(value) is not str or 4 * len(value) > limits.max_value_length:
                break
        else:
            if len(baggage) <= limits.max_items:
                return baggage
        box = BaggageBox(self._losses, limits, math.inf)
        for key, value in baggage.items():
            box.add(key, value)
        return box.close()


class BaggageBox:
    """Takes in baggage, as much of it as the limits allow."""

    __slots__ = ("_dropped", "_limits", "_losses", "_room", "items")

    def __init__(
        self, losses: BaggageLosses, limits: BaggageLimits, max_size: float
    ) -> None:
        self.items: dict[str, str] = {}
        self._losses = losses
        self._limits = limits
        self._room = max_size
        self._dropped = 0

    def add(self, key: str, value: object) -> None:
        """Keep an item, or drop and count it; a later item of a key wins."""
        text = value if isinstance(value, str) else str(value)
        size = len(key) + len(text)
        if (
            size > self._room
            or len(self.items) >= self._limits.max_items
            or _length(text) > self._limits.max_value_length
        ):
            self._dropped += 1
            return
        self._room -= size
        self.items[key] = value  # type: ignore[assignment]  # numbers stay, as in 4.8

    def drop(self) -> None:
        """Count an item that cannot be kept."""
        self._dropped += 1

    def close(self) -> dict[str, str]:
        """Return what was kept, and tell of what was not."""
        self._losses.add(self._dropped)
        return self.items


def _length(text: str) -> int:
    """Return the bytes of *text* in UTF-8."""
    return len(text) if text.isascii() else len(utf8(text))


def readable(value: object) -> str | int | float | None:
    """Return text as text and numbers as they are; `None` for all else."""
    if isinstance(value, float):
        return value
    if isinstance(value, int):
        # A longer one may have more digits than str() agrees to write.
        return value if value.bit_length() <= MAX_ID_BITS else None
    return text_of(value)


def key_text(key: str | bytes) -> str:
    """Return a baggage key of the application, which 4.8 took as bytes too."""
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else key


def is_too_long(encoded: str) -> bool:
    """Whether a percent-encoded text is over the bound whatever it stands for."""
    return len(encoded) > MAX_BAGGAGE_SIZE * _ENCODED_CHARACTER


def percent_decoded(text: str, *, plus: bool = False) -> str:
    """Return *text* decoded, with each `+` as a blank if *plus* is set."""
    if plus and "+" in text:
        text = text.replace("+", " ")
    if "%" not in text:
        return text
    # Most often it is blanks alone that are encoded. A blank is part of no other
    # escape, so what is left can be decoded as if they had been blanks before.
    text = text.replace("%20", " ")
    return _unquoted(text) if "%" in text else text


def _unquoted(text: str) -> str:
    # What is encoded is mostly ASCII, where a table does in 0.7 us what urllib,
    # which knows UTF-8 as well, does in 2 us.
    first, *rest = text.split("%")
    parts = [first]
    for part in rest:
        character = _ASCII.get(part[:2])
        if character is None:
            from urllib.parse import unquote  # noqa: PLC0415 - 3 ms of the start

            return unquote(text)
        parts.append(character + part[2:])
    return "".join(parts)


def percent_encoded(value: object, encoding: Encoding = IN_HEADERS) -> str:
    """Return the text of *value* encoded, bytes as they are and text as UTF-8."""
    if isinstance(value, bytes):
        return value.decode("latin-1").translate(encoding)
    text = value if type(value) is str else str(value)
    if not text.isascii():
        text = utf8(text).decode("latin-1")
    elif text.isalnum():  # as ids are: 0.2 us less
        return text
    return text.translate(encoding)


def utf8(text: str) -> bytes:
    """Return *text* in UTF-8, its lone surrogates as U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return without_surrogates(text).encode()


def without_surrogates(text: str) -> str:
    """Return *text* with lone surrogates, which no encoding takes, as U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
