"""
What a span shows of a request: its method, its URL and the name made of its route.

All of it comes from clients, so its length is bounded. URLs have neither credentials
nor, unless the application wants that, queries, because both may contain secrets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from jaeger_client._internal.shown import url_without_secrets

WEBSOCKET: Final = "WEBSOCKET"
"""In place of the method of a WebSocket connection, which has none."""

_METHODS: Final = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY"}
    | {"TRACE", WEBSOCKET}
)
_OTHER_METHOD: Final = "HTTP"
"""In place of other methods, because clients may invent any number of them."""

_MAX_URL: Final = 2_048
"""Maximum length of each part of a URL in characters, before it is encoded."""

_IN_DECODED_PATHS: Final = "/!$&'()*+,;=:@-._~"
_IN_PATHS: Final = f"{_IN_DECODED_PATHS}%"
_IN_HOSTS: Final = ":[]-._~"

_AUTHORITY: Final = re.compile("^[A-Za-z][A-Za-z0-9+.-]*://[^/]*")
"""Scheme, credentials and host of a request's target that is a whole URL, as clients
send it to proxies. Some servers treat all of it as the path."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a span shows of a request."""

    method: str
    url: str
    headers: dict[str, str]


def url_of(scheme: str, host: str, path: str, query: str = "") -> str:
    """
    Return the URL of a request, of bounded length and without credentials.

    *path* and *query* are percent-encoded; what is not valid there is encoded here.
    """
    host = host[-_MAX_URL:].rpartition("@")[2]
    path = _AUTHORITY.sub("", path[:_MAX_URL])
    url = "".join(
        (
            f"{quote(scheme[:_MAX_URL], _IN_HOSTS, errors='replace')}://",
            quote(host, _IN_HOSTS, errors="replace"),
            quote(path, _IN_PATHS, errors="replace"),
        )
    )
    if not query:
        return url
    query = quote(query[:_MAX_URL], f"{_IN_PATHS}?", errors="replace")
    return url_without_secrets(f"{url}?{query}")


def encoded_path(path: str | bytes) -> str:
    """Return the beginning of *path*, which is not percent-encoded, encoded."""
    head = path[:_MAX_URL]
    if isinstance(head, bytes):
        return quote(head, _IN_DECODED_PATHS)
    return quote(head, _IN_DECODED_PATHS, errors="replace")


def default_name(method: str) -> str:
    """Return the operation name of a request whose route is not known."""
    return method if method in _METHODS else _OTHER_METHOD


def name_of_route(method: str, route: str | None) -> str | None:
    """Return the operation name of a request, such as `GET /cakes/{number}`."""
    return f"{default_name(method)} {route}" if route else None
