"""
Readers of single values: what stands in a dict or a variable, to what it means.

Each takes the raw value and returns the value or raises `ValueError`, whose
text says what was expected; who calls adds the name and what came.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Final, cast

_TRUE: Final = frozenset({"true", "t", "1", "yes", "y", "on"})
_FALSE: Final = frozenset({"false", "f", "0", "no", "n", "off"})
_HIGHEST_PORT: Final = 65535
# Patterns are compiled when they are first needed: most starts need none.
_SECONDS_IN: Final = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}
_DURATION_PART: Final = r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)"
_NOT_IN_A_HOST: Final = r"[\s/@?#]"
_PLACEHOLDER: Final = r"(?s)\$\{([^:}]*)(?::(.*))?\}"


def text(raw: object) -> str:
    """Read text that is not empty."""
    if not isinstance(raw, str) or not raw.strip():
        msg = "must be text"
        raise ValueError(msg)
    return raw.strip()


def boolean(raw: object) -> bool:
    """Read a yes or a no, in any of the usual words."""
    word = str(raw).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    msg = "must be true or false"
    raise ValueError(msg)


def whole_number(least: int, most: int | None = None) -> Callable[[object], int]:
    """Return a reader of whole numbers from *least* to *most*."""
    expected = (
        f"must be a whole number of at least {least}"
        if most is None
        else f"must be a whole number from {least} to {most}"
    )

    def read(raw: object) -> int:
        number = _number(raw)
        if (
            number is None
            or number != int(number)
            or number < least
            or (most is not None and number > most)
        ):
            raise ValueError(expected)
        return int(number)

    return read


port: Final = whole_number(1, _HIGHEST_PORT)
"""Read a port."""


def number(raw: object) -> float:
    """Read a number of any size."""
    value = _number(raw)
    if value is None:
        msg = "must be a number"
        raise ValueError(msg)
    return value


def sampler_param(raw: object) -> float:
    """Read the parameter of a sampler: a number, or a yes or no as 1 or 0."""
    try:
        return number(raw)
    except ValueError:
        return float(boolean(raw))


def seconds(raw: object) -> float:
    """Read a duration: a number of seconds, or text with a unit such as `500ms`."""
    return _duration(raw, unit="seconds", size=1.0)


def milliseconds(raw: object) -> float:
    """Read a duration: a number of milliseconds, or text with a unit such as `2s`."""
    return _duration(raw, unit="milliseconds", size=1e-3)


def positive(read: Callable[[object], float]) -> Callable[[object], float]:
    """Return a reader that takes what *read* takes, but not 0."""

    def read_positive(raw: object) -> float:
        value = read(raw)
        if value <= 0:
            msg = "must be more than 0"
            raise ValueError(msg)
        return value

    return read_positive


def host(raw: object) -> str:
    """Read the name or address of a host."""
    name = text(raw)
    is_ipv6 = name.count(":") > 1
    if re.search(_NOT_IN_A_HOST, name) or (":" in name and not is_ipv6):
        msg = "must be the name or address of a host, without a port"
        raise ValueError(msg)
    return name.strip("[]") if is_ipv6 else name


def url(default_path: str) -> Callable[[object], str]:
    """Return a reader of `http` URLs and `host:port`, to which it adds the path."""

    def read(raw: object) -> str:
        # With `ipaddress` 3 ms, which a start without URLs need not take.
        from urllib.parse import urlsplit  # noqa: PLC0415

        full = _as_url(text(raw))
        parts = urlsplit(full)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            msg = "must be an http or https URL, or host:port"
            raise ValueError(msg)
        _ = parts.port  # raises ValueError for a port that is none
        if parts.path in {"", "/"}:
            parts = parts._replace(path=default_path)
        return parts.geturl()

    return read


def one_of(*words: str) -> Callable[[object], str]:
    """Return a reader of one of *words*, in upper or lower case."""

    def read(raw: object) -> str:
        word = str(raw).strip().lower()
        if word not in words:
            msg = f"must be one of {', '.join(words)}"
            raise ValueError(msg)
        return word

    return read


def list_of(read_one: Callable[[object], str]) -> Callable[[object], tuple[str, ...]]:
    """Return a reader of a list, or of text with commas, without doubles."""

    def read(raw: object) -> tuple[str, ...]:
        items = raw.split(",") if isinstance(raw, str) else raw
        if not isinstance(items, (list, tuple)):
            msg = "must be a list, or text with commas"
            raise ValueError(msg)  # noqa: TRY004 - readers raise only ValueError
        read_items = map(read_one, cast("list[object]", items))
        return tuple(dict.fromkeys(read_items))

    return read


def mapping(raw: object) -> Mapping[str, object]:
    """Read a dict whose keys are text."""
    if not isinstance(raw, Mapping):
        msg = "must be a dict"
        raise ValueError(msg)  # noqa: TRY004 - readers raise only ValueError
    items = cast("Mapping[object, object]", raw).items()
    return {str(key): value for key, value in items}


def text_mapping(raw: object) -> Mapping[str, str]:
    """Read a dict of texts, or text such as `key=value,key2=value2`."""
    if isinstance(raw, str):
        return pairs(raw)
    return {key: str(value) for key, value in mapping(raw).items()}


def pairs(raw: str) -> dict[str, str]:
    """Read `key=value,key2=value2`; a value may hold `=`."""
    found: dict[str, str] = {}
    for item in filter(None, map(str.strip, raw.split(","))):
        key, equals, value = item.partition("=")
        if not equals or not key.strip():
            msg = "must be key=value pairs with commas between"
            raise ValueError(msg)
        found[key.strip()] = value.strip()
    return found


def quoted_pairs(raw: str) -> dict[str, str]:
    """Read pairs whose values are percent-encoded, as OpenTelemetry writes them."""
    from urllib.parse import unquote  # noqa: PLC0415 - see url()

    return {key: unquote(value) for key, value in pairs(raw).items()}


def fill_in(value: str, environ: Mapping[str, str]) -> str:
    """Replace `${VARIABLE:default}`, if *value* is that, by what the variable says."""
    placeholder = re.fullmatch(_PLACEHOLDER, value)
    if placeholder is None:
        return value
    return environ.get(placeholder[1]) or placeholder[2] or ""


def _number(raw: object) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float)):
        return None
    try:
        value = float(raw)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def _duration(raw: object, *, unit: str, size: float) -> float:
    value = _number(raw)
    value = _with_units(raw) if value is None else value * size
    if value is None or value < 0:
        msg = f"must be a number of {unit} or a duration such as 500ms or 2s"
        raise ValueError(msg)
    return value


def _with_units(raw: object) -> float | None:
    if not isinstance(raw, str) or not raw.strip():
        return None
    parts = re.findall(_DURATION_PART, raw.strip())
    if "".join(amount + unit for amount, unit in parts) != raw.strip():
        return None
    return sum(float(amount) * _SECONDS_IN[unit] for amount, unit in parts)


def _as_url(address: str) -> str:
    return address if "://" in address else f"http://{address}"
