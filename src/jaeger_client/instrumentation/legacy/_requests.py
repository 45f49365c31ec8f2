"""What the hooks read and change of an HTTP request that is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from jaeger_client.instrumentation.legacy.config import CONFIG

HOST_PORT_RE: Final = re.compile(r"^(.*):(\d+)$")

Request: TypeAlias = Any
"""A request of a library, whose types may not be installed."""


class AbstractRequestWrapper:
    """What `before_http_request` reads and changes of a request."""

    def add_header(self, key: str, value: str) -> None:
        """Set a header of the request."""
        raise NotImplementedError

    @property
    def _headers(self) -> Mapping[str, str]:
        return {}

    @property
    def host_port(self) -> tuple[str | None, int | None]:
        """Host and port of the server; `None` if unknown."""
        return None, None

    @property
    def service_name(self) -> str | None:
        """Name of the called service, from a header of `CONFIG`."""
        return first_header(self._headers, CONFIG.callee_name_headers)

    @property
    def operation(self) -> str:
        """Name of the span: the method, and the operation of a header of `CONFIG`."""
        endpoint = first_header(self._headers, CONFIG.callee_endpoint_headers)
        return self.method if endpoint is None else f"{self.method}:{endpoint}"

    @property
    def method(self) -> str:
        """The method of the request."""
        raise NotImplementedError

    @property
    def full_url(self) -> str:
        """The URL of the request."""
        raise NotImplementedError


class URLRequestWrapper(AbstractRequestWrapper):
    """
    A request that has the attributes `method`, `url` and `headers`.

    Args:
        request: The request.
    """

    def __init__(self, request: Request) -> None:
        self.request = request

    def add_header(self, key: str, value: str) -> None:
        """Set a header of the request."""
        self.request.headers[key] = value

    @property
    def _headers(self) -> Mapping[str, str]:
        headers: Mapping[str, str] = self.request.headers
        return headers

    @property
    def host_port(self) -> tuple[str | None, int | None]:
        """Host and port of the URL."""
        parts = urlsplit(self.full_url)
        return split_host_and_port(parts.netloc, parts.scheme)

    @property
    def method(self) -> str:
        """The method of the request."""
        return str(self.request.method)

    @property
    def full_url(self) -> str:
        """The URL of the request."""
        return str(self.request.url)


def split_host_and_port(host_string: str, scheme: str = "http") -> tuple[str, int]:
    """Return host and port of `host:port`; the default port is that of *scheme*."""
    match = HOST_PORT_RE.match(host_string)
    if match is not None:
        return match[1], int(match[2])
    return host_string, 443 if scheme == "https" else 80


def first_header(headers: Mapping[str, str], names: Iterable[str]) -> str | None:
    """Return the value of the first header among *names* that is there."""
    for name in names:
        for key, value in headers.items():
            if key.lower() == name.lower():
                return value
    return None
