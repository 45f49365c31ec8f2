"""Readers of what HTTP needs: URLs, headers, tokens and files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeVar

from jaeger_client._internal.fork import forks_wait
from jaeger_client.config.values import (
    Reader,
    quoted_pairs,
    reader,
    text,
    text_mapping,
)
from jaeger_client.constants import OTLP_TRACES_PATH, ZIPKIN_SPANS_PATH

if TYPE_CHECKING:
    from urllib.parse import SplitResult

HeadersT = TypeVar("HeadersT", bound=Mapping[str, str])

_THRIFT_PATH: Final = "/api/traces"
_COLLECTOR_PATHS: Final = (OTLP_TRACES_PATH, ZIPKIN_SPANS_PATH, _THRIFT_PATH)
_PATH_OF_PORT: Final = {4318: OTLP_TRACES_PATH, 9411: ZIPKIN_SPANS_PATH}


def url(default_path: str) -> Reader[str]:
    """Return a reader of URLs and `host:port`, which get *default_path* if none."""

    @reader("an http or https URL, or host:port")
    def convert(raw: object) -> str | None:
        # With `ipaddress` 3 ms, which a start without URLs saves.
        with forks_wait():
            from urllib.parse import urlsplit  # noqa: PLC0415

        address = text(raw)
        # The query may contain a URL, too.
        if "://" not in address.partition("?")[0]:
            address = f"http://{address}"
        # The messages of urllib are not used: they quote parts of the password.
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

    return convert


_base_url: Final = url("/")


@reader("an http URL without a path, or host:port")
def proxy(raw: object) -> str | None:
    """Read the URL of an HTTP proxy."""
    address = _base_url(raw)
    # No slash but the one that the reader of URLs adds.
    _, *path = address.removeprefix("http://").partition("/")
    return address if path == ["/", ""] else None


@reader(_base_url.expected)
def endpoint(raw: object) -> str:
    """
    Read the URL of a collector.

    Without a path it gets that of its port. A slash behind a known path is dropped, for
    collectors respond to that with 404.
    """
    with forks_wait():
        from urllib.parse import urlsplit  # noqa: PLC0415 - see url()

    whole = urlsplit(_base_url(raw))
    path = whole.path.rstrip("/")
    if not path:
        path = _PATH_OF_PORT.get(whole.port or 0, _THRIFT_PATH)
    elif not path.endswith(_COLLECTOR_PATHS):
        return whole.geturl()
    return whole._replace(path=path).geturl()


def _sendable(read: Reader[HeadersT]) -> Reader[HeadersT]:
    @reader(read.expected)
    def convert(raw: object) -> HeadersT:
        found = read(raw)
        for name, value in found.items():
            if fault := _header_fault(name, value):
                raise ValueError(fault)
        return found

    return convert


headers: Final = _sendable(text_mapping)
"""Reads headers that can be sent."""

quoted_headers: Final = _sendable(quoted_pairs)
"""Reads headers that can be sent, whose values are percent-encoded."""


@reader("printable Latin-1 text on one line")
def token(raw: object) -> str | None:
    """Read a token for the header `Authorization`."""
    value = text(raw)
    return None if _header_fault("authorization", value) else value


@reader("a file that can be read")
def readable_file(raw: object) -> str | None:
    """Read the path of a file that is there."""
    with forks_wait():
        from jaeger_client._internal.http_client import options  # noqa: PLC0415 - see below

    path = str(raw)
    return path if options.is_readable(path) else None


def _has_valid_port(parts: SplitResult) -> bool:
    try:
        _ = parts.port
    except ValueError:
        return False
    return True


def _header_fault(name: str, value: str) -> str | None:
    # With its patterns and base64 3 ms, which a start without a collector saves.
    with forks_wait():
        from jaeger_client._internal.http_client import options  # noqa: PLC0415

    return options.find_header_fault(name, value)
