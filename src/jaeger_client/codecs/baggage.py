"""
Baggage on its way in and out: bounds, percent-encoding, text that is no text.

Baggage is multiplied along a trace, from request to request, so what strangers
send is kept only up to a bound that no ordinary application comes near.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, unquote, unquote_plus

from jaeger_client.codecs.base import BaggageLosses, text_of
from jaeger_client.constants import MAX_ID_BITS

MAX_BAGGAGE_ITEMS: Final = 180
"""Items of baggage that are read from one carrier, as by the Go client."""

MAX_BAGGAGE_SIZE: Final = 8192
"""Characters of all keys and values that are read from one carrier of headers."""

MAX_DEBUG_ID_LENGTH: Final = 8192
"""Characters of a debug id that are kept."""

# The longest that one character becomes: four bytes of UTF-8, three characters each.
_ENCODED_CHARACTER: Final = 12


class BaggageBox:
    """Takes in the baggage of one carrier, as much of it as the bounds allow."""

    __slots__ = ("_dropped", "_losses", "_max_size", "_room", "items")

    def __init__(self, losses: BaggageLosses, max_size: int = MAX_BAGGAGE_SIZE) -> None:
        self.items: dict[str, str] = {}
        self._losses = losses
        self._room = max_size
        self._max_size = max_size
        self._dropped = 0

    def add(self, key: str, value: object) -> None:
        """Keep an item, or drop and count it; a later item of a key wins."""
        size = len(key) + _size(value)
        if size > self._room or len(self.items) >= MAX_BAGGAGE_ITEMS:
            self._dropped += 1
            return
        self._room -= size
        self.items[key] = value  # type: ignore[assignment]  # numbers stay, as in 4.8

    def drop(self) -> None:
        """Count an item that cannot be kept."""
        self._dropped += 1

    def close(self) -> dict[str, str]:
        """Return what was kept, and tell of what was not."""
        self._losses.add(self._dropped, MAX_BAGGAGE_ITEMS, self._max_size)
        return self.items


def _size(value: object) -> int:
    return len(value if isinstance(value, str) else str(value))


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
        return unquote_plus(text)
    return unquote(text) if "%" in text else text


def percent_encoded(value: object, *, safe: str = "/") -> str:
    """Encode all of *value* but letters, digits, `_.-~` and *safe*."""
    if isinstance(value, bytes):
        return quote(value, safe=safe)
    try:
        return quote(str(value), safe=safe)
    except UnicodeEncodeError:
        return quote(without_surrogates(str(value)), safe=safe)


def without_surrogates(text: str) -> str:
    """Return *text* with lone surrogates, which no encoding takes, as U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
