"""Small things that programs imported from here."""

from __future__ import annotations

from typing import Final

from jaeger_client.diagnostics import ErrorReporter
from jaeger_client.host import local_ip

__all__ = ["ErrorReporter", "get_boolean", "local_ip"]

_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}


def get_boolean(
    string: object,
    default: bool,  # noqa: FBT001 - the signature of 4.8
) -> bool:
    """Return what *string* says, or *default* where it says neither."""
    return _BOOLEANS.get(str(string).lower(), default)
