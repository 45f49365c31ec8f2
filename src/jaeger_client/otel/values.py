"""
Values of OpenTelemetry's attributes, converted to what the encoders write.

An attribute may be text, a number, a boolean, bytes, `None`, a list or a mapping of
these. OTLP has a type for each of them, Thrift only for the scalar ones: there a list
or a mapping becomes JSON, as Jaeger itself shows those that it receives over OTLP.

The SDK cleans the values that applications set, but not those of spans that are created
in other ways, so any object is accepted here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias, cast

from jaeger_client.encoding.plain import plain_text, plain_value
from jaeger_client.model import TagItem, TagValue

NestedValue: TypeAlias = (
    "TagValue | tuple[NestedValue, ...] | dict[str, NestedValue] | None"
)
"""A value of OTLP."""

MAX_DEPTH: Final = 16
"""Lists and mappings below this depth become text; protobuf allows 100 messages."""

_SCALARS: Final = (str, bool, int, float, bytes)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


# Keys in order, as Jaeger writes them.
_to_json: Final = json.JSONEncoder(
    ensure_ascii=False,
    separators=(",", ":"),
    sort_keys=True,
    default=_base64,
).encode


def nested_items(attributes: object) -> list[tuple[str, NestedValue]]:
    """Return *attributes*, a mapping or `None`, as pairs with values of OTLP."""
    return [*_iterate(attributes)]


def tag_items(attributes: object) -> list[TagItem]:
    """Return *attributes*, a mapping or `None`, as tags; nested values as JSON."""
    return [(key, tag_value(value)) for key, value in _iterate(attributes)]


def text_items(items: Sequence[tuple[str, NestedValue]]) -> list[TagItem]:
    """Return *items* with nested values as JSON."""
    return [(key, tag_value(value)) for key, value in items]


def text(value: object) -> str:
    """Return *value* as text that UTF-8 can encode."""
    return value if type(value) is str and value.isascii() else plain_text(value)


def optional_text(value: object) -> str:
    """Return *value* as text; empty if it is `None`."""
    return "" if value is None else text(value)


def nested_value(value: object, depth: int = MAX_DEPTH) -> NestedValue:
    """Return any *value* as one of OTLP; an object of another type becomes text."""
    if type(value) is str and value.isascii():
        return value
    whole = value
    if value is None or isinstance(value, _SCALARS) or not depth:
        return None if value is None else plain_value(value)
    try:
        if isinstance(value, Mapping):
            items = cast("Mapping[object, object]", value).items()
            return {text(key): nested_value(item, depth - 1) for key, item in items}
        if isinstance(value, Sequence) and not isinstance(
            value, (bytearray, memoryview)
        ):
            # A list that contains itself would be copied at each level.
            own: Sequence[object] = value
            depth = 0 if any(item is own for item in own) else depth - 1
            return tuple([nested_value(item, depth) for item in own])
    except Exception:  # noqa: BLE001, S110 - the object's own code may raise anything
        pass
    return plain_value(whole)


def tag_value(value: NestedValue) -> TagValue:
    """Return *value* as one of a tag: `None` is empty text, lists become JSON."""
    if value is None:
        return ""
    return _to_json(value) if isinstance(value, (tuple, dict)) else value


def _iterate(attributes: object) -> Iterator[tuple[str, NestedValue]]:
    if attributes:
        for key, value in cast("Mapping[object, object]", attributes).items():
            yield text(key), nested_value(value)
