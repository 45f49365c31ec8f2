"""What becomes of a value that is set as a tag or a log field."""

from __future__ import annotations

import time
import traceback
from itertools import islice
from types import TracebackType
from typing import Final, Protocol, cast

from jaeger_client.diagnostics import Notice
from jaeger_client.model import TagValue

BY_VALUE: Final = frozenset({int, bool, float})
"""Types kept as they are: nothing about them can change or be too long."""

_FARTHEST: Final = 2**63 / 1_000_000
"""Seconds, before or after the epoch, that 64 bits of microseconds can hold."""

_NOT_A_TIME = Notice(
    "a time must be a number of seconds since the epoch, got %s; now is used",
)


class TextLimits(Protocol):
    """How long text may be, in characters."""

    max_tag_value_length: int
    max_traceback_length: int


def kept_values(values: dict[str, object], limits: TextLimits) -> dict[str, TagValue]:
    """Return a copy of *values*, each converted by `to_tag_value`."""
    return {key: to_tag_value(value, limits) for key, value in values.items()}


def first_and_last(values: dict[str, object], limit: int) -> dict[str, object]:
    """Return *limit* of *values*, half of them from the beginning, half from the end."""
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


def _convert(value: object, limits: TextLimits) -> TagValue:
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
    return str.__str__(str(value))[: limits.max_tag_value_length]


def to_text(thing: object) -> str:
    """Return the text of *thing*, or its type's name where even that raises."""
    try:
        return str.__str__(thing if isinstance(thing, str) else str(thing))
    except Exception:  # noqa: BLE001 - the thing's own code may raise anything
        return type(thing).__name__


def to_seconds(value: object) -> float:
    """Return *value* as seconds since the epoch; now, with a warning, if it is none."""
    try:
        seconds = float(value)  # type: ignore[arg-type]  # any value may come
    except Exception:  # noqa: BLE001 - the value's own code may raise anything
        _NOT_A_TIME.warn(f"one {type(value).__name__}")
        return time.time()
    # False for NaN, too.
    if -_FARTHEST < seconds < _FARTHEST:
        return seconds
    _NOT_A_TIME.warn(seconds)
    return time.time()
