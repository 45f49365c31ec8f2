"""The hook for `urllib.request`, named after the module of Python 2."""

from __future__ import annotations

import functools
from collections.abc import Mapping

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
from jaeger_client.instrumentation.legacy.interceptors import (
    AbstractRequestWrapper,
    split_host_and_port,
)

__all__ = ["install_patches", "patcher", "reset_patches", "set_patcher"]


class Urllib2RequestWrapper(AbstractRequestWrapper):
    """
    A `urllib.request.Request`.

    Args:
        request: The request.
    """

    def __init__(self, request: Library) -> None:
        self.request = request

    def add_header(self, key: str, value: str) -> None:
        """Set a header of the request."""
        self.request.add_header(key, value)

    @property
    def _headers(self) -> Mapping[str, str]:
        return {str(key).title(): value for key, value in self.request.header_items()}

    @property
    def host_port(self) -> tuple[str | None, int | None]:
        """Host and port of the server, or of the proxy."""
        return split_host_and_port(self.request.host, self.request.type)

    @property
    def method(self) -> str:
        """The method of the request."""
        return str(self.request.get_method())

    @property
    def full_url(self) -> str:
        """The URL of the request."""
        return str(self.request.get_full_url())


class Urllib2Patcher(Patcher):
    """Replaces `urllib.request.AbstractHTTPHandler.do_open`."""

    module_name = "urllib.request"

    def _install_patches(self) -> None:
        handler = imported(self.module_name).AbstractHTTPHandler
        self.replace(handler, "do_open", _do_open)


def _do_open(original: Library) -> Library:
    @functools.wraps(original)
    def do_open(
        handler: Library, http_class: Library, req: Library, **kwargs: object
    ) -> Library:
        wrapper = Urllib2RequestWrapper(req)
        span = attempt(before_http_request, wrapper, current_span_func)
        if span is None:
            return original(handler, http_class, req, **kwargs)
        with span:
            response = original(handler, http_class, req, **kwargs)
            status = getattr(response, "status", None)
            if status is not None:  # not every handler returns an `HTTPResponse`
                span.set_tag(tags.HTTP_STATUS_CODE, status)
        return response

    return do_open


patcher = Urllib2Patcher()
install_patches, reset_patches, set_patcher = functions_of(globals())
