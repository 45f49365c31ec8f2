"""
Baggage on its way in and out: bounds, percent-encoding, text that is no text.

Baggage is multiplied along a trace, from request to request, so what strangers
send is kept only up to a bound that no ordinary application comes near.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Final, TypeAlias

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
