"""
Checks of values that applications pass: numbers, headers, hosts, files and objects.

Numbers are limited so that they work on every platform. Some programs write "never" or
"without limit" as `sys.maxsize` or 1e10, which neither threads nor sockets accept. Such
a number is replaced by the largest that works everywhere: a poll every 23 days instead
of every 300 years. A value that is not a number, or is too small, raises an error that
names the argument, its range and the value.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Final, TypeVar

from jaeger_client._internal.shown import shown
from jaeger_client.errors import ConfigError

T = TypeVar("T")
NumberT = TypeVar("NumberT", int, float)

MAX_SECONDS: Final = 2_000_000.0
"""
Longest interval or timeout in seconds, 23 days.

Sockets take a C int of milliseconds (2,147,483 s), threads on Windows take 4,294,967 s,
and elsewhere 9.2e9 s. Jitter may make an interval a tenth longer than its setting.
"""

MAX_COUNT: Final = 2**31 - 1
"""Largest number of items: more than any memory holds."""

MAX_STORED_NAME: Final = 1024
"""
Maximum length of an operation name under which something is stored, in characters.

Tables by operation have a maximum number of entries. Without this limit as well, 2,000
names of a megabyte each, such as queries with their values, would take 2 GB.
"""

# The patterns are compiled when they are first used: seldom at start-up.
_HEADER_NAME: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
# Printable Latin-1 and tab: a line break would let a value add headers.
_HEADER_VALUE: Final = r"[\t\x20-\x7e\xa0-\xff]*"
# A body of another length than announced would break the connection.
_FRAMING_HEADERS: Final = frozenset({"content-length", "transfer-encoding"})

_IN_PLAIN_HOSTS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_")
"""Characters that are valid anywhere in a host name."""


def at_least(name: str, value: NumberT, minimum: float, *, maximum: NumberT) -> NumberT:
    """
    Return *value*, but no more than *maximum*.

    Raises:
        ConfigError: If it is less than *minimum*, or not a number.
    """
    check_range(name, value, f"at least {minimum}", lambda: value >= minimum)
    return min(value, maximum)


def above_zero(
    name: str, value: NumberT, *, maximum: NumberT, unit: str = ""
) -> NumberT:
    """
    Return *value*, but no more than *maximum*.

    Raises:
        ConfigError: If it is not more than 0, or not a number.
    """
    check_range(name, value, f"more than 0{unit}", lambda: value > 0)
    return min(value, maximum)


def check_range(
    name: str,
    value: object,
    expected: str,
    is_in_range: Callable[[], bool],
    error: type[ConfigError] = ConfigError,
) -> None:
    """
    Check a value that may be of any type; *is_in_range* compares it.

    Raises:
        ConfigError: Or *error*, if it is not in range or cannot be compared.
    """
    try:
        # NaN is in no range.
        if is_in_range():
            return
    except TypeError:
        pass
    msg = f"{name} must be {expected}, got {shown(value)}"
    raise error(msg)


def with_method(name: str, value: T, method: str) -> T:
    """
    Check that *value*, of any class, has *method*, and return it.

    Raises:
        ConfigError: If it has none.
    """
    if not callable(getattr(value, method, None)):
        msg = f"{name} must have a method {method}(), got {shown(value)}"
        raise ConfigError(msg)
    return value


def usable_timeout(timeout: float | None) -> float:
    """Return how many seconds to wait: `None` and infinity are `MAX_SECONDS`."""
    # max() returns 0.0 for NaN, which is not larger.
    return MAX_SECONDS if timeout is None else min(max(0.0, timeout), MAX_SECONDS)


def find_header_fault(name: str, value: str) -> str | None:
    """Return why the header cannot be set, or None if it can."""
    # The value is not quoted: it may be a secret. Neither is an invalid name: it may
    # be a whole header with its value, if the setting was split at the wrong `=`.
    if not re.fullmatch(_HEADER_NAME, name):
        return "a header name must be an RFC 9110 token"
    if name.lower() in _FRAMING_HEADERS:
        return f"{shown(name)} cannot be set"
    if not re.fullmatch(_HEADER_VALUE, value):
        return f"the value of {shown(name)} must be printable Latin-1 on one line"
    return None


def is_plain_host(host: str) -> bool:
    """Return whether *host* is valid in a URL without being parsed."""
    return host.isascii() and bool(host) and _IN_PLAIN_HOSTS.issuperset(host.lower())


def is_readable(path: str) -> bool:
    """Return whether *path* names something that this process may read."""
    try:
        return os.access(path, os.R_OK)
    except ValueError:  # a null byte
        return False
