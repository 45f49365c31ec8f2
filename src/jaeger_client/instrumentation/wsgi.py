"""
WSGI middleware that records each request as a span.

A request begins with the call of the application and ends with the iterable that it
returns (PEP 3333). The span is active while the application and its iterable run, and
in no code of the server between them.

Three kinds of bodies are treated in different ways:

    body                                the span ends
    list or tuple of bytes              when the application returns it
    `wsgi.file_wrapper` of the server   when the server closes it
    any other iterable                  when it is exhausted or closed, or fails

The first two are passed on as they are, because servers recognize them: they set the
header Content-Length for the one and call `sendfile` for the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from jaeger_client.instrumentation._body import Body
from jaeger_client.instrumentation._flask import (
    SERVER_SPAN_KEY,
    flask_route,
    handled_flask_route,
    record_flask_exceptions,
)
from jaeger_client.instrumentation._request import (
    Request,
    encoded_path,
    name_of_route,
    url_of,
)
from jaeger_client.instrumentation._server_span import (
    SPAN_KEY,
    RequestTracing,
    ServerSpan,
    name_by,
    never_raises,
)

if TYPE_CHECKING:
    import opentracing

Environ: TypeAlias = "dict[str, object]"
StartResponse: TypeAlias = Callable[..., object]
# `...`, because each framework has types of its own for the two arguments.
Application: TypeAlias = Callable[..., Iterable[bytes]]

_HEADER_PREFIX: Final = "HTTP_"
_PORTS: Final = {"http": "80", "https": "443"}
"""The ports that URLs do not show."""


class TracingMiddleware:
    """
    WSGI middleware that records each request as a span of kind `server`.

    The span continues the trace of the caller. Its name is the method and, for Flask,
    the route, such as `GET /cakes/<int:number>`. Threads may call it concurrently. It
    never raises and never changes what application and server send each other, except
    for *response_header*.

    Args:
        app: The application.
        tracer: The tracer; by default OpenTracing's global tracer at the time of the
            request.
        excluded_paths: Paths of requests that get no span, such as `/health`; with
            `*` at the end, all paths that begin so.
        operation_name: Returns the name of the span from the WSGI environ, instead of
            method and route. Should return few different names.
        response_header: Name of a response header for the trace id; by default none
            is added.
        query_in_url: Whether the tag `http.url` has the query string. Values of
            parameters whose names look like those of secrets are hidden.

    Raises:
        ConfigError: If *excluded_paths* or *response_header* is not valid.
    """

    def __init__(
        self,
        app: Application,
        tracer: opentracing.Tracer | None = None,
        *,
        excluded_paths: Iterable[str] = (),
        operation_name: Callable[[Environ], str] | None = None,
        response_header: str | None = None,
        query_in_url: bool = False,
    ) -> None:
        self._app = app
        self._operation_name = operation_name
        self._query_in_url = query_in_url
        self._tracing = RequestTracing(
            "wsgi",
            tracer,
            excluded_paths=excluded_paths,
            response_header=response_header,
        )
        record_flask_exceptions(app)

    def __call__(
        self, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Handle a request."""
        exchange = _Exchange(
            self._app, environ, start_response, self._tracing.response_header
        )
        self._start(environ, exchange)
        if exchange.span is None:
            return self._app(environ, start_response)
        return exchange.run()

    @never_raises
    def _start(self, environ: Environ, exchange: _Exchange) -> None:
        if self._tracing.excludes(path_of(environ)):
            return
        request = read_request(environ, query_in_url=self._query_in_url)
        exchange.span = self._tracing.start(
            request,
            lambda: name_of_route(request.method, flask_route(self._app, environ)),
            name=name_by(self._operation_name, environ),
            enclosing=environ.get(SPAN_KEY),
        )

    def __repr__(self) -> str:
        return f"<TracingMiddleware of {self._app!r}>"


def path_of(environ: Environ) -> str:
    """Return the path of a request as WSGI has it: its bytes, decoded as Latin-1."""
    return f"{environ.get('SCRIPT_NAME') or ''}{environ.get('PATH_INFO') or ''}"


def read_request(
    environ: Environ,
    *,
    scheme: str | None = None,
    path: str | None = None,
    query_in_url: bool = False,
) -> Request:
    """Return what the span shows of a request."""
    scheme = scheme or str(environ.get("wsgi.url_scheme", "http"))
    if path is None:
        path = encoded_path(path_of(environ).encode("latin-1", "replace"))
    query = str(environ.get("QUERY_STRING") or "") if query_in_url else ""
    return Request(
        str(environ.get("REQUEST_METHOD", "")),
        url_of(scheme, _host_of(environ, scheme), path, query),
        {
            name.removeprefix(_HEADER_PREFIX).replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith(_HEADER_PREFIX) and isinstance(value, str)
        },
    )


def _host_of(environ: Environ, scheme: str) -> str:
    if host := environ.get("HTTP_HOST"):
        return str(host)
    # As PEP 3333 reconstructs URLs.
    name, port = str(environ.get("SERVER_NAME", "")), environ.get("SERVER_PORT")
    return f"{name}:{port}" if port and _PORTS.get(scheme) != port else name


class _Exchange:
    """One request and its response."""

    def __init__(
        self,
        app: Application,
        environ: Environ,
        start_response: StartResponse,
        response_header: str | None,
    ) -> None:
        self._app = app
        self._environ = environ
        self._start_response_of_server = start_response
        self._response_header = response_header
        self._outer = environ.get(SPAN_KEY)
        self.span: ServerSpan | None = None
        """The span of the request, if it gets one."""

    def run(self) -> Iterable[bytes]:
        """Call the application; return its body, at whose end the span ends."""
        span = self._span
        self._environ[SPAN_KEY] = span.span
        self._environ[SERVER_SPAN_KEY] = span
        try:
            with span.running():
                body = self._app(self._environ, self._start_response)
        except BaseException as error:
            span.name_after(self._find_name)
            span.record(error)
            self.finish()
            raise
        if isinstance(body, (list, tuple)):
            self.finish()
            return body
        if self._is_file(body) and self._finish_at_close(body):
            return body
        return Body(body, span, self.finish)

    @property
    def _span(self) -> ServerSpan:
        return cast("ServerSpan", self.span)

    def finish(self) -> None:
        """Finish the span."""
        if not self._span.is_finished:
            # The environ may be used again, as by middleware that repeats a request.
            self._environ[SPAN_KEY] = self._outer
            self._span.finish()

    def _find_name(self) -> str | None:
        environ = self._environ
        route = handled_flask_route(environ) or flask_route(self._app, environ)
        return name_of_route(str(self._environ.get("REQUEST_METHOD")), route)

    def _start_response(
        self,
        status: str,
        headers: Any,  # noqa: ANN401 - as the application passes them
        exc_info: Any = None,  # noqa: ANN401 - passed on
    ) -> object:
        span = self._span
        span.set_status(status)
        # Now, because Flask forgets the route before it returns.
        span.name_after(self._find_name)
        if exc_info:
            self._record(exc_info)
        name = self._response_header
        # The server decides about other types of headers.
        if name and span.trace_id and isinstance(headers, (list, tuple)):
            added = name, span.trace_id
            headers = [*cast("Iterable[object]", headers), added]
        # Servers and applications may leave out the third argument.
        if exc_info is None:
            return self._start_response_of_server(status, headers)
        return self._start_response_of_server(status, headers, exc_info)

    @never_raises
    def _record(self, exc_info: Any) -> None:  # noqa: ANN401 - as the application passes it
        self._span.record(exc_info[1])

    def _is_file(self, body: object) -> bool:
        wrapper = self._environ.get("wsgi.file_wrapper")
        return isinstance(wrapper, type) and isinstance(body, wrapper)

    def _finish_at_close(self, body: Any) -> bool:  # noqa: ANN401 - a class of the server
        """Finish the span when *body* is closed; return whether that is possible."""
        close: Callable[[], object] | None = getattr(body, "close", None)

        def close_and_finish() -> None:
            try:
                if close is not None:
                    close()
            finally:
                self.finish()

        try:
            body.close = close_and_finish
        except Exception:  # noqa: BLE001 - the class may have slots, or be in C
            return False
        return True
