"""URLs, requests and responses as checked values. Does no I/O."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from urllib.parse import SplitResult, quote, unquote, urlencode, urlsplit

from jaeger_client._internal.shown import (
    HIDDEN,
    MAX_EXCERPT,
    excerpt_of,
    shown,
    url_without_secrets,
    without_secrets,
)
from jaeger_client.errors import ConfigError

MAX_BODY: Final = 1 << 20
"""Maximum size of a response's body in bytes; the rest is not read."""

SUCCESS: Final = range(200, 300)
"""Statuses of success."""

_OPEN_HEADERS: Final = frozenset(
    {"content-encoding", "content-type", "host", "user-agent"}
)
"""Headers of requests whose values are not secret."""

_CREDENTIAL: Final = r"[^\s,;]{8,}"
"""A part of a header value that may be secret; shorter parts occur in any text."""

_MIN_CREDENTIAL: Final = 4
"""Minimum length of a hidden user or password; shorter ones occur in any text."""

Origin: TypeAlias = tuple[str, str, int]
"""Scheme, host and port of a server."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_GRPC_PORTS: Final = {
    4317: "4318",
    5779: "5778",
    14250: "14268 for spans, 5778 for sampling strategies",
}
"""Ports of gRPC in Jaeger and OpenTelemetry, with the HTTP ports to use instead."""

_TARGET_SAFE: Final = "/%:@!$&'()*+,;=~?-._"
_USER_INFO: Final = re.compile(r"(?<=//)[^/?#]*@")
_NOT_IN_HOST: Final = re.compile(r"[\s\x00-\x1f\x7f%]")
# Names of network interfaces.
_ZONE: Final = re.compile(r"[0-9A-Za-z._~:@-]+")


@dataclass(frozen=True, slots=True)
class HttpUrl:
    """A parsed URL; its text contains no credentials."""

    origin: Origin
    """Scheme, host and port; a link-local address includes its zone."""
    target: str = field(repr=False)
    """Path and query, as in the request line."""
    authorization: str | None = field(repr=False)
    """Value of the header `Authorization` for the URL's credentials."""
    shown: str
    """The URL with its credentials, and secrets in its query, masked."""

    @property
    def scheme(self) -> str:
        """`http` or `https`."""
        return self.origin[0]

    @property
    def authority(self) -> str:
        """
        Host and port as sent to peers: in ASCII, and without a zone.

        A zone has a meaning on this machine only (RFC 6874, section 4).

        Raises:
            UnicodeError: If IDNA cannot encode the host.
        """
        _, host, port = self.origin
        address = host.partition("%")[0]
        name = f"[{address}]" if ":" in host else host.encode("idna").decode("ascii")
        return f"{name}:{port}"

    def __str__(self) -> str:
        return self.shown


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
    deadline: float = math.inf
    """End of the exchange at the latest, in monotonic seconds."""

    @property
    def has_tunnel(self) -> bool:
        """Whether the request goes through a tunnel that the proxy opens."""
        return self.proxy is not None and self.url.scheme == "https"

    @property
    def target(self) -> str:
        """The target in the request line: the URL for a proxy, else path and query."""
        if self.proxy is None or self.has_tunnel:
            return self.url.target
        return f"{self.url.scheme}://{self.url.authority}{self.url.target}"

    @property
    def host(self) -> str:
        """Value of the header `Host`: the authority, as `http.client` writes it."""
        authority = self.url.authority
        if self.proxy is not None:
            return authority  # with the port, as in the target
        return authority.removesuffix(f":{_DEFAULT_PORTS[self.url.scheme]}")

    def excerpt_of(self, text: str) -> str:
        """
        Return the first 200 characters of *text*, which the server sent, on one line.

        Credentials of this request are hidden, because servers quote what they reject.
        """
        for name, value in self._sent_headers.items():
            if name not in _OPEN_HEADERS:
                # The longest first, because a password may contain the user name.
                for credential in sorted(_credentials_in(value), key=len, reverse=True):
                    text = text.replace(credential, HIDDEN)
        return excerpt_of(without_secrets(text[: 8 * MAX_EXCERPT]))

    def __str__(self) -> str:
        proxy = "" if self.proxy is None else f" by the proxy {self.proxy}"
        return f"{self.method} {self.url}{proxy}"

    @property
    def _sent_headers(self) -> Mapping[str, str]:
        # Including the header that is sent to open a tunnel.
        if self.proxy is None or self.proxy.authorization is None:
            return self.headers
        return {**self.headers, "proxy-authorization": self.proxy.authorization}


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """The response of a server to *request*."""

    request: Request
    status: int
    # Not in `repr`: servers send back what they reject, with its credentials.
    headers: Mapping[str, str] = field(repr=False)
    """By their names in lower case."""
    body: bytes = field(repr=False)
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
        # Of the whole body, because a credential that is cut is not recognized.
        return self.request.excerpt_of(self.body.decode("utf-8", "replace"))


def parse_url(url: str, *, key: str = "url") -> HttpUrl:
    """
    Parse *url*; *key* names the setting in messages.

    Raises:
        ConfigError: If it is not an http or https URL with a host.
    """
    try:
        parts = _split(url)
        origin = (parts.scheme, _host(parts), port_of(parts))
        target = _target(parts)  # raises for a lone surrogate
    except ValueError as exc:
        msg = (
            f"{key} must be a URL like http://host:port/path or https://host/path "
            f"({exc}), got {shown(url)}"
        )
        raise ConfigError(msg) from None
    masked = url_without_secrets(_USER_INFO.sub("***@", url))
    return HttpUrl(origin, target, _authorization(parts), masked)


def port_of(parts: SplitResult) -> int:
    """
    Return the port of a URL; by default, that of its scheme.

    Raises:
        ValueError: If it is not a port. The message does not quote the URL.
    """
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        msg = "the port must be a whole number from 1 to 65535"
        raise ValueError(msg)
    return _DEFAULT_PORTS.get(parts.scheme, 0) if port is None else port


def grpc_hint(url: HttpUrl) -> str:
    """Return a hint to the HTTP port if the port of *url* is one of gRPC, else `""`."""
    _, _, port = url.origin
    if port not in _GRPC_PORTS:
        return ""
    return (
        f"port {port} is for gRPC, which is not supported: use the HTTP port, "
        f"{_GRPC_PORTS[port]}"
    )


def with_query(url: str, query: Sequence[tuple[str, str]]) -> str:
    """Return *url* with *query* appended to its own parameters."""
    # Values may contain lone surrogates, which UTF-8 does not allow.
    added = urlencode(query, errors="replace")
    base, _, _fragment = url.partition("#")
    return f"{base}{'&' if '?' in base else '?'}{added}"


def basic_authorization(user: str, password: str) -> str:
    """Return the value of the header `Authorization` for Basic authentication."""
    text = f"{user}:{password}"
    try:
        # Python decodes environment variables that are not UTF-8 to lone surrogates.
        credentials = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        credentials = text.encode("utf-8", "replace")
    return "Basic " + base64.b64encode(credentials).decode("ascii")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        # The error may quote the URL with its password.
        msg = "it cannot be parsed"
        raise ValueError(msg) from None
    if parts.scheme not in _DEFAULT_PORTS:
        msg = "the scheme must be http or https"
        raise ValueError(msg)
    return parts


def _host(parts: SplitResult) -> str:
    host, percent, zone = (parts.hostname or "").partition("%")
    if not host or _NOT_IN_HOST.search(host):
        msg = "the host is missing or not valid"
        raise ValueError(msg)
    return f"{host}%{_zone(host, zone)}" if percent else host


def _zone(host: str, zone: str) -> str:
    # RFC 6874 requires %25 before a zone; a plain % is common as well.
    if zone.startswith("25") and zone != "25":
        zone = unquote(zone[2:])
    if ":" not in host or not _ZONE.fullmatch(zone):
        msg = "the zone must name a network interface after an IPv6 address"
        raise ValueError(msg)
    return zone


def _target(parts: SplitResult) -> str:
    path = parts.path or "/"
    return quote(f"{path}?{parts.query}" if parts.query else path, safe=_TARGET_SAFE)


def _credentials_in(value: str) -> Iterator[str]:
    """Return the parts of a header value that must not be shown."""
    yield from re.findall(_CREDENTIAL, value)
    scheme, _, encoded = value.partition(" ")
    if scheme.lower() == "basic":
        with suppress(ValueError):  # not what `basic_authorization` returns
            user, _, password = base64.b64decode(encoded).decode().partition(":")
            yield from (x for x in (user, password) if len(x) >= _MIN_CREDENTIAL)


def _authorization(parts: SplitResult) -> str | None:
    if parts.username is None:
        return None
    return basic_authorization(unquote(parts.username), unquote(parts.password or ""))
