"""
What must not be shown: in messages, logs and explanations.

Imported where something is to be shown, for its patterns take a millisecond.
"""

from __future__ import annotations

import re
from typing import Final

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
_USER_INFO: Final = re.compile(r"//[^/?#\s'\"]*@")
_PAIR: Final = re.compile(
    r"([\w.-]+)(['\"]?\s*[=:]\s*)"
    r"('[^']*'|\"[^\"]*\"|(?:bearer\s|basic\s)?[^\s,;&'\"}]+)",
    re.IGNORECASE,
)


def is_secret_name(name: str) -> bool:
    """Say whether the value of something called *name* is likely a secret."""
    return _SECRET_NAME.search(_CAMEL_CASE.sub("_", name)) is not None


def without_secrets(shown: str) -> str:
    """Hide what stands before the `@` of a URL, and values beside secret names."""
    return _PAIR.sub(_without_value, _USER_INFO.sub(f"//{HIDDEN}@", shown))


def _without_value(pair: re.Match[str]) -> str:
    name, between, _ = pair.groups()
    return f"{name}{between}{HIDDEN}" if is_secret_name(name) else pair[0]
