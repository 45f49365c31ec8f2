"""
Readers of single values: they convert the raw value in a dict or a variable.

A reader returns the value or raises `ValueError` with a description of the values it
accepts; the caller adds the name of the setting and the raw value. The reference page
shows the same description.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar, cast

from jaeger_client._internal.fork import forks_wait
from jaeger_client._internal.limits import MAX_COUNT, MAX_SECONDS, is_plain_host
from jaeger_client.codecs.headers import HEADER_NAME, is_token
from jaeger_client.codecs.registry import BUILT_IN, codec_names
from jaeger_client.errors import ConfigError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_BOOLEANS: Final = {
    **dict.fromkeys(("true", "t", "1", "yes", "y", "on"), True),
    **dict.fromkeys(("false", "f", "0", "no", "n", "off"), False),
}
_AT_LEAST_0: Final = ", at least 0"

_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
# Patterns are compiled when they are first used: seldom at start-up.
_DURATION_PART: Final = rf"(\d+(?:\.\d*)?|\.\d+)({'|'.join(_UNITS)})"
_NOT_IN_A_HOST: Final = r"[\s/@?#]"
_PLACEHOLDER: Final = r"(?s)\$\{([^:}]*)(?::(.*))?\}"


class Reader(Generic[T_co]):
    """
    Converts the raw value of a setting.

    Args:
        expected: What is accepted, for messages and the reference page.
        convert: Returns the value, or `None` if *raw* is not accepted. May raise
            `ValueError` with a message of its own.
    """

    def __init__(self, expected: str, convert: Callable[[object], T_co | None]) -> None:
        self.expected = expected
        self._convert = convert

    def __call__(self, raw: object) -> T_co:
        """Return the value of *raw*, or raise `ValueError` if it is not accepted."""
        value = self._convert(raw)
        if value is None:
            msg = f"must be {self.expected}"
            raise ValueError(msg)
        return value


def reader(expected: str) -> Callable[[Callable[[object], T | None]], Reader[T]]:
    """Return a decorator that converts a function to a `Reader`."""
    return lambda convert: Reader(expected, convert)


@reader("text")
def text(raw: object) -> str | None:
    """Read text that is not empty; blanks around it are removed."""
    return (raw.strip() or None) if isinstance(raw, str) else None


@reader(HEADER_NAME)
def header_name(raw: object) -> str | None:
    """Read the name of an HTTP header, or a prefix of names."""
    return raw if isinstance(raw, str) and is_token(raw) else None


def words(expected: str, meanings: Mapping[str, T]) -> Reader[T]:
    """Return a reader of the words in *meanings*, ignoring case."""
    return Reader(expected, lambda raw: meanings.get(str(raw).strip().lower()))


def one_of(*names: str, **aliases: str) -> Reader[str]:
    """Return a reader of one of *names* or of *aliases* for them, ignoring case."""
    expected = f"one of {', '.join((*names, *aliases))}"
    return words(expected, {**dict(zip(names, names, strict=True)), **aliases})


boolean: Final = words("true or false", _BOOLEANS)
"""Reads a boolean: true, yes, on, 1 and the like."""

opposite: Final = words(
    "true or false, where true disables",
    {word: not value for word, value in _BOOLEANS.items()},
)
"""Reads a boolean and inverts it."""


def whole_number(minimum: int, maximum: float = math.inf) -> Reader[int]:
    """Return a reader of whole numbers from *minimum* to *maximum*."""
    has_maximum = maximum < math.inf
    limits = f"from {minimum} to {maximum}" if has_maximum else f"of at least {minimum}"

    @reader(f"a whole number {limits}")
    def convert(raw: object) -> int | None:
        value = _number(raw)
        if value is None or value != int(value) or not minimum <= value <= maximum:
            return None
        # Programs write sys.maxsize for "no limit", which fails on some platforms.
        return min(int(value), MAX_COUNT)

    return convert


port: Final = whole_number(1, 65535)
"""Reads a port number."""


def _number(raw: object) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float)):
        return None
    try:
        value = float(raw)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


number: Final = Reader("a finite number", _number)
"""Reads a finite number of any size."""


@reader("a number of at least 1")
def at_least_1(raw: object) -> float | None:
    """Read a finite number of at least 1."""
    value = _number(raw)
    return None if value is None or value < 1 else value


@reader("a number, or true or false")
def sampler_param(raw: object) -> float | None:
    """Read the parameter of a sampler: a number, or a boolean as 1 or 0."""
    value = _number(raw)
    if value is None and (word := str(raw).strip().lower()) in _BOOLEANS:
        return float(_BOOLEANS[word])
    return value


def _duration(unit: str, size: float) -> Reader[float]:
    @reader(f"a finite number of {unit} or a duration such as 500ms or 2s{_AT_LEAST_0}")
    def convert(raw: object) -> float | None:
        value = _number(raw)
        value = _with_units(raw) if value is None else value * size
        # Programs write 1e10 for "never", which fails on some platforms.
        return None if value is None or value < 0 else min(value, MAX_SECONDS)

    return convert


seconds: Final = _duration("seconds", 1.0)
"""Reads a duration: a number of seconds, or text with a unit such as `500ms`."""

milliseconds: Final = _duration("milliseconds", 1e-3)
"""Reads a duration: a number of milliseconds, or text with a unit such as `2s`."""


def positive(read: Reader[float]) -> Reader[float]:
    """Return a reader that accepts what *read* accepts, except 0."""

    @reader(f"more than 0: {read.expected.removesuffix(_AT_LEAST_0)}")
    def convert(raw: object) -> float | None:
        value = read(raw)
        return value if value > 0 else None

    return convert


@reader("the name or address of a host, without a port")
def host(raw: object) -> str | None:
    """Read the name or address of a host; brackets around an address are removed."""
    name = raw.strip() if isinstance(raw, str) else ""
    if is_plain_host(name):
        return name
    is_ipv6 = name.count(":") > 1
    if not name or re.search(_NOT_IN_A_HOST, name) or (":" in name and not is_ipv6):
        return None
    name = name.strip("[]") if is_ipv6 else name
    return name if _can_be_in_urls(name) else None


def _can_be_in_urls(name: str) -> bool:
    """Return whether a host can be part of the URLs of strategies and credits."""
    if "[" in name or "]" in name:
        return False
    # Imported on demand: with urllib it takes 3 ms, and plain names do not need it.
    with forks_wait():
        from jaeger_client._internal.http_client import messages  # noqa: PLC0415
    try:
        messages.parse_url(f"http://[{name}]/" if ":" in name else f"http://{name}/")
    except ConfigError:
        return False
    return True


@reader(
    "a list or comma-separated text, where each item is one of "
    f"{', '.join(BUILT_IN)}, or a name passed to `register_codec`"
)
def formats(raw: object) -> tuple[str, ...] | None:
    """Read the names of propagation formats; duplicates are removed."""
    items = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(items, (list, tuple)):
        return None
    names = [str(item).strip().lower() for item in cast("list[object]", items)]
    if not {*names} <= {*codec_names()}:
        # Includes the formats of the application, which the page cannot list.
        msg = f"must be one of {', '.join(codec_names())}"
        raise ValueError(msg)
    return tuple(dict.fromkeys(names))


@reader("a dict")
def mapping(raw: object) -> Mapping[str, object] | None:
    """Read a dict; its keys are converted to text."""
    if not isinstance(raw, Mapping):
        return None
    items = cast("Mapping[object, object]", raw).items()
    return {str(key): value for key, value in items}


@reader("a dict, or comma-separated key=value pairs")
def text_mapping(raw: object) -> Mapping[str, str] | None:
    """Read a dict, converting its values to text, or `key=value,key2=value2`."""
    if isinstance(raw, str):
        return pairs(raw)
    if not isinstance(raw, Mapping):
        return None
    return {key: str(item) for key, item in mapping(cast("object", raw)).items()}


@reader("comma-separated key=value pairs")
def pairs(raw: object) -> dict[str, str] | None:
    """Read `key=value,key2=value2`; a value may contain `=`."""
    found: dict[str, str] = {}
    for item in filter(None, map(str.strip, str(raw).split(","))):
        key, equals, value = item.partition("=")
        if not equals or not key.strip():
            return None
        found[key.strip()] = value.strip()
    return found


@reader("comma-separated key=value pairs, percent-encoded")
def quoted_pairs(raw: object) -> dict[str, str]:
    """Read pairs whose values are percent-encoded, as OpenTelemetry writes them."""
    with forks_wait():
        from urllib.parse import unquote  # noqa: PLC0415 - see split_url()

    return {key: unquote(value) for key, value in pairs(raw).items()}


def fill_in(value: str, environ: Mapping[str, str]) -> str:
    """Return *value*; if it is `${VARIABLE:default}`, the value of that variable."""
    placeholder = re.fullmatch(_PLACEHOLDER, value)
    if placeholder is None:
        return value
    return environ.get(placeholder[1]) or placeholder[2] or ""


def _with_units(raw: object) -> float | None:
    duration = raw.strip().replace("µs", "us") if isinstance(raw, str) else ""
    parts = re.findall(_DURATION_PART, duration)
    if not duration or "".join(map("".join, parts)) != duration:
        return None
    return sum(float(amount) * _UNITS[unit] for amount, unit in parts)
