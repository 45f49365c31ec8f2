"""
Readers of single values: what stands in a dict or a variable, to what it means.

Each takes the raw value and returns the value or raises `ValueError`, whose
text says what was expected; who calls adds the name and what came. The same
words tell on the reference page what a setting takes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, Generic, TypeVar, cast

from jaeger_client._internal.limits import MAX_COUNT, MAX_SECONDS
from jaeger_client.codecs.headers import HEADER_NAME, is_token

if TYPE_CHECKING:
    from urllib.parse import SplitResult

T = TypeVar("T")

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
_AT_LEAST_0: Final = ", at least 0"
_NOT_IN_A_HOST: Final = r"[\s/@?#]"
_PLACEHOLDER: Final = r"(?s)\$\{([^:}]*)(?::(.*))?\}"


class Reader(Generic[T]):
    """
    Turns what stands in a dict or a variable into a value.

    Args:
        expected: What must come, in the words of messages and of the reference page.
        convert: Returns the value, `None` if what came is none; may raise
            `ValueError` itself where it can say more.
    """

    def __init__(self, expected: str, convert: Callable[[object], T | None]) -> None:
        self.expected = expected
        self._convert = convert

    def __call__(self, raw: object) -> T:
        """
        Return the value of *raw*.

        Raises:
            ValueError: If it has none.
        """
        value = self._convert(raw)
        if value is None:
            msg = f"must be {self.expected}"
            raise ValueError(msg)
        return value


def _text(raw: object) -> str | None:
    return (raw.strip() or None) if isinstance(raw, str) else None


text: Final = Reader("text", _text)
"""Reads text that is not empty."""


def _header_name(raw: object) -> str | None:
    return raw if isinstance(raw, str) and is_token(raw) else None


header_name: Final = Reader(HEADER_NAME, _header_name)
"""Reads the name of an HTTP header, or the beginning of one."""


def _boolean(raw: object) -> bool | None:
    word = str(raw).strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


boolean: Final = Reader("true or false", _boolean)
"""Reads a yes or a no, in any of the usual words."""


def _opposite(raw: object) -> bool | None:
    value = _boolean(raw)
    return None if value is None else not value


opposite: Final = Reader("true or false, where true switches off", _opposite)
"""Reads a yes as a no, and the reverse."""


def whole_number(least: int, most: int | None = None) -> Reader[int]:
    """Return a reader of whole numbers from *least* to *most*."""

    def convert(raw: object) -> int | None:
        number = _number(raw)
        if (
            number is None
            or number != int(number)
            or number < least
            or (most is not None and number > most)
        ):
            return None
        # Some write sys.maxsize for "without limit", which is more than works.
        return min(int(number), MAX_COUNT)

    limits = f"of at least {least}" if most is None else f"from {least} to {most}"
    return Reader(f"a whole number {limits}", convert)


port: Final = whole_number(1, _HIGHEST_PORT)
"""Reads a port."""


def _number(raw: object) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float)):
        return None
    try:
        value = float(raw)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


number: Final = Reader("a number that is finite", _number)
"""Reads a finite number of any size."""


def number_from(least: float) -> Reader[float]:
    """Return a reader of numbers that are not less than *least*."""

    def convert(raw: object) -> float | None:
        value = _number(raw)
        return None if value is None or value < least else value

    return Reader(f"a number of at least {least:g}", convert)


def _sampler_param(raw: object) -> float | None:
    value = _number(raw)
    word = _boolean(raw) if value is None else None
    return value if word is None else float(word)


sampler_param: Final = Reader("a number, or true or false", _sampler_param)
"""Reads the parameter of a sampler: a number, or a yes or no as 1 or 0."""


def _duration(unit: str, size: float) -> Reader[float]:
    def convert(raw: object) -> float | None:
        value = _number(raw)
        value = _with_units(raw) if value is None else value * size
        # Some write a very large number for "never", which is more than works.
        return None if value is None or value < 0 else min(value, MAX_SECONDS)

    return Reader(
        f"a finite number of {unit} or a duration such as 500ms or 2s{_AT_LEAST_0}",
        convert,
    )


seconds: Final = _duration("seconds", 1.0)
"""Reads a duration: a number of seconds, or text with a unit such as `500ms`."""

milliseconds: Final = _duration("milliseconds", 1e-3)
"""Reads a duration: a number of milliseconds, or text with a unit such as `2s`."""


def positive(read: Reader[float]) -> Reader[float]:
    """Return a reader that takes what *read* takes, but not 0."""

    def convert(raw: object) -> float | None:
        value = read(raw)
        return value if value > 0 else None

    expected = read.expected.removesuffix(_AT_LEAST_0)
    return Reader(f"more than 0: {expected}", convert)


def _host(raw: object) -> str | None:
    name = _text(raw)
    if name is None:
        return None
    is_ipv6 = name.count(":") > 1
    if re.search(_NOT_IN_A_HOST, name) or (":" in name and not is_ipv6):
        return None
    return name.strip("[]") if is_ipv6 else name


host: Final = Reader("the name or address of a host, without a port", _host)
"""Reads the name or address of a host."""


def url(default_path: str) -> Reader[str]:
    """Return a reader of `http` URLs and `host:port`, to which it adds the path."""

    def convert(raw: object) -> str | None:
        # With `ipaddress` 3 ms, which a start without URLs need not take.
        from urllib.parse import urlsplit  # noqa: PLC0415

        address = _as_url(text(raw))
        # The texts of urllib's errors are not told: they quote pieces of the password.
        try:
            parts = urlsplit(address)
        except ValueError:
            return None
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return None
        if parts.netloc in {"http:", "https:"}:
            return None  # a slash is missing: http:/host
        if not _has_valid_port(parts):
            msg = "Port must be a whole number from 0 to 65535"
            raise ValueError(msg)
        if parts.path in {"", "/"}:
            parts = parts._replace(path=default_path)
        return parts.geturl()

    return Reader("an http or https URL, or host:port", convert)


def proxy_url() -> Reader[str]:
    """Return a reader of the `http` URL or the `host:port` of an HTTP proxy."""
    convert = url("/")

    def convert_proxy(raw: object) -> str | None:
        address = convert(raw)
        # No slash but the one that `url` adds.
        _, *path = address.removeprefix("http://").partition("/")
        return address if path == ["/", ""] else None

    return Reader("an http URL without a path, or host:port", convert_proxy)


def endpoint(
    default_path: str,
    known_paths: tuple[str, ...],
    path_of_port: Mapping[int, str],
) -> Reader[str]:
    """
    Return a reader of URLs that ends *known_paths* without a slash.

    A URL without a path gets that of its port, else *default_path*. Collectors respond
    with 404 to a path of their own with a slash behind it.
    """
    read = url("/")

    def convert(raw: object) -> str:
        from urllib.parse import urlsplit  # noqa: PLC0415 - see url()

        whole = urlsplit(read(raw))
        path = whole.path.rstrip("/")
        if not path:
            path = path_of_port.get(whole.port or 0, default_path)
        elif not path.endswith(known_paths):
            return whole.geturl()
        return whole._replace(path=path).geturl()

    return Reader(read.expected, convert)


def one_of(*words: str, aliases: Mapping[str, str] | None = None) -> Reader[str]:
    """Return a reader of one of *words*, in any case; *aliases* map to them."""
    meanings = dict(zip(words, words, strict=True)) | dict(aliases or {})

    def convert(raw: object) -> str | None:
        return meanings.get(str(raw).strip().lower())

    return Reader(f"one of {', '.join(words)}", convert)


def list_of(read_one: Reader[str]) -> Reader[tuple[str, ...]]:
    """Return a reader of a list, or of text with commas, without doubles."""

    def convert(raw: object) -> tuple[str, ...] | None:
        items = raw.split(",") if isinstance(raw, str) else raw
        if not isinstance(items, (list, tuple)):
            return None
        read_items = map(read_one, cast("list[object]", items))
        return tuple(dict.fromkeys(read_items))

    expected = f"a list, or text with commas, of which each is {read_one.expected}"
    return Reader(expected, convert)


def _mapping(raw: object) -> Mapping[str, object] | None:
    if not isinstance(raw, Mapping):
        return None
    items = cast("Mapping[object, object]", raw).items()
    return {str(key): value for key, value in items}


mapping: Final = Reader("a dict", _mapping)
"""Reads a dict whose keys are text."""


def _text_mapping(raw: object) -> Mapping[str, str] | None:
    if isinstance(raw, str):
        return pairs(raw)
    items = _mapping(raw)
    return None if items is None else {key: str(item) for key, item in items.items()}


text_mapping: Final = Reader("a dict, or key=value pairs in text", _text_mapping)
"""Reads a dict of texts, or text such as `key=value,key2=value2`."""


def _pairs(raw: object) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for item in filter(None, map(str.strip, str(raw).split(","))):
        key, equals, value = item.partition("=")
        if not equals or not key.strip():
            return None
        found[key.strip()] = value.strip()
    return found


pairs: Final = Reader("key=value pairs with commas between", _pairs)
"""Reads `key=value,key2=value2`; a value may hold `=`."""


def _quoted_pairs(raw: object) -> dict[str, str]:
    from urllib.parse import unquote  # noqa: PLC0415 - see url()

    return {key: unquote(value) for key, value in pairs(raw).items()}


quoted_pairs: Final = Reader(
    "key=value pairs with commas between, percent-encoded", _quoted_pairs
)
"""Reads pairs whose values are percent-encoded, as OpenTelemetry writes them."""


def fill_in(value: str, environ: Mapping[str, str]) -> str:
    """Replace `${VARIABLE:default}`, if *value* is that, by what the variable says."""
    placeholder = re.fullmatch(_PLACEHOLDER, value)
    if placeholder is None:
        return value
    return environ.get(placeholder[1]) or placeholder[2] or ""


def _with_units(raw: object) -> float | None:
    if not isinstance(raw, str) or not raw.strip():
        return None
    parts = re.findall(_DURATION_PART, raw.strip())
    if "".join(amount + unit for amount, unit in parts) != raw.strip():
        return None
    return sum(float(amount) * _SECONDS_IN[unit] for amount, unit in parts)


def _has_valid_port(parts: SplitResult) -> bool:
    try:
        _ = parts.port
    except ValueError:
        return False
    return True


def _as_url(address: str) -> str:
    # A query may hold a URL of its own.
    is_url = "://" in address.partition("?")[0]
    return address if is_url else f"http://{address}"
