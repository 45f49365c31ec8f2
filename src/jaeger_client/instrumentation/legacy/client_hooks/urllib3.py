"""
The hook for `urllib3`: a client span for each call of a connection pool.

Redirects that the pool follows and attempts that it repeats belong to the same span.
Calls made by `requests` while its hook is installed have no second span. Spans that
this library reports over HTTP are sent without a pool, so they are not traced.
"""

from __future__ import annotations

import functools
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from opentracing.ext import tags

from jaeger_client.instrumentation.legacy.client_hooks._current_span import (
    current_span_func,
)
from jaeger_client.instrumentation.legacy.client_hooks._patcher import (
    Library,
    Patcher,
    attempt,
    functions_of,
    imported,
)
from jaeger_client.instrumentation.legacy.http_client import before_http_request
from jaeger_client.instrumentation.legacy.interceptors import AbstractRequestWrapper

__all__ = ["install_patches", "patcher", "reset_patches", "set_patcher"]

_IS_TRACED: Final[ContextVar[bool]] = ContextVar(
    "jaeger_client.legacy_request_is_traced", default=False
)
"""Whether the request that is being sent has a span already."""


@contextmanager
def untraced() -> Generator[None]:
    """Create no spans for requests in a `with` block."""
    previous = _IS_TRACED.get()
    _IS_TRACED.set(True)
    try:
        yield
    finally:
        _IS_TRACED.set(previous)


class _RequestWrapper(AbstractRequestWrapper):
    """The arguments of `HTTPConnectionPool.urlopen`."""

    def __init__(
        self, pool: Library, method: str, url: str, headers: Mapping[str, str]
    ) -> None:
        self._pool = pool
        self._method = method
        self._url = url
        self.changed: Library = imported("urllib3").HTTPHeaderDict(headers)

    def add_header(self, key: str, value: str) -> None:
        """Set a header of the request."""
        self.changed[key] = value

    @property
    def _headers(self) -> Mapping[str, str]:
        headers: Mapping[str, str] = self.changed
        return headers

    @property
    def host_port(self) -> tuple[str | None, int | None]:
        """Host and port of the pool."""
        return self._pool.host, self._pool.port

    @property
    def method(self) -> str:
        """The method of the request."""
        return self._method

    @property
    def full_url(self) -> str:
        """The URL; the pool's host and port are added to a path."""
        if not self._url.startswith("/"):
            return self._url
        pool = self._pool
        default = 443 if pool.scheme == "https" else 80
        port = "" if pool.port in {None, default} else f":{pool.port}"
        return f"{pool.scheme}://{pool.host}{port}{self._url}"


class Urllib3Patcher(Patcher):
    """Replaces `urllib3.connectionpool.HTTPConnectionPool.urlopen`."""

    module_name = "urllib3"

    def _install_patches(self) -> None:
        pools = imported("urllib3.connectionpool")
        self.replace(pools.HTTPConnectionPool, "urlopen", _urlopen)


def _urlopen(original: Library) -> Library:
    @functools.wraps(original)
    def urlopen(
        pool: Library,
        method: str,
        url: str,
        body: Library = None,
        headers: Mapping[str, str] | None = None,
        *args: object,
        **kwargs: object,
    ) -> Library:
        def send(headers: Mapping[str, str] | None) -> Library:
            return original(pool, method, url, body, headers, *args, **kwargs)

        if _IS_TRACED.get():
            return send(headers)
        given = pool.headers if headers is None else headers
        wrapper = attempt(_RequestWrapper, pool, method, url, given)
        span = wrapper and attempt(before_http_request, wrapper, current_span_func)
        if span is None:
            return send(headers)
        with span, untraced():
            response = send(wrapper.changed)
            span.set_tag(tags.HTTP_STATUS_CODE, response.status)
        return response

    return urlopen


patcher = Urllib3Patcher()
install_patches, reset_patches, set_patcher = functions_of(globals())
