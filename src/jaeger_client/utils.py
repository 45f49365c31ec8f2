"""Functions and classes of this module in jaeger-client 4.8."""

from __future__ import annotations

from typing import Final, TypeVar

from jaeger_client._internal.diagnostics import ErrorReporter
from jaeger_client._internal.host import local_ip

__all__ = ["ErrorReporter", "get_boolean", "local_ip"]

_BOOLEANS: Final = {
    "true": True,
    "1": True,
    "false": False,
    "0": False,
    "none": False,
}

DefaultT = TypeVar("DefaultT")


def get_boolean(string: object, default: DefaultT) -> bool | DefaultT:
    """
    Return the boolean that *string* represents; upper and lower case are equal.

    `true` and `1` are true; `false`, `0` and `none` are false. Returns *default* for
    any other text.
    """
    return _BOOLEANS.get(str(string).lower(), default)
