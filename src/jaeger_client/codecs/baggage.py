"""
Baggage on its way in and out: limits, safe keys and values, percent-encoding.

Each request of a trace carries its baggage, so limits apply to what is extracted and to
what is injected. Keys and values come from other services and from users: an item that
would break an outgoing request, or add a header to it, is not injected. Every dropped
item is counted and logged, and the request goes on.
"""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from jaeger_client._internal.diagnostics import Notice
from jaeger_client._internal.frozen import Frozen
from jaeger_client.codecs.base import Codec, shown, text_of
from jaeger_client.codecs.headers import MAX_NAME_LENGTH, MAX_NAMES
from jaeger_client.constants import (
    MAX_BAGGAGE_ITEMS,
    MAX_BAGGAGE_VALUE_LENGTH,
    MAX_ID_BITS,
)

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

    def is_too_long(self, encoded: str) -> bool:
        """Whether a percent-encoded text is over the bound whatever it stands for."""
        length = len(encoded)
        # Nearly all are well below even the least bound: no property is asked.
        return length > MAX_BAGGAGE_SIZE and length > self.max_size * _ENCODED_CHARACTER


DEFAULT_LIMITS: Final = BaggageLimits()

_PLAIN_TYPES: Final = frozenset({str, bytes, float, bool})
"""Types of values that codecs write as they are, besides `int` of up to 64 bits."""


class BaggageLosses:
    """
    Counts what a codec drops, and logs each of the two causes once a minute at most.

    The count is not locked, for a lock could be inherited by a fork: threads
    that drop at the same moment may be counted as one.
    """

    def __init__(self, limits: BaggageLimits) -> None:
        self.items = 0
        self.count: Callable[[int], object] | None = None
        """Is called with the number of items, too."""
        self._over_limits = Notice(
            f"%d baggage items dropped: at most {limits.max_items} items are carried, "
            f"each of at most {limits.max_value_length} bytes (baggage.max_items, "
            "baggage.max_value_length), and only well-formed text",
        )
        self._unsafe = Notice(
            "%s dropped, because injecting it could break the request: baggage keys "
            "must be letters, digits and !#$%%&'*+-.^_`|~, and values must be text "
            "without CR, LF and NUL. Rename the key, or use the propagation format "
            "w3c, which encodes keys and values",
        )

    def add(self, dropped: int) -> None:
        """Count *dropped* items that were over the limits or unreadable, if any."""
        if dropped:
            self._over_limits.warn(dropped)
            self._add(dropped)

    def add_unsafe(self, what: str) -> None:
        """Count one item that cannot be written; *what* describes it in the log."""
        self._unsafe.warn(what)
        self._add(1)

    def add_unsafe_item(self, key: object) -> None:
        """Count the baggage item of *key*, which cannot be written."""
        self.add_unsafe(f"baggage item {shown(key)}")

    def _add(self, dropped: int) -> None:
        self.items += dropped
        if self.count is not None:
            self.count(dropped)


class BaggageKeys:
    """
    The baggage keys that a codec can write; safe from any thread.

    Keys repeat from request to request, so those that were checked are remembered. The
    memory is bounded in the same way as that of `HeaderNames`.
    """

    known: set[str]
    """Keys that were checked before."""

    def __init__(self, can_write: Callable[[str], bool]) -> None:
        self._can_write = can_write
        self.known = set()

    def checked(self, key: object) -> str | None:
        """Return the text of *key*, or `None` if the codec cannot write it."""
        text = _plain_key(key)
        if text is None or not self._can_write(text):
            return None
        if len(text) <= MAX_NAME_LENGTH:
            if len(self.known) >= MAX_NAMES:
                self.known = set()  # not clear(): other threads may be reading it
            self.known.add(text)
        return text


class BaggageCodec(Codec):
    """A codec that carries baggage, as much of it as its limits allow."""

    def __init__(self, baggage_limits: BaggageLimits = DEFAULT_LIMITS) -> None:
        self.baggage_limits = baggage_limits
        self._losses = BaggageLosses(baggage_limits)
        self._keys = BaggageKeys(self._can_write_key)

    def _can_write_key(self, key: str) -> bool:  # noqa: ARG002 - for other formats
        """Whether an item of *key* can be injected; any text can by default."""
        return True

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
        """
        Return the items of *baggage* that can be written and are within the limits.

        Keys are plain text. So are nearly all values; the others are bytes or numbers,
        which 4.8 accepted as well.
        """
        limits = self.baggage_limits
        known, longest = self._keys.known, limits.max_value_length
        # Most baggage is of known keys and short text, and needs no closer look: no
        # character takes more than four bytes.
        for key, value in baggage.items():
            if (
                type(key) is not str
                or key not in known
                or type(value) is not str
                or 4 * len(value) > longest
            ):
                break
        else:
            if len(baggage) <= limits.max_items:
                return baggage
        box = BaggageBox(self._losses, limits, math.inf)
        for key, value in baggage.items():
            text, item = self._keys.checked(key), plain_value(value)
            if text is None or item is None:
                self._losses.add_unsafe_item(key)
            else:
                box.add(text, item)
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

    def add(self, key: str, value: str | bytes | float) -> None:
        """Keep an item, or drop and count it; a later item of a key wins."""
        text = value if isinstance(value, (str, bytes)) else str(value)
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


def _length(text: str | bytes) -> int:
    """Return the bytes of *text* in UTF-8."""
    if isinstance(text, bytes) or text.isascii():
        return len(text)
    return len(utf8(text))


def readable(value: object) -> str | int | float | None:
    """Return text as text and numbers as they are; `None` for all else."""
    if isinstance(value, float):
        return value
    if isinstance(value, int):
        # A longer one may have more digits than str() agrees to write.
        return value if value.bit_length() <= MAX_ID_BITS else None
    return text_of(value)


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
    """
    Return a value as plain text, bytes or a number.

    Others are converted to text; `None` is returned if that fails.
    """
    if type(value) in _PLAIN_TYPES:
        return value  # type: ignore[return-value]  # pyright: ignore[reportReturnType]  # see there
    if type(value) is int and value.bit_length() <= MAX_ID_BITS:
        return value
    try:
        return str.__str__(value if isinstance(value, str) else str(value))
    except Exception:  # noqa: BLE001 - the value's own code may raise anything
        return None


def breaks_lines(text: str) -> bool:
    """Whether *text* has CR, LF or NUL, with which it could forge a header."""
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
