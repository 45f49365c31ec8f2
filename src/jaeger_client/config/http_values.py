"""Readers of the values of HTTP settings: URLs, headers, tokens and files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeVar

from jaeger_client._internal.fork import forks_wait
from jaeger_client._internal.limits import find_header_fault, is_readable
from jaeger_client.config.values import Reader, quoted_pairs, reader, text, text_mapping
from jaeger_client.constants import OTLP_TRACES_PATH, ZIPKIN_SPANS_PATH
from jaeger_client.errors import ConfigError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

HeadersT = TypeVar("HeadersT", bound=Mapping[str, str])

SAMPLING_PATH: Final = "/sampling"
"""Path of the strategies of an agent or of Jaeger."""

_THRIFT_PATH: Final = "/api/traces"
_COLLECTOR_PATHS: Final = (OTLP_TRACES_PATH, ZIPKIN_SPANS_PATH, _THRIFT_PATH)
_AS_BLANKS: Final = dict.fromkeys(b"\t\r\n", " ")
_PATH_OF_PORT: Final = {4318: OTLP_TRACES_PATH, 9411: ZIPKIN_SPANS_PATH}


@reader("an http or https URL, or host:port")
def split_url(raw: object) -> SplitResult | None:
    """Read the parts of a URL."""
    # Imported on demand: with `ipaddress` it takes 3 ms.
    with forks_wait():
        from urllib.parse import urlsplit  # noqa: PLC0415

        from jaeger_client._internal.http_client import messages  # noqa: PLC0415

    address = text(raw)
    # The query may contain a URL, too.
    if "://" not in address.partition("?")[0]:
        address = f"http://{address}"
    # The messages of urllib are not passed on: they may quote parts of a password.
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    messages.port_of(parts)
    if parts.netloc in {"http:", "https:"}:
        return None  # a slash is missing: http:/host
    try:
        # urlsplit() removes tabs and line breaks without an error. As blanks they are
        # rejected here, like all that the HTTP client rejects.
        messages.parse_url(address.translate(_AS_BLANKS))
    except ConfigError:
        return None
    return parts


def url(default_path: str) -> Reader[str]:
    """Return a reader of URLs and `host:port`; *default_path* is the default path."""

    @reader(split_url.expected)
    def convert(raw: object) -> str:
        parts = split_url(raw)
        has_path = parts.path not in {"", "/"}
        return (parts if has_path else parts._replace(path=default_path)).geturl()

    return convert


sampling_url: Final = url(SAMPLING_PATH)
"""Reads the URL of sampling strategies."""


@reader("an http URL without a path, or host:port")
def proxy(raw: object) -> str | None:
    """Read the URL of an HTTP proxy."""
    parts = split_url(raw)
    scheme, _, path, query, fragment = parts
    if scheme != "http" or path not in {"", "/"} or query or fragment:
        return None
    return parts._replace(path="/").geturl()


@reader(split_url.expected)
def endpoint(raw: object) -> str:
    """
    Read the URL of a collector.

    The default path depends on the port. A slash after a known path is removed, because
    collectors respond to it with 404.
    """
    parts = split_url(raw)
    path = parts.path.rstrip("/")
    if not path:
        path = _PATH_OF_PORT.get(parts.port or 0, _THRIFT_PATH)
    elif not path.endswith(_COLLECTOR_PATHS):
        return parts.geturl()
    return parts._replace(path=path).geturl()


def format_of(endpoint: str) -> str:
    """Return the format that the path of a collector's URL selects."""
    path = split_url(endpoint).path.rstrip("/")
    if path.endswith(OTLP_TRACES_PATH):
        return "OTLP"
    return "Zipkin" if path.endswith(ZIPKIN_SPANS_PATH) else "Thrift"


def _sendable(read: Reader[HeadersT]) -> Reader[HeadersT]:
    @reader(read.expected)
    def convert(raw: object) -> HeadersT:
        found = read(raw)
        for name, value in found.items():
            if fault := find_header_fault(name, value):
                raise ValueError(fault)
        return found

    return convert


headers: Final = _sendable(text_mapping)
"""Reads headers; rejects those that cannot be sent."""

quoted_headers: Final = _sendable(quoted_pairs)
"""Reads headers with percent-encoded values; rejects those that cannot be sent."""


@reader("printable Latin-1 text on one line")
def token(raw: object) -> str | None:
    """Read a token for the header `Authorization`."""
    value = text(raw)
    return None if find_header_fault("authorization", value) else value


@reader("a file that can be read")
def readable_file(raw: object) -> str | None:
    """Read the path of a file that can be read."""
    path = str(raw).strip()
    return path if is_readable(path) else None
