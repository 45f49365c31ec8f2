"""
ASGI middleware: one that records each request as a span, one that closes the tracer.

`TracingMiddleware` starts a span for each HTTP request and each WebSocket connection,
and sends what is queued when the server shuts down. `TracerLifespan` closes the tracer
at that time, for applications that start their spans themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, cast

import opentracing

from jaeger_client._internal.diagnostics import logger
from jaeger_client.instrumentation._active_span import nothing_active
from jaeger_client.instrumentation._asgi_exchange import (
    Exchange,
    method_of,
    read_request,
)
from jaeger_client.instrumentation._lifespan import (
    Application,
    Lifespan,
    Message,
    Receive,
    Scope,
    Send,
)
from jaeger_client.instrumentation._request import name_of_route
from jaeger_client.instrumentation._server_span import (
    SPAN_KEY,
    RequestTracing,
    ServerSpan,
    name_by,
    never_raises,
)
from jaeger_client.instrumentation._starlette import starlette_route
from jaeger_client.reporter.base import DEFAULT_CLOSE_TIMEOUT

__all__ = [
    "Application",
    "ClosableTracer",
    "Message",
    "Receive",
    "Scope",
    "Send",
    "TracerLifespan",
    "TracingMiddleware",
]

_REQUESTS = {"http", "websocket"}


class TracingMiddleware:
    """
    ASGI middleware that records each request as a span of kind `server`.

    The span continues the trace of the caller, and ends when the last part of the
    response was sent or the client has disconnected. A WebSocket connection is one
    span. Its name is the method, or `WEBSOCKET`, and for Starlette and FastAPI the
    route, such as `GET /cakes/{number}`. The span is active in the application's task
    and in the tasks and threads that this starts.

    When the server shuts down, queued spans are sent; the tracer stays open. The
    middleware never raises and never changes what application and server send each
    other, except for *response_header*, and for the replies to the server's lifespan
    messages if the application does not support them.

    Args:
        app: The application.
        tracer: The tracer; by default OpenTracing's global tracer at the time of the
            request.
        excluded_paths: Paths of requests that get no span, such as `/health`; with
            `*` at the end, all paths that begin so.
        operation_name: Returns the name of the span from the ASGI scope, instead of
            method and route. Should return few different names.
        response_header: Name of a response header for the trace id; by default none
            is added.
        query_in_url: Whether the tag `http.url` has the query string. Values of
            parameters whose names look like those of secrets are hidden.
        flush_timeout: Maximum number of seconds that the shutdown waits for spans to
            be sent.

    Raises:
        ConfigError: If *excluded_paths* or *response_header* is not valid.
    """

    def __init__(
        self,
        app: Application,
        tracer: opentracing.Tracer | None = None,
        *,
        excluded_paths: Iterable[str] = (),
        operation_name: Callable[[Scope], str] | None = None,
        response_header: str | None = None,
        query_in_url: bool = False,
        flush_timeout: float = DEFAULT_CLOSE_TIMEOUT,
    ) -> None:
        self._app = app
        self._operation_name = operation_name
        self._query_in_url = query_in_url
        self._flush_timeout = flush_timeout
        self._tracing = RequestTracing(
            "asgi",
            tracer,
            excluded_paths=excluded_paths,
            response_header=response_header,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a connection or, once in the life of a server, its lifespan."""
        kind = scope.get("type")
        if kind == "lifespan":
            await Lifespan(self._app, receive, send, self._flush).run(scope)
            return
        started: list[ServerSpan] = []
        # Routers change the scope; at the end, the route is found by a copy.
        original = {**scope}
        if kind in _REQUESTS:
            self._start(scope, started)
        if not started:
            await self._pass_on(scope, receive, send)
            return
        exchange = Exchange(
            started[0],
            receive,
            send,
            lambda: self._name_of({**original, "app": scope.get("app")}),
            self._tracing.response_header,
        )
        try:
            await exchange.run(self._app, scope)
        finally:
            # It may be used again, as by middleware that repeats a request.
            scope[SPAN_KEY] = original.get(SPAN_KEY)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        if isinstance(scope.get(SPAN_KEY), opentracing.Span):
            # That of a middleware outside of this one.
            await self._app(scope, receive, send)
            return
        with nothing_active(self._tracing.tracer):
            await self._app(scope, receive, send)

    @never_raises
    def _start(self, scope: Scope, started: list[ServerSpan]) -> None:
        if self._tracing.excludes(str(scope.get("path", ""))):
            return
        span = self._tracing.start(
            read_request(scope, query_in_url=self._query_in_url),
            lambda: self._name_of(scope),
            name=name_by(self._operation_name, scope),
            enclosing=scope.get(SPAN_KEY),
        )
        started.append(span)
        # Not in a copy: middleware outside of this one may read what the application
        # has written to the scope.
        scope[SPAN_KEY] = span.span

    def _name_of(self, scope: Mapping[str, object]) -> str | None:
        # Starlette adds itself to the scope, before it calls its middleware.
        route = starlette_route(self._app, scope) or starlette_route(
            scope.get("app"), scope
        )
        return name_of_route(method_of(scope), route)

    async def _flush(self) -> None:
        tracer: Any = self._tracing.tracer
        try:
            # Other tracers may have no such method.
            if hasattr(tracer, "flush"):
                await _in_thread(lambda: tracer.flush(self._flush_timeout))
        except Exception:  # noqa: BLE001 - the server's shutdown must go on
            logger.exception("flushing %r failed", tracer)

    def __repr__(self) -> str:
        return f"<TracingMiddleware of {self._app!r}>"


async def _in_thread(function: Callable[[], object]) -> None:
    """Call *function* without blocking the event loop, if that is asyncio's."""
    # Not the executor of the loop: the application may occupy all its threads.
    executor = ThreadPoolExecutor(1, "jaeger-client-flush")
    try:
        flushing = asyncio.get_running_loop().run_in_executor(executor, function)
    except RuntimeError:  # another library's loop, or threads cannot be started
        function()
        return
    finally:
        executor.shutdown(wait=False)
    await flushing


class ClosableTracer(Protocol):
    """The part of `jaeger_client.Tracer` that is used here."""

    async def aclose(self, timeout: float = ...) -> bool:
        """Send what is queued and close, within *timeout* seconds."""
        ...


class TracerLifespan:
    """
    ASGI middleware that closes a tracer when the server shuts down.

    It works with any ASGI framework and server, also if the application does not
    support the lifespan protocol. The tracer is closed after the application's own
    shutdown, without blocking the event loop. Requests are passed on unchanged.

    Args:
        app: The application.
        tracer: The tracer to close; by default OpenTracing's global tracer at the
            time of the shutdown.
        timeout: Maximum number of seconds that the shutdown waits for spans to be
            sent.
    """

    def __init__(
        self,
        app: Application,
        tracer: ClosableTracer | None = None,
        *,
        timeout: float = DEFAULT_CLOSE_TIMEOUT,
    ) -> None:
        self._app = app
        self._tracer = tracer
        self._timeout = timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a connection or, once in the life of a server, its lifespan."""
        if scope["type"] == "lifespan":
            await Lifespan(self._app, receive, send, self._close).run(scope)
        else:
            await self._app(scope, receive, send)

    async def _close(self) -> None:
        tracer = self._tracer
        if tracer is None:
            tracer = cast("ClosableTracer", opentracing.global_tracer())
        try:
            # OpenTracing's own tracer, which records nothing, has no such method.
            if hasattr(tracer, "aclose"):
                await tracer.aclose(self._timeout)
        except Exception:  # noqa: BLE001 - the server's shutdown must continue
            logger.exception("closing %r failed", tracer)

    def __repr__(self) -> str:
        return f"<TracerLifespan of {self._app!r}>"
