"""
Django middleware that records each request as a span, and a decorator for views.

It takes the settings of django_opentracing 1.1, whose middleware fails on Django 5.
They are listed in `_django_settings`.
"""

# Django has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import functools
import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, TypeAlias, TypeVar, cast

import opentracing
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    MiddlewareNotUsed,
    PermissionDenied,
    SuspiciousOperation,
    SynchronousOnlyOperation,
)
from django.core.signals import got_request_exception
from django.http import Http404
from django.urls import resolve

from jaeger_client._internal.shown import shown
from jaeger_client.errors import ConfigError
from jaeger_client.instrumentation._body import AsyncBody, Body
from jaeger_client.instrumentation._django_settings import (
    Options,
    configured_tracer,
    read_options,
    setting,
)
from jaeger_client.instrumentation._request import encoded_path, name_of_route
from jaeger_client.instrumentation._server_span import (
    ServerSpan,
    never_raises,
)
from jaeger_client.instrumentation.wsgi import read_request

__all__ = ["DjangoTracer", "DjangoTracing", "OpenTracingMiddleware"]

HttpRequest: TypeAlias = Any
HttpResponse: TypeAlias = Any
View = TypeVar("View", bound=Callable[..., Any])

_SPAN: Final = "_jaeger_client_span"
"""Attribute of a request that has its `ServerSpan`."""

_STATUSES: Final[tuple[tuple[type[Exception], int], ...]] = (
    (Http404, 404),
    (PermissionDenied, 403),
    (BadRequest, 400),
    (SuspiciousOperation, 400),
)
"""Exceptions of views that are no errors of the server, and Django's responses."""


class DjangoTracing:
    """
    Records requests; `settings.OPENTRACING_TRACING` of django_opentracing.

    Args:
        tracer: The tracer; by default OpenTracing's global tracer at the time of the
            request.
        start_span_cb: Called with the span and the request when a span has started.
    """

    def __init__(
        self,
        tracer: opentracing.Tracer | None = None,
        start_span_cb: Callable[[Any, HttpRequest], object] | None = None,
    ) -> None:
        self._tracer = tracer
        self.start_span_cb = start_span_cb
        self.traces_all = False
        """Whether the middleware records all requests."""
        self._options: Options | None = None

    @property
    def tracer(self) -> opentracing.Tracer:
        """The tracer of a request that begins now."""
        return opentracing.global_tracer() if self._tracer is None else self._tracer

    @property
    def options(self) -> Options:
        """The settings, as they were when a request or the middleware needed them."""
        if self._options is None:
            self.read_settings()
        return cast("Options", self._options)

    def read_settings(self) -> None:
        """
        Read the settings again.

        Raises:
            ConfigError: If one of them is not valid.
        """
        self._options = read_options(self._tracer)

    def get_span(self, request: HttpRequest) -> Any:  # noqa: ANN401 - of the tracer's class
        """Return the span of *request*; `None` if it has none or that is finished."""
        span: ServerSpan | None = getattr(request, _SPAN, None)
        return None if span is None or span.is_finished else span.span

    def trace(self, *attributes: str) -> Callable[[View], View]:
        """
        Return a decorator that records the requests of a view, a function or coroutine.

        It has no effect while the middleware records all requests.

        Args:
            attributes: Attributes of the request that become tags.
        """

        def decorate(view: View) -> View:
            @functools.wraps(view)
            def traced(*args: object, **kwargs: object) -> HttpResponse:
                if self.traces_all:
                    return view(*args, **kwargs)
                request = _Traced(self, _request_in(args, kwargs), attributes)
                return request.call(lambda: view(*args, **kwargs))

            @functools.wraps(view)
            async def traced_async(*args: object, **kwargs: object) -> HttpResponse:
                if self.traces_all:
                    return await view(*args, **kwargs)
                request = _Traced(self, _request_in(args, kwargs), attributes)
                return await request.call_async(lambda: view(*args, **kwargs))

            return cast("View", traced_async if iscoroutinefunction(view) else traced)

        return decorate


DjangoTracer = DjangoTracing
"""The name of `DjangoTracing` in django_opentracing 0.x."""


class OpenTracingMiddleware:
    """
    Django middleware that records each request as a span of kind `server`.

    It belongs first in `MIDDLEWARE`. When Django loads it, it stores its
    `DjangoTracing` in `settings.OPENTRACING_TRACING`.

    The span continues the trace of the caller and is
    active in middleware and views, synchronous or not. It ends when the response was
    created, or when a streaming response is closed. Its name is the method and the
    route, such as `GET /cakes/<int:number>`.

    Raises:
        ConfigError: If a setting is not valid.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        self._tracing = _configured_tracing()
        self._tracing.traces_all = bool(setting("TRACE_ALL", default=True))
        self._tracing.read_settings()
        if not self._tracing.traces_all:
            msg = "OPENTRACING_TRACE_ALL is False"
            raise MiddlewareNotUsed(msg)
        got_request_exception.connect(_record_exception, dispatch_uid=_SPAN)
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        """Handle a request."""
        attributes = self._tracing.options.traced_attributes
        traced = _Traced(self._tracing, request, attributes)
        if self._is_async:
            return traced.call_async(lambda: self._get_response(request))
        return traced.call(lambda: self._get_response(request))


def _record_exception(
    sender: object,  # noqa: ARG001 - the signature of Django's receivers
    request: HttpRequest = None,
    **_: object,
) -> None:
    """Record the exception that Django responds to with status 500."""
    span: ServerSpan | None = getattr(request, _SPAN, None)
    error = sys.exc_info()[1]
    if span is not None and error is not None:
        span.record(error)


class _Traced:
    """A request and its span; serves the request also if it gets none."""

    def __init__(
        self, tracing: DjangoTracing, request: HttpRequest, attributes: Iterable[str]
    ) -> None:
        self._tracing = tracing
        self._request = request
        self._attributes = attributes
        self._outer: ServerSpan | None = getattr(request, _SPAN, None)
        self._span: ServerSpan | None = None
        self._start()

    @never_raises
    def _start(self) -> None:
        request, options = self._request, self._tracing.options
        if options.requests.excludes(request.path):
            return
        facts = read_request(
            request.META, scheme=request.scheme, path=encoded_path(request.path)
        )
        enclosing = self._tracing.get_span(request)
        self._span = options.requests.start(
            facts, self._find_name_early, enclosing=enclosing
        )
        setattr(request, _SPAN, self._span)
        if self._tracing.start_span_cb is not None:
            self._tracing.start_span_cb(self._span.span, request)

    def call(self, get_response: Callable[[], HttpResponse]) -> HttpResponse:
        if (span := self._span) is None:
            return get_response()
        try:
            with span.running():
                response = get_response()
            self._set_attributes(span, self._attributes)
        except BaseException as error:
            self._fail(span, error)
            raise
        self._respond(span, response)
        return response

    async def call_async(
        self, get_response: Callable[[], Awaitable[HttpResponse]]
    ) -> HttpResponse:
        if (span := self._span) is None:
            return await get_response()
        try:
            with span.running():
                response = await get_response()
            if unread := self._set_attributes(span, self._attributes):
                await sync_to_async(self._set_attributes)(span, unread)
        except BaseException as error:
            self._fail(span, error)
            raise
        self._respond(span, response)
        return response

    def _fail(self, span: ServerSpan, error: BaseException) -> None:
        # Without those of a database, if a coroutine has failed: it must not wait.
        self._set_attributes(span, self._attributes)
        status = next((code for kind, code in _STATUSES if isinstance(error, kind)), 0)
        if status:
            span.set_status(status)
        else:
            span.record(error)
        self._finish()

    def _respond(self, span: ServerSpan, response: HttpResponse) -> None:
        self._read_response(span, response)
        if not getattr(response, "streaming", False) or not self._finish_at_end(
            span, response
        ):
            self._finish()

    @never_raises
    def _read_response(self, span: ServerSpan, response: HttpResponse) -> None:
        span.set_status(response.status_code)
        header = self._tracing.options.requests.response_header
        if header is not None and span.trace_id:
            response[header] = span.trace_id

    def _finish_at_end(self, span: ServerSpan, response: HttpResponse) -> bool:
        """Finish the span at the end of a body; return whether that is possible."""
        try:
            if getattr(response, "file_to_stream", None) is not None:
                # A file, which the server may send itself if it is not wrapped.
                response._resource_closers.append(self._finish)  # noqa: SLF001
            elif response.is_async:
                content = aiter(response.streaming_content)
                response.streaming_content = AsyncBody(content, span, self._finish)
            else:
                content = response.streaming_content
                response.streaming_content = Body(content, span, self._finish)
        except Exception:  # noqa: BLE001 - a response of the application's own class
            return False
        return True

    def _finish(self) -> None:
        if (span := self._span) is None or span.is_finished:
            return
        span.name_after(self._find_name)
        span.finish()
        setattr(self._request, _SPAN, self._outer)

    def _set_attributes(self, span: ServerSpan, names: Iterable[str]) -> list[str]:
        """
        Set the tags of attributes, once other middleware has set `user` and the like.

        Return the names of those that Django reads from a database, and therefore not
        on the thread of an event loop.
        """
        unread: list[str] = []
        # Active, because the statements that are sent to the database may have spans.
        with span.running():
            for name in names:
                self._set_attribute(span, name, unread)
        return unread

    @never_raises
    def _set_attribute(self, span: ServerSpan, name: str, unread: list[str]) -> None:
        try:
            text = str(getattr(self._request, name, ""))
        except SynchronousOnlyOperation:
            unread.append(name)
            return
        if text:
            span.span.set_tag(name, text)

    def _find_name(self) -> str | None:
        return self._name_of(getattr(self._request, "resolver_match", None))

    def _find_name_early(self) -> str | None:
        """Find the name that Django has not found yet, for the sampler."""
        if match := getattr(self._request, "resolver_match", None):
            return self._name_of(match)
        try:
            urlconf = getattr(self._request, "urlconf", None)
            return self._name_of(resolve(self._request.path_info, urlconf))
        except Exception:  # noqa: BLE001 - no route, or a converter has failed
            return None

    def _name_of(self, match: Any) -> str | None:  # noqa: ANN401 - of Django
        if match is None:
            return None
        if self._tracing.options.names_views:
            view = match.func
            view = getattr(view, "view_class", None) or getattr(view, "cls", view)
            return str(getattr(view, "__name__", type(view).__name__))
        # Paths have no slash at the beginning, regular expressions may have a `^`.
        route = match.route if match.route[:1] in {"/", "^"} else f"/{match.route}"
        return name_of_route(str(self._request.method), route)


def _configured_tracing() -> DjangoTracing:
    """Return the object of the settings; create it if there is none."""
    tracing = setting("TRACING", default=None) or setting("TRACER", default=None)
    if tracing is None:
        tracing = DjangoTracing(configured_tracer())
    elif not isinstance(tracing, DjangoTracing):
        msg = (
            "OPENTRACING_TRACING must be a DjangoTracing of "
            f"{__name__}, got {shown(tracing)}"
        )
        raise ConfigError(msg)
    settings.OPENTRACING_TRACING = tracing
    return tracing


def _request_in(args: tuple[object, ...], kwargs: dict[str, object]) -> HttpRequest:
    """Return the request among the arguments of a view, which may be a method."""
    return next(
        (arg for arg in (*args, *kwargs.values()) if hasattr(arg, "META")), None
    )
