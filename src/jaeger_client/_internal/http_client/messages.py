"""A request and its response, and what error messages may quote of them; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from jaeger_client._internal.http_client.url import HttpUrl
from jaeger_client._internal.shown import HIDDEN, MAX_EXCERPT, excerpt_of

MAX_BODY: Final = 1 << 20
"""Maximum size of a response's body in bytes; the rest is not read."""

SUCCESS: Final = range(200, 300)
"""Statuses of success."""


_OPEN_HEADERS: Final = frozenset(
    {"content-encoding", "content-type", "host", "user-agent"}
)
"""Headers of requests whose values are not secret."""

_CREDENTIAL: Final = r"[^\s,;]{8,}"
"""A part of a header's value that may be secret. Shorter ones occur in any text."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, and how long each stage of the exchange may take, in seconds."""

    method: str
    url: HttpUrl
    body: bytes | None = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    """By their names in lower case."""
    timeout: float
    proxy: HttpUrl | None = None

    @property
    def has_tunnel(self) -> bool:
        """Whether the request goes through a tunnel that the proxy opens."""
        return self.proxy is not None and self.url.scheme == "https"

    @property
    def target(self) -> str:
        """The target in the request line: the whole URL for a proxy, else the path."""
        if self.proxy is None or self.has_tunnel:
            return self.url.target
        return f"{self.url.scheme}://{self.url.authority}{self.url.target}"

    def excerpt_of(self, text: str) -> str:
        """
        Return the first 200 characters of *text*, which the server sent, on one line.

        Credentials of this request are hidden, because servers quote what they reject.
        """
        for name, value in self._sent_headers.items():
            if name not in _OPEN_HEADERS:
                for credential in re.findall(_CREDENTIAL, value):
                    text = text.replace(credential, HIDDEN)
        return excerpt_of(text)

    def __str__(self) -> str:
        proxy = "" if self.proxy is None else f" by the proxy {self.proxy}"
        return f"{self.method} {self.url}{proxy}"

    @property
    def _sent_headers(self) -> Mapping[str, str]:
        # Those of the tunnel, too.
        if self.proxy is None or self.proxy.authorization is None:
            return self.headers
        return {**self.headers, "proxy-authorization": self.proxy.authorization}


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """The response of a server to *request*."""

    request: Request
    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: bytes
    """The first `MAX_BODY` bytes, not decoded."""
    is_truncated: bool = False
    """Whether the body was longer."""

    @property
    def is_success(self) -> bool:
        """Whether the status is 200 to 299."""
        return self.status in SUCCESS

    @property
    def media_type(self) -> str:
        """The type of the body, such as `text/html`, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def excerpt(self) -> str:
        """The beginning of the body, for messages."""
        # Four bytes are the longest UTF-8 character.
        text = self.body[: 4 * MAX_EXCERPT].decode("utf-8", "replace")
        return self.request.excerpt_of(text)
