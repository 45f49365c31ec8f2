"""URLs, parsed and checked; pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from urllib.parse import SplitResult, quote, unquote, urlencode, urlsplit

from jaeger_client._internal.shown import shown, url_without_secrets
from jaeger_client.errors import ConfigError

Origin: TypeAlias = tuple[str, str, int]
"""Scheme, host and port of a server."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_TARGET_SAFE: Final = "/%:@!$&'()*+,;=~?-._"
_USER_INFO: Final = re.compile(r"(?<=//)[^/?#]*@")
_NOT_IN_HOST: Final = re.compile(r"[\s\x00-\x1f\x7f%]")
# Names of network interfaces.
_ZONE: Final = re.compile(r"[0-9A-Za-z._~:@-]+")


@dataclass(frozen=True, slots=True)
class HttpUrl:
    """A parsed URL; its text shows no credentials."""

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
    def zone_free_host(self) -> str | None:
        """
        Value of the header `Host` if the host has a zone, or else None.

        A zone has a meaning on this machine only (RFC 6874, section 4).
        """
        _, host, port = self.origin
        address, percent, _ = host.partition("%")
        return f"[{address}]:{port}" if percent else None

    @property
    def authority(self) -> str:
        """
        Host and port as proxies need them: in ASCII and without a zone.

        Raises:
            UnicodeError: If IDNA cannot encode the host.
        """
        _, host, port = self.origin
        address = host.partition("%")[0]
        name = f"[{address}]" if ":" in host else host.encode("idna").decode("ascii")
        return f"{name}:{port}"

    def __str__(self) -> str:
        return self.shown


def parse_url(url: str, *, key: str = "url") -> HttpUrl:
    """
    Parse *url*; *key* names the setting in messages.

    Raises:
        ConfigError: If it is no http or https URL with a host.
    """
    try:
        parts = _split(url)
        origin = (parts.scheme, _host(parts), _port(parts))
    except ValueError as exc:
        msg = (
            f"{key} must be like http://host:port/path or https://host/path "
            f"({exc}), got {shown(url)}"
        )
        raise ConfigError(msg) from None
    masked = url_without_secrets(_USER_INFO.sub("***@", url))
    return HttpUrl(origin, _target(parts), _authorization(parts), masked)


def with_query(url: str, query: Sequence[tuple[str, str]]) -> str:
    """Return *url* with the parameters of *query* after its own."""
    # Values are text of any kind, which may contain lone surrogates that UTF-8 rejects.
    added = urlencode(query, errors="replace")
    base, _, _fragment = url.partition("#")
    return f"{base}{'&' if '?' in base else '?'}{added}"


def basic_authorization(user: str, password: str) -> str:
    """Return the value of the header `Authorization` for Basic authentication."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        # The error may quote the URL with its password.
        msg = "it cannot be taken apart"
        raise ValueError(msg) from None
    if parts.scheme not in _DEFAULT_PORTS:
        msg = "the scheme must be http or https"
        raise ValueError(msg)
    return parts


def _host(parts: SplitResult) -> str:
    host, percent, zone = (parts.hostname or "").partition("%")
    if not host or _NOT_IN_HOST.search(host):
        msg = "the host is missing or is none"
        raise ValueError(msg)
    return f"{host}%{_zone(host, zone)}" if percent else host


def _zone(host: str, zone: str) -> str:
    # RFC 6874 encodes the percent sign itself as %25. Browsers and people do not.
    if zone.startswith("25") and zone != "25":
        zone = unquote(zone[2:])
    if ":" not in host or not _ZONE.fullmatch(zone):
        msg = "the zone must name a network interface after an IPv6 address"
        raise ValueError(msg)
    return zone


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        msg = "the port must be a whole number from 1 to 65535"
        raise ValueError(msg)
    return _DEFAULT_PORTS[parts.scheme] if port is None else port


def _target(parts: SplitResult) -> str:
    path = parts.path or "/"
    return quote(f"{path}?{parts.query}" if parts.query else path, safe=_TARGET_SAFE)


def _authorization(parts: SplitResult) -> str | None:
    if parts.username is None:
        return None
    return basic_authorization(unquote(parts.username), unquote(parts.password or ""))
