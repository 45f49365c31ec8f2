"""The hook for Tornado's HTTP clients: a client span for each request."""

from __future__ import annotations

import functools

from opentracing.ext import tags

from jaeger_client.instrumentation.legacy.client_hooks._patcher import (
    Library,
    Patcher,
    attempt,
    functions_of,
    imported,
)
from jaeger_client.instrumentation.legacy.http_client import before_http_request
from jaeger_client.instrumentation.legacy.interceptors import URLRequestWrapper
from jaeger_client.instrumentation.legacy.request_context import get_current_span

__all__ = [
    "TornadoRequestWrapper",
    "install_patches",
    "patcher",
    "reset_patchers",
    "reset_patches",
    "set_patcher",
    "traced_fetch_impl",
]


class TornadoRequestWrapper(URLRequestWrapper):
    """A `tornado.httpclient.HTTPRequest`."""


def traced_fetch_impl(real_fetch_impl: Library) -> Library:
    """Return a function that replaces `AsyncHTTPClient.fetch_impl`."""

    @functools.wraps(real_fetch_impl)
    def fetch_impl(client: Library, request: Library, callback: Library) -> Library:
        wrapper = TornadoRequestWrapper(request)
        span = attempt(before_http_request, wrapper, get_current_span)
        if span is None:
            return real_fetch_impl(client, request, callback)

        @functools.wraps(callback)
        def traced_callback(response: Library) -> Library:
            attempt(_finish, span, response)
            return callback(response)

        try:
            return real_fetch_impl(client, request, traced_callback)
        except BaseException as error:
            attempt(span.__exit__, type(error), error, error.__traceback__)
            raise

    return fetch_impl


def _finish(span: Library, response: Library) -> None:
    # As text: so it was in 3.3.1.
    span.set_tag(tags.HTTP_STATUS_CODE, str(response.code))
    if response.error is not None:
        span.set_tag(tags.ERROR, True)  # noqa: FBT003 - a tag, not an option
        span.log_kv({"event": "error", "payload": str(response.error)})
    span.finish()


class TornadoPatcher(Patcher):
    """Replaces `fetch_impl` of Tornado's clients; that of pycurl, if it is there."""

    module_name = "tornado.simple_httpclient"

    def _install_patches(self) -> None:
        simple = imported(self.module_name).SimpleAsyncHTTPClient
        self.replace(simple, "fetch_impl", traced_fetch_impl)
        try:
            curl = imported("tornado.curl_httpclient").CurlAsyncHTTPClient
        except ImportError:
            return
        self.replace(curl, "fetch_impl", traced_fetch_impl)


patcher = TornadoPatcher()
install_patches, reset_patches, set_patcher = functions_of(globals())
reset_patchers = reset_patches
