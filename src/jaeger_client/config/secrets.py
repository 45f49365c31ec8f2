"""
What must not be shown: in messages, logs and explanations.

Imported where something is to be shown, for its patterns take a millisecond.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, cast

HIDDEN: Final = "(hidden)"
"""What stands in place of a secret."""

_WORDS: Final = (
    r"pass(?:word|wd|phrase)?|pwd|secret|token|auth(?:orization)?|bearer|api[-_.]?key|"
    r"access[-_.]?key|private[-_.]?key|key[-_.]?id|credentials?|session|cookie|jwt|sig"
)
# A word of the name, not a piece of one: `passenger` and `author` are no secrets.
_SECRET_NAME: Final = re.compile(
    rf"(?:^|[^a-z0-9])(?:{_WORDS})(?:$|[^a-z0-9])", re.IGNORECASE
)
_CAMEL_CASE: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Rather too much than too little: a password may hold a slash, a scheme be left out.
_USER_INFO: Final = re.compile(r"(\w+://|//)[^\s'\"]*@|()[^\s'\"=,/]+:[^\s'\"]*@")
_PAIR: Final = re.compile(
    r"([\w.-]+)(['\"]?\s*(?:=|:(?!//))\s*)"
    r"('[^']*'|\"[^\"]*\"|(?:bearer\s|basic\s)?[^\s,;&'\"}]+)",
    re.IGNORECASE,
)


def is_secret_name(name: str) -> bool:
    """Say whether the value of something called *name* is likely a secret."""
    return _SECRET_NAME.search(_CAMEL_CASE.sub("_", name)) is not None


def displayable(value: object, *, is_secret: bool) -> object:
    """Return *value*, or what may be shown of it."""
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {
            str(key): HIDDEN if is_secret else displayable(item, is_secret=False)
            for key, item in items
        }
    if is_secret and value is not None:
        return HIDDEN
    return without_secrets(value) if isinstance(value, str) else value


def without_secrets(shown: str) -> str:
    """Hide what stands before the `@` of a URL, and values beside secret names."""
    return _PAIR.sub(_without_value, _USER_INFO.sub(rf"\1{HIDDEN}@", shown))


def _without_value(pair: re.Match[str]) -> str:
    name, between, _ = pair.groups()
    return f"{name}{between}{HIDDEN}" if is_secret_name(name) else pair[0]
