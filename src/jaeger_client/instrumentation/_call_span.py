"""
The span of a traced call, for functions and generators.

Nothing here raises: an exception of a tracer, which may be that of another library, is
logged, and the call goes on without a span.

The span of a function or coroutine is active from beginning to end. That of a generator
is active only while its body runs, that is in each `next`, `send`, `throw` and `close`;
in between, the caller's span is active. Each of these steps may run in another thread
or task. `ContextScopeManager` stores the active scope in a context variable. At its
beginning, a step sets the variable to the scope that was active when the body was
suspended, which may be one that the body has opened; at its end, it restores the
caller's. With any other scope manager, each step activates the span of the generator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import opentracing

from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client._internal.named_tuple import NamedTuple
from jaeger_client._internal.scopes import record_exception
from jaeger_client.scope import ContextScope, ContextScopeManager

if TYPE_CHECKING:
    from contextvars import ContextVar

    from typing_extensions import Self

_FAILED: Final = RateLimitedWarning("tracing a call of %s raised %r; the call goes on")


class SpanOptions(NamedTuple):
    """How the spans of a function are started."""

    operation_name: str
    """Name of the spans."""
    tags: dict[str, object] | None
    """Their tags at the start."""
    tracer: opentracing.Tracer | None
    """Their tracer; `None` is OpenTracing's global tracer at the time of the call."""
    ignore_active_span: bool
    """Whether they are roots, instead of children of the active span."""


class CallSpan:
    """The span of one call. In a `with` block, an exception is recorded on it."""

    __slots__ = ("_manager", "_options", "_span")

    def __init__(self, options: SpanOptions) -> None:
        self._options = options
        self._span: opentracing.Span | None = None
        try:
            tracer = options.tracer
            if tracer is None:
                tracer = opentracing.global_tracer()
            self._manager: opentracing.ScopeManager = tracer.scope_manager
            tags = options.tags
            self._span = tracer.start_span(
                options.operation_name,
                # A copy: other tracers store it, and add the span's later tags to it.
                tags=None if tags is None else tags.copy(),
                ignore_active_span=options.ignore_active_span,
            )
        except Exception as error:  # noqa: BLE001 - a tracer of another library
            self._warn(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, exc_type: object, exc_val: object, exc_tb: object) -> None:
        """Record the exception, unless it ends a generator, and finish the span."""
        if exc_val is not None and not isinstance(exc_val, GeneratorExit):
            self._record(exc_type, exc_val, exc_tb)
        self.finish()

    def _record(self, exc_type: object, exc_val: object, exc_tb: object) -> None:
        span = self._span
        try:
            if span is not None:
                record_exception(span, exc_type, exc_val, exc_tb)
        except Exception as error:  # noqa: BLE001 - as above
            self._warn(error)

    def finish(self) -> None:
        """Finish the span; only the first call has an effect."""
        span, self._span = self._span, None
        try:
            if span is not None:
                span.finish()
        except Exception as error:  # noqa: BLE001 - as above
            self._warn(error)

    def _warn(self, error: Exception) -> None:
        _FAILED.warn(self._options.operation_name, error)


class FunctionSpan(CallSpan):
    """A span that is active in the `with` block."""

    __slots__ = ("_scope",)

    def __enter__(self) -> Self:
        self._scope: opentracing.Scope | None = None
        try:
            if self._span is not None:
                self._scope = self._manager.activate(self._span, False)  # noqa: FBT003 - OpenTracing's signature
        except Exception as error:  # noqa: BLE001 - as above
            self._warn(error)
        return self

    def __exit__(self, exc_type: object, exc_val: object, exc_tb: object) -> None:
        """Deactivate and finish the span."""
        scope = self._scope
        try:
            if scope is not None:
                scope.close()
                if isinstance(scope, ContextScope) and not scope.is_closed:
                    _unlink(scope)
        except Exception as error:  # noqa: BLE001 - as above
            self._warn(error)
        super().__exit__(exc_type, exc_val, exc_tb)


def _unlink(scope: ContextScope) -> None:
    """
    Remove *scope* from below the scopes that the function has left open.

    They stay active, as the function intended. Without this, the finished span would
    become active again when they are closed.
    """
    above = scope.manager.active
    while above is not None and above.previous is not scope:
        above = above.previous
    if above is not None:
        above.previous = scope.previous
    _close(scope)


def _close(scope: ContextScope) -> None:
    """Close a scope that need not be active; only an active one can be closed."""
    variable = scope.manager.variable
    active = variable.get()
    variable.set(scope)
    scope.close()
    variable.set(active)


class GeneratorSpan(CallSpan):
    """A span that is active in each `with` block of `step`, for a generator."""

    __slots__ = ("step",)

    def __init__(self, options: SpanOptions) -> None:
        super().__init__(options)
        self.step = self._make_step()
        """Context manager for a step of the generator's body."""

    def _make_step(self) -> _Step:
        if self._span is None:
            return _Step()
        manager = self._manager
        if type(manager) is ContextScopeManager:
            return _ContextStep(manager, self._span)
        return _ActivatingStep(manager, self._span, self._options.operation_name)

    def finish(self) -> None:
        """Deactivate the span for good, and finish it."""
        self.step.close()
        super().finish()

    def __del__(self) -> None:
        # A generator that is collected is closed first, which finishes the span. Not so
        # an asynchronous one without a running event loop: it is freed as it is, maybe
        # in a step that waits.
        if self._span is not None:
            self.finish()


class _Step:
    """A step without a span."""

    __slots__ = ()

    def __enter__(self) -> None:
        """Begin the step."""

    def __exit__(self, *exc_info: object) -> None:
        """End the step."""

    def close(self) -> None:
        """End the step if it is open; no further one will begin."""


class _ContextStep(_Step):
    """A step in which the scope of the generator's body is the active one."""

    __slots__ = ("_is_open", "_outer", "_own", "_scope", "_variable")

    def __init__(self, manager: ContextScopeManager, span: opentracing.Span) -> None:
        self._variable: ContextVar[ContextScope | None] = manager.variable
        self._outer = self._variable.get()
        self._own = manager.activate(span, False)  # noqa: FBT003 - as above
        self._variable.set(self._outer)
        self._scope: ContextScope | None = self._own
        self._is_open = False

    def __enter__(self) -> None:
        self._outer = self._variable.get()
        self._is_open = True
        self._variable.set(self._scope)

    def __exit__(self, *exc_info: object) -> None:
        self._scope = self._variable.get()
        self._variable.set(self._outer)
        self._is_open = False
        self._outer = None

    def close(self) -> None:
        variable = self._variable
        # An open step may be that of another context, such as that of a task, which has
        # another active scope.
        if self._is_open and variable.get() is self._scope:
            variable.set(self._outer)
        _close(self._own)
        self._scope = self._outer = None


class _ActivatingStep(_Step):
    """A step that activates the span by any scope manager."""

    __slots__ = ("_manager", "_name", "_scope", "_span")

    def __init__(
        self, manager: opentracing.ScopeManager, span: opentracing.Span, name: str
    ) -> None:
        self._manager = manager
        self._span = span
        self._name = name
        self._scope: opentracing.Scope | None = None

    def __enter__(self) -> None:
        try:
            self._scope = self._manager.activate(self._span, False)  # noqa: FBT003 - as above
        except Exception as error:  # noqa: BLE001 - as above
            _FAILED.warn(self._name, error)

    def __exit__(self, *exc_info: object) -> None:
        try:
            scope, self._scope = self._scope, None
            if scope is not None:
                scope.close()
        except Exception as error:  # noqa: BLE001 - as above
            _FAILED.warn(self._name, error)

    def close(self) -> None:
        self.__exit__()
