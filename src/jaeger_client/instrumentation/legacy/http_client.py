"""Starts the span of an HTTP request that is sent, and adds headers to the request."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from opentracing.ext import tags
from opentracing.propagation import Format, UnsupportedFormatException

from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client.instrumentation.legacy._requests import (
    AbstractRequestWrapper,
    split_host_and_port,
)
from jaeger_client.instrumentation.legacy.interceptors import ClientInterceptors
from jaeger_client.instrumentation.legacy.utils import start_child_span

if TYPE_CHECKING:
    import opentracing

__all__ = [
    "AbstractRequestWrapper",
    "before_http_request",
    "split_host_and_port",
]

_USERINFO: Final = re.compile(r"^([^/?#]*//)[^/?#]*@")

_INTERCEPTOR_RAISED = RateLimitedWarning("%r raised; the request is sent anyway")
_NOT_INJECTED = RateLimitedWarning(
    "the trace context cannot be added to a request (%r), which is sent without it"
)


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
    host, port = request.host_port
    found = {
        tags.SPAN_KIND: tags.SPAN_KIND_RPC_CLIENT,
        tags.HTTP_URL: _USERINFO.sub(r"\1", request.full_url),
        tags.PEER_SERVICE: request.service_name,
        tags.PEER_HOST_IPV4: host and host.rpartition("@")[2],
        tags.PEER_PORT: port,
    }
    span = start_child_span(
        request.operation,
        parent=current_span_extractor(),
        tags={key: value for key, value in found.items() if value},
    )
    for interceptor in tuple(ClientInterceptors.get_interceptors()):
        try:
            interceptor.process(request=request, span=span)
        except Exception:  # noqa: BLE001, PERF203 - tracing must not prevent the request
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
