"""The hook for `requests`: a client span for each request that is sent."""

from __future__ import annotations

import functools
from collections.abc import Callable

from opentracing.ext import tags

from jaeger_client._internal.diagnostics import RateLimitedWarning
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
from jaeger_client.instrumentation.legacy.client_hooks.urllib3 import untraced
from jaeger_client.instrumentation.legacy.http_client import before_http_request
from jaeger_client.instrumentation.legacy.interceptors import URLRequestWrapper

__all__ = ["install_patches", "patcher", "reset_patches", "set_patcher"]

_HOOK_RAISED = RateLimitedWarning(
    "%r, which was passed to set_response_handler_hook, raised"
)


class RequestsPatcher(Patcher):
    """Replaces `requests.adapters.HTTPAdapter.send`."""

    module_name = "requests"

    response_handler_hook: Callable[[Library, Library], object] | None = None
    """Called with each response and its span."""

    RequestWrapper = URLRequestWrapper

    def set_response_handler_hook(
        self, response_handler_hook: Callable[[Library, Library], object] | None
    ) -> None:
        """
        Set a function that is called with each response and its span.

        It can set further tags. If it raises, that is logged.
        """
        self.response_handler_hook = response_handler_hook

    def _install_patches(self) -> None:
        adapters = imported("requests.adapters")
        self.replace(adapters.HTTPAdapter, "send", self._send)

    def _send(self, original: Library) -> Library:
        @functools.wraps(original)
        def send(
            adapter: Library, request: Library, *args: object, **kwargs: object
        ) -> Library:
            wrapper = self.RequestWrapper(request)
            span = attempt(before_http_request, wrapper, current_span_func)
            if span is None:
                return original(adapter, request, *args, **kwargs)
            with span:
                with untraced():
                    response = original(adapter, request, *args, **kwargs)
                attempt(self._record, response, span)
            return response

        return send

    def _record(self, response: Library, span: Library) -> None:
        span.set_tag(tags.HTTP_STATUS_CODE, response.status_code)
        hook = self.response_handler_hook
        if hook is not None:
            try:
                hook(response, span)
            except Exception:  # noqa: BLE001 - the response is the caller's
                _HOOK_RAISED.warn(hook, exc_info=True)


patcher = RequestsPatcher()
install_patches, reset_patches, set_patcher = functions_of(globals())
