"""
The interface of a codec, and what all codecs share: values, ids, losses.

What comes in was written by strangers. `extract` therefore raises nothing but
`CorruptContextError` for what a carrier holds and `InvalidCarrierError` for
what a carrier is, never touches values under names that are not its own, and
keeps no more than a bounded amount of what it reads.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from collections.abc import Callable, Mapping, MutableMapping
from typing import Final, TypeAlias, TypeGuard, cast

from jaeger_client.errors import CorruptContextError, InvalidCarrierError
from jaeger_client.span_context import SpanContext

SHOWN_LENGTH: Final = 100
"""Characters of a stranger's value that an error message repeats."""

Ids: TypeAlias = tuple[int, int, int | None, int]
"""Trace id, span id, parent id and flags."""

_HEX: Final = re.compile(r"0*([0-9A-Fa-f]{1,32})").fullmatch
_MAX_HEX_LENGTH: Final = 512


class Codec:
    """
    Writes span contexts into carriers of one format and reads them back.

    The tracer calls it on the application's threads, several at once. Subclass
    it to add a format (`extra_codecs` of the tracer).
    """

    def inject(self, span_context: SpanContext, carrier: object) -> None:
        """
        Write *span_context* into *carrier*.

        The tracer always passes a context. The codecs of this library accept a span,
        too, as those of 4.8 did.

        Raises:
            InvalidCarrierError: If the format cannot be written into it.
        """
        raise NotImplementedError

    def extract(self, carrier: object) -> SpanContext | None:
        """
        Return the context that *carrier* holds, or `None` if it holds none.

        Raises:
            InvalidCarrierError: If the format cannot be read from it.
            CorruptContextError: If it holds a context that cannot be read.
        """
        raise NotImplementedError

    def count_dropped_baggage(self, count: Callable[[int], object]) -> None:
        """Call *count* with the number of items of baggage whenever some are lost."""


def context_of(thing: object) -> SpanContext:
    """Return the context of a span, which codecs of 4.8 accepted, or *thing* itself."""
    if isinstance(thing, SpanContext):
        return thing
    # Tests of applications pass objects with the attributes of a context.
    return cast("SpanContext", getattr(thing, "context", thing))


def text_of(value: object) -> str | None:
    """Return a header's value as text, or `None` if it is neither text nor bytes."""
    if type(value) is str:
        return value
    value = sole(value)
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return None


def is_list(value: object) -> TypeGuard[list[object]]:
    """Whether *value* is a list."""
    return isinstance(value, list)


def sole(value: object) -> object:
    """Return the one element of a list of one, for some carriers hold lists."""
    return value[0] if is_list(value) and len(value) == 1 else value


def shown(value: object) -> str:
    """Return *value* for an error message, cut if it is long."""
    if isinstance(value, (str, bytes)):
        value = value[:SHOWN_LENGTH]
        return repr(value)
    return f"a value of type {type(value).__name__}"


def header_to_hex(header: object) -> int:
    """
    Return the number of at most 128 bits that the hexadecimal text *header* is.

    Raises:
        CorruptContextError: If it is anything else.
    """
    if isinstance(header, str) and len(header) <= _MAX_HEX_LENGTH:
        match = _HEX(header.strip())
        if match is not None:
            return int(match[1], 16)
    msg = f"an id is 1 to 32 hexadecimal digits, got {shown(header)}"
    raise CorruptContextError(msg)


def id_of(value: object, *, bits: int) -> int:
    """
    Return the id that a header's *value* is.

    Raises:
        CorruptContextError: If it is no id or has more than *bits* bits.
    """
    # What has an even number of digits, as nearly all ids: 0.3 us instead of 1.3 us.
    if type(value) is str and 0 < 4 * len(value) <= bits:
        try:
            return int.from_bytes(unhexlify(value), "big")
        except ValueError:
            pass
    number = header_to_hex(text_of(value))
    if number >> bits:
        msg = f"an id of at most {bits} bits is needed, got {number:#x}"
        raise CorruptContextError(msg)
    return number


def writable(carrier: object) -> MutableMapping[str, object]:
    """Return *carrier* if entries can be set in it."""
    # A dict is what nearly always comes; asking an ABC costs several times more.
    if type(carrier) is dict or _is_writable(carrier):
        return carrier  # pyright: ignore[reportUnknownVariableType]  # any dict
    msg = f"the carrier must be a dict or mutable mapping, got {type(carrier).__name__}"
    raise InvalidCarrierError(msg)


def _is_writable(carrier: object) -> TypeGuard[MutableMapping[str, object]]:
    return isinstance(carrier, (dict, MutableMapping))


def is_mapping(carrier: object) -> TypeGuard[Mapping[str, object]]:
    """Whether *carrier* is a dict or another mapping."""
    return isinstance(carrier, (dict, Mapping))


def set_beside(context: SpanContext, name: str, value: object) -> None:
    """Set an attribute that few contexts have and that has no slot therefore."""
    setattr(context, name, value)
