"""Options of the HTTP client: timeout, credentials, headers, TLS, proxy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from jaeger_client._internal.http_client.messages import (
    HttpUrl,
    basic_authorization,
    parse_url,
)
from jaeger_client._internal.limits import (
    MAX_SECONDS,
    above_zero,
    find_header_fault,
    is_readable,
)
from jaeger_client._internal.shown import shown
from jaeger_client.errors import ConfigError

DEFAULT_TIMEOUT: Final = 5.0
"""Maximum time in seconds of each stage: connecting, the TLS handshake and so on."""


@dataclass(frozen=True)
class HttpOptions:
    """
    Options of the HTTP client. Their `repr` contains no secrets.

    Raises:
        ConfigError: If an option cannot be used, or not together with another.
    """

    timeout: float = DEFAULT_TIMEOUT
    """Maximum time in seconds of each stage of a request; at most 23 days."""
    user: str | None = field(default=None, repr=False)
    """Name for Basic authentication; needs `password`."""
    password: str | None = field(default=None, repr=False)
    """Password for Basic authentication; needs `user`."""
    token: str | None = field(default=None, repr=False)
    """Token for Bearer authentication; Basic takes precedence."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Headers sent with each request."""
    ca_file: str | None = None
    """PEM file of the certificate authorities to trust instead of the system's."""
    client_cert: str | None = None
    """PEM file of the client certificate, and of its key unless `client_key` is set."""
    client_key: str | None = None
    """PEM file of the client certificate's key; needs `client_cert`."""
    insecure: bool = False
    """Trust any certificate. For development only."""
    proxy: str | None = field(default=None, repr=False)
    """URL of the HTTP proxy to use, like http://user:password@host:port."""

    def __post_init__(self) -> None:
        """Check the options, which would otherwise fail at the first span."""
        timeout = above_zero(
            "timeout", self.timeout, maximum=MAX_SECONDS, unit=" seconds"
        )
        object.__setattr__(self, "timeout", timeout)
        _check_pair("user", self.user, "password", self.password)
        _check_pair("password", self.password, "user", self.user)
        _check_pair("client_key", self.client_key, "client_cert", self.client_cert)
        _check_header("authorization", self.authorization or "")
        for name, value in self.headers.items():
            _check_header(name, value)
        self.parse_proxy()

    @property
    def authorization(self) -> str | None:
        """Value of the header `Authorization`, or None."""
        if self.user is not None and self.password is not None:
            return basic_authorization(self.user, self.password)
        return None if self.token is None else f"Bearer {self.token}"

    def parse_proxy(self) -> HttpUrl | None:
        """
        Return the parsed URL of the proxy.

        Raises:
            ConfigError: If it is not an http URL, or has a path.
        """
        if self.proxy is None:
            return None
        url = parse_url(self.proxy, key="proxy")
        if (url.scheme, url.target) != ("http", "/"):
            msg = f"proxy must be a URL like http://host:port, got {url}"
            raise ConfigError(msg)
        return url

    def check_files(self) -> None:
        """
        Check that the files can be read.

        Raises:
            ConfigError: If one cannot be read.
        """
        for key in ("ca_file", "client_cert", "client_key"):
            path: str | None = getattr(self, key)
            if path is not None and not is_readable(path):
                msg = f"{key} must name a file that can be read, got {shown(path)}"
                raise ConfigError(msg)


def _check_pair(key: str, value: str | None, other: str, partner: str | None) -> None:
    if value is not None and partner is None:
        msg = f"{key} needs {other}, which is not set"
        raise ConfigError(msg)


def _check_header(name: str, value: str) -> None:
    if fault := find_header_fault(name, value):
        msg = f"headers: {fault}"
        raise ConfigError(msg)
