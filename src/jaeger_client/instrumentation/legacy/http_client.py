"""Starts the span of an HTTP request that is sent, and adds its context to the headers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

import opentracing
from opentracing.ext import tags
from opentracing.propagation import Format, UnsupportedFormatException

from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client.instrumentation.legacy.config import CONFIG
from jaeger_client.instrumentation.legacy.interceptors import ClientInterceptors
from jaeger_client.instrumentation.legacy.utils import start_child_span

__all__ = [
    "AbstractRequestWrapper",
    "before_http_request",
    "split_host_and_port",
]

HOST_PORT_RE: Final = re.compile(r"^(.*):(\d+)$")

_USERINFO: Final = re.compile(r"^([^/?#]*//)[^/?#]*@")

_INTERCEPTOR_RAISED = RateLimitedWarning("%r raised; the request is sent all the same")
_NOT_INJECTED = RateLimitedWarning(
    "the trace context cannot be added to a request (%r), which is sent without it"
)


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


def before_http_request(
    request: AbstractRequestWrapper,
    current_span_extractor: Callable[[], opentracing.Span | None],
) -> opentracing.Span:
    """
    Start the client span of *request* and add the trace context to its headers.

    The caller sends the request and finishes the span. User names and passwords in the
    URL are not recorded.

    Args:
        request: The request.
        current_span_extractor: Returns the parent of the span.
    """
    span = start_child_span(request.operation, parent=current_span_extractor())
    span.set_tag(tags.SPAN_KIND, tags.SPAN_KIND_RPC_CLIENT)
    span.set_tag(tags.HTTP_URL, _USERINFO.sub(r"\1", request.full_url))
    if request.service_name:
        span.set_tag(tags.PEER_SERVICE, request.service_name)
    host, port = request.host_port
    if host:
        span.set_tag(tags.PEER_HOST_IPV4, host.rpartition("@")[2])
    if port:
        span.set_tag(tags.PEER_PORT, port)
    for interceptor in tuple(ClientInterceptors.get_interceptors()):
        try:
            interceptor.process(request=request, span=span)
        except Exception:  # noqa: BLE001 - tracing must not prevent the request
            _INTERCEPTOR_RAISED.warn(interceptor, exc_info=True)
    try:
        carrier: dict[str, str] = {}
        span.tracer.inject(span.context, Format.HTTP_HEADERS, carrier)
        for key, value in carrier.items():
            request.add_header(key, value)
    except UnsupportedFormatException:
        pass
    except Exception as error:  # noqa: BLE001 - tracing must not prevent the request
        _NOT_INJECTED.warn(error)
    return span


def split_host_and_port(host_string: str, scheme: str = "http") -> tuple[str, int]:
    """Return host and port of `host:port`; the default port is that of *scheme*."""
    match = HOST_PORT_RE.match(host_string)
    if match is not None:
        return match[1], int(match[2])
    return host_string, 443 if scheme == "https" else 80


def host_and_port_of(url: str) -> tuple[str, int]:
    """Return host and port of *url*."""
    parts = urlsplit(url)
    return split_host_and_port(parts.netloc, parts.scheme)


def first_header(headers: Mapping[str, str], names: Iterable[str]) -> str | None:
    """Return the value of the first header among *names* that is there."""
    for name in names:
        for key, value in headers.items():
            if key.lower() == name.lower():
                return value
    return None
