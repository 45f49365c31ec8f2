"""Conversion of values that are set as tags or log fields, and of times."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from itertools import islice
from types import TracebackType
from typing import Any, Final, Protocol, cast

from jaeger_client._internal.diagnostics import Notice
from jaeger_client.model import TagValue

BY_VALUE: Final = frozenset({int, bool, float})
"""Types kept as they are: nothing about them can change or be too long."""

_END_OF_TIME: Final = 10_000_000_000
"""
First time in seconds that is not plausible: the 20th of November 2286.

All times with at most ten digits are plausible, from the epoch on, which is valid
itself. Current times in milliseconds have 13 digits, in microseconds 16; as seconds
they would be in the year 50,000 and later. Only milliseconds before the 26th of April
1970 would be accepted as seconds. Before 1970 there were no spans.
"""

_NOT_A_TIME = Notice(
    "a time must be a number of seconds since the epoch, got %s; now is used",
)
_IMPLAUSIBLE_TIME = Notice(
    "a time must be a number of seconds since the epoch, from 1970 to 2286, got %r; "
    "now is used. Divide milliseconds by 1e3, microseconds by 1e6",
)

_NUMPY_NUMBERS: Final[dict[str, Callable[[Any], bool | int | float] | None]] = {
    "bool": bool,
    "bool_": bool,  # its name before NumPy 2
    "timedelta64": None,  # derived from "integer", but it has a unit
    "integer": int,
    "floating": float,
}
"""Names of the types that NumPy's numbers are derived from, to their conversion."""


class TextLimits(Protocol):
    """How long text may be, in characters."""

    max_tag_value_length: int
    max_traceback_length: int


def kept_values(values: dict[str, object], limits: TextLimits) -> dict[str, TagValue]:
    """Return a copy of *values*, each converted by `to_tag_value`."""
    return {key: to_tag_value(value, limits) for key, value in values.items()}


def first_and_last(values: dict[str, object], limit: int) -> dict[str, object]:
    """Return *limit* of *values*, half from the beginning and half from the end."""
    first = limit // 2
    items = iter(values.items())
    kept = dict(islice(items, first))
    kept.update(islice(items, len(values) - limit, None))
    return kept


def to_tag_value(value: object, limits: TextLimits) -> TagValue:
    """
    Return *value* as one of the types a tag can have, no longer than *limits*.

    Never raises: a value whose text cannot be made is recorded as the error's text.
    """
    try:
        return _convert(value, limits)
    except Exception as error:  # noqa: BLE001 - the value's own code may raise anything
        return to_text(error)[: limits.max_tag_value_length]


def _convert(value: object, limits: TextLimits) -> TagValue:  # noqa: PLR0911 - one for each type
    # Subclasses are copied to the plain type: encoders look types up exactly,
    # and a subclass could change or misbehave later.
    if isinstance(value, str):
        return str.__str__(value)[: limits.max_tag_value_length]
    if isinstance(value, int):
        return value if type(value) is bool else int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(cast("bytes", value))[: limits.max_tag_value_length]
    if isinstance(value, TracebackType):
        return "".join(traceback.format_tb(value))[: limits.max_traceback_length]
    if (number := _numpy_number(value)) is not None:
        return number
    return str.__str__(str(value))[: limits.max_tag_value_length]


def _numpy_number(value: object) -> bool | int | float | None:
    """Return the value of a number or truth value of NumPy, `None` for all others."""
    # NumPy is not imported for this: before it is imported, no value is of its types.
    bases = type(value).__mro__ if "numpy" in sys.modules else ()
    for kind in bases:
        if kind.__module__ == "numpy" and kind.__name__ in _NUMPY_NUMBERS:
            convert = _NUMPY_NUMBERS[kind.__name__]
            return None if convert is None else convert(value)
    return None


def to_text(thing: object) -> str:
    """Return the text of *thing*, or its type's name where even that raises."""
    try:
        return str.__str__(thing if isinstance(thing, str) else str(thing))
    except Exception:  # noqa: BLE001 - the thing's own code may raise anything
        return type(thing).__name__


def to_seconds(value: object, now: Callable[[], float]) -> float:
    """Return *value* as seconds since the epoch, or *now* with a warning."""
    try:
        seconds = float(value)  # type: ignore[arg-type]  # any value may come
    except Exception:  # noqa: BLE001 - the value's own code may raise anything
        _NOT_A_TIME.warn(f"one {type(value).__name__}")
        return now()
    if 0 <= seconds < _END_OF_TIME:  # false for NaN, too
        return seconds
    _IMPLAUSIBLE_TIME.warn(seconds)
    return now()
