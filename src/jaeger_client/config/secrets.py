"""How `Config.explain()` shows the value of a setting; imported by it alone."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Final, cast

from jaeger_client._internal.shown import (
    HIDDEN,
    setting_without_secrets,
    shown,
    text_of,
)

_MAX_ITEMS: Final = 100
"""Maximum number of items of a dict or list that are shown."""

_MAX_DEPTH: Final = 4
"""Maximum depth of nested dicts and lists that are shown."""

_MAX_NUMBER: Final = 1 << 64
"""Larger numbers are shown as text: Python may refuse to convert them."""


def displayable(  # noqa: PLR0911 - one for each type
    value: object, *, is_secret: bool, depth: int = _MAX_DEPTH
) -> object:
    """
    Return *value*, or what may be shown of it.

    Numbers stay numbers, dicts and lists contain only what may be shown, and objects of
    all other types become text.
    """
    whole: object = value  # `value` gets narrower and partly unknown types below
    if value is None:
        return None
    if isinstance(value, Mapping) and depth:
        items = cast("Mapping[object, object]", value).items()
        return {
            text_of(key): displayable(item, is_secret=is_secret, depth=depth - 1)
            for key, item in islice(items, _MAX_ITEMS)
        }
    if is_secret:
        return HIDDEN
    if isinstance(value, str):
        return setting_without_secrets(value)
    if isinstance(value, (list, tuple)) and depth:
        some = cast("list[object]", value)[:_MAX_ITEMS]
        each = (displayable(item, is_secret=False, depth=depth - 1) for item in some)
        return tuple(each) if isinstance(value, tuple) else list(each)
    if isinstance(value, (int, float)) and -_MAX_NUMBER < value < _MAX_NUMBER:
        return value
    return shown(whole)
