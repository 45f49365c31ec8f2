"""
The span of a request to a server: what WSGI, ASGI and Django have in common.

`RequestTracing` holds the options of a middleware and starts spans; a `ServerSpan` is
the span of one request. The tags are those of OpenTracing's conventions: `span.kind`,
`component`, `http.method`, `http.url`, `http.status_code`, `error`.

Nothing here raises into the application, whatever the request, the tracer or the
functions of the application do: what fails is logged, and the request is served.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, ParamSpec, TypeAlias, TypeVar, cast

import opentracing
from opentracing import Format
from opentracing.ext import tags

from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client._internal.scopes import record_exception
from jaeger_client._internal.shown import shown
from jaeger_client.codecs.headers import HEADER_NAME, is_token
from jaeger_client.errors import ConfigError
from jaeger_client.instrumentation._active_span import ActiveSpan
from jaeger_client.instrumentation._request import WEBSOCKET, Request, default_name

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

P = ParamSpec("P")
T = TypeVar("T")
FindName: TypeAlias = Callable[[], "str | None"]
"""Returns the operation name of a request, once it is known."""

SPAN_KEY: Final = "jaeger_client.span"
"""Key of a request's span in its WSGI environ or ASGI scope."""

SERVER_ERROR: Final = 500
"""The lowest status of a server's error, and that of a response to an exception."""

_CANCELLATIONS: Final = {"CancelledError", "Cancelled", "GreenletExit"}
"""Exceptions by which asyncio, trio and gevent end a task. By name: to import them
would import the libraries."""

_TRACING_FAILED: Final = RateLimitedWarning(
    "tracing a request raised %r. The request is served, but its span may be missing "
    "or incomplete; if the exception is not the application's own, please report it"
)
_NOT_EXTRACTED: Final = RateLimitedWarning(
    "the span context in the headers of a request is ignored, so that a new trace "
    "begins: %s"
)
_NOT_NAMED: Final = RateLimitedWarning(
    "operation_name raised %r; the request is named by its method and route"
)


def never_raises(function: Callable[P, object]) -> Callable[P, None]:
    """Return *function* without its exceptions, which are logged, and its result."""

    @functools.wraps(function)
    def quiet(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the request must be served
            _TRACING_FAILED.warn(error, exc_info=True)

    return quiet


def name_by(function: Callable[[T], str] | None, request: T) -> str | None:
    """Return the operation name that the application's *function* has chosen."""
    if function is None:
        return None
    try:
        return str(function(request))
    except Exception as error:  # noqa: BLE001 - the request must be served
        _NOT_NAMED.warn(error, exc_info=True)
        return None


class RequestTracing:
    """
    Starts the spans of requests.

    Args:
        component: The value of the tag `component`.
        tracer: The tracer; `None` is the global one at the time of each request.
        excluded_paths: Paths of requests that get no span; with `*` at the end, all
            paths that begin so.
        response_header: Name of the response header that has the trace id.

    Raises:
        ConfigError: If a path or the name of the header is not valid.
    """

    def __init__(
        self,
        component: str,
        tracer: opentracing.Tracer | None,
        *,
        excluded_paths: Iterable[str] = (),
        response_header: str | None = None,
    ) -> None:
        self._component = component
        self._tracer = tracer
        paths = _checked_paths(excluded_paths)
        self._excluded = frozenset(path for path in paths if not path.endswith("*"))
        self._excluded_prefixes = tuple(
            path.removesuffix("*") for path in paths if path.endswith("*")
        )
        self.response_header = _checked_header(response_header)

    @property
    def tracer(self) -> opentracing.Tracer:
        """The tracer of a request that begins now."""
        return opentracing.global_tracer() if self._tracer is None else self._tracer

    def excludes(self, path: str) -> bool:
        """Return whether requests of *path* get no span."""
        return path in self._excluded or path.startswith(self._excluded_prefixes)

    def start(
        self,
        request: Request,
        find_name: FindName,
        *,
        name: str | None = None,
        enclosing: object = None,
    ) -> ServerSpan:
        """
        Start the span of *request*; may raise.

        Args:
            request: The request.
            find_name: Called if a sampler may need the operation name, so only for
                the first span of a trace.
            name: The operation name, if the application has chosen one.
            enclosing: The span of the same request that is open already, if any.
        """
        tracer = self.tracer
        parent = (
            enclosing
            if isinstance(enclosing, opentracing.Span)
            else self._parent_of(tracer, request)
        )
        if name is None:
            is_root = parent is None or not getattr(parent, "has_trace", True)
            name = (find_name() if is_root else None) or default_name(request.method)
        start_tags = {
            tags.SPAN_KIND: tags.SPAN_KIND_RPC_SERVER,
            tags.COMPONENT: self._component,
            tags.HTTP_URL: request.url,
        }
        if request.method != WEBSOCKET:
            start_tags[tags.HTTP_METHOD] = request.method
        span = tracer.start_span(
            name,
            child_of=parent,
            tags=start_tags,
            # What is active here is left over from another request.
            ignore_active_span=True,
        )
        return ServerSpan(tracer, span, name, request.method)

    @staticmethod
    def _parent_of(
        tracer: opentracing.Tracer, request: Request
    ) -> opentracing.SpanContext | None:
        try:
            return tracer.extract(Format.HTTP_HEADERS, request.headers)
        except Exception as error:  # noqa: BLE001 - a codec of the application may raise anything
            _NOT_EXTRACTED.warn(error)
            return None


class ServerSpan:
    """The span of one request. Its methods never raise."""

    __slots__ = (
        "_active",
        "_error",
        "_failed",
        "_finished",
        "_method",
        "_name",
        "_status",
        "span",
        "trace_id",
    )

    def __init__(
        self,
        tracer: opentracing.Tracer,
        span: opentracing.Span,
        name: str,
        method: str,
    ) -> None:
        self.span = span
        self.trace_id = _trace_id_of(span)
        """The trace id in hexadecimal, as in Jaeger; empty if it is not known."""
        self._active = ActiveSpan(tracer.scope_manager, span)
        self._name = name
        self._method = method
        self._error: BaseException | None = None
        self._status: int | None = None
        self._failed = False
        self._finished = False

    @property
    def is_finished(self) -> bool:
        """Whether `finish` was called."""
        return self._finished

    @property
    def has_failed(self) -> bool:
        """Whether the status of the response, if it was set, is a server's error."""
        return self._status is not None and self._status >= SERVER_ERROR

    def running(self) -> AbstractContextManager[None]:
        """Make the span active in a block, in which the application runs."""
        return self._active.running()

    @never_raises
    def set_status(self, status: object) -> None:
        """Set the status of the response, such as `200` or `200 OK`."""
        code = str(status)[:3]
        self._status = int(code) if code.isascii() and code.isdigit() else None

    @never_raises
    def log(self, event: str, **fields: object) -> None:
        """Log an event."""
        if not self._finished:
            self.span.log_kv({"event": event, **fields})

    @never_raises
    def set_failed(self) -> None:
        """Mark the request as failed, whatever its status."""
        if not self._finished:
            self._set_failed()

    @never_raises
    def record(self, error: BaseException) -> None:
        """
        Record an exception that the application has raised.

        If no response was begun, servers respond with status 500. The cancellation
        of a request is no error.
        """
        if self._finished or error is self._error:
            return
        self._error = error
        if _is_cancellation(error):
            self.log("cancelled")
            return
        if self._status is None:
            self._status = SERVER_ERROR
        self._failed = True
        record_exception(self.span, type(error), error, error.__traceback__)

    @never_raises
    def name_after(self, find_name: FindName) -> None:
        """Name the span if it only has the name of its method."""
        # The application may have chosen a name, and another tracer may hide it.
        current = getattr(self.span, "operation_name", self._name)
        if not current == self._name == default_name(self._method):
            return
        if name := find_name():
            self._name = name
            self.span.set_operation_name(name)

    @never_raises
    def finish(self) -> None:
        """Finish the span, once."""
        if self._finished:
            return
        self._finished = True
        # Its traceback refers to the frames of the request, which refer to this span:
        # they would not be freed without a garbage collection.
        self._error = None
        try:
            if self._status is not None:
                self.span.set_tag(tags.HTTP_STATUS_CODE, self._status)
            if self.has_failed:
                self._set_failed()
        finally:
            self.span.finish()

    def _set_failed(self) -> None:
        if not self._failed:
            self._failed = True
            self.span.set_tag(tags.ERROR, True)  # noqa: FBT003 - a tag's value


def _is_cancellation(error: BaseException) -> bool:
    # `concurrent.futures.CancelledError` is an exception like others.
    if isinstance(error, Exception):
        return False
    return isinstance(error, GeneratorExit) or type(error).__name__ in _CANCELLATIONS


def _trace_id_of(span: opentracing.Span) -> str:
    trace_id = getattr(span.context, "trace_id", None)
    if not isinstance(trace_id, int):
        return ""
    return f"{trace_id:016x}" if trace_id < 1 << 64 else f"{trace_id:032x}"


def _checked_paths(paths: object) -> tuple[str, ...]:
    if isinstance(paths, Iterable) and not isinstance(paths, str):
        checked = tuple(paths)
        if all(isinstance(path, str) and path[:1] in {"/", "*"} for path in checked):
            return cast("tuple[str, ...]", checked)
        paths = checked
    msg = (
        "excluded_paths must be a list of paths such as '/health' or '/static/*', "
        f"got {shown(paths)}"
    )
    raise ConfigError(msg)


def _checked_header(name: object) -> str | None:
    if name is None or (isinstance(name, str) and is_token(name)):
        return name
    msg = f"response_header must be {HEADER_NAME}, got {shown(name)}"
    raise ConfigError(msg)
