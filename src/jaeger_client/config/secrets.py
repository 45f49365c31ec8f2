"""What an explanation shows of a setting's value. Imported by explanations alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from jaeger_client.shown import HIDDEN, setting_without_secrets, text_of


def displayable(value: object, *, is_secret: bool) -> object:
    """Return *value*, or what may be shown of it."""
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {
            text_of(key): HIDDEN if is_secret else displayable(item, is_secret=False)
            for key, item in items
        }
    if is_secret and value is not None:
        return HIDDEN
    return setting_without_secrets(value) if isinstance(value, str) else value
