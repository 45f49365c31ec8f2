"""The span of the current request: for the current thread, task or greenlet."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Final, cast

import opentracing

from jaeger_client.instrumentation.legacy.tornado_scopes import (
    ThreadSafeStackContext,
    TornadoScopeManager,
)

__all__ = [
    "RequestContext",
    "RequestContextManager",
    "ThreadSafeStackContext",
    "TornadoScopeManager",
    "get_current_span",
    "span_in_context",
    "span_in_stack_context",
]


class RequestContext:
    """
    The span of a request, as `RequestContextManager` stores it.

    Args:
        span: The span, or `None`.
    """

    __slots__ = ("span",)

    def __init__(self, span: opentracing.Span | None) -> None:
        self.span = span


_CONTEXT: Final[ContextVar[RequestContext | None]] = ContextVar(
    "jaeger_client.legacy_request_context", default=None
)


_NO_SCOPE: Final = opentracing.Scope(
    cast("opentracing.ScopeManager", None), cast("opentracing.Span", None)
)
"""Changes nothing."""


class RequestContextManager(AbstractContextManager["RequestContext | None"]):
    """
    Sets the span that `get_current_span` returns in a `with` block.

    The span does not become the active one of the tracer, but `get_current_span`
    prefers it to that one. New code uses `span_in_context`.

    Args:
        context: A `RequestContext`, or the span itself.
        span: The span; replaces *context*.
    """

    def __init__(
        self,
        context: RequestContext | opentracing.Span | None = None,
        span: opentracing.Span | None = None,
    ) -> None:
        if span is not None:
            context = RequestContext(span)
        elif isinstance(context, opentracing.Span):
            context = RequestContext(context)
        self._context: RequestContext | None = context
        self._previous: RequestContext | None = None

    @classmethod
    def current_context(cls) -> RequestContext | None:
        """Return the context of the innermost `with` block."""
        return _CONTEXT.get()

    def __enter__(self) -> RequestContext | None:
        self._previous = _CONTEXT.get()
        _CONTEXT.set(self._context)
        return self._context

    def __exit__(self, *_: object) -> None:
        # Not reset(): that fails in a task, whose context is a copy.
        _CONTEXT.set(self._previous)


def get_current_span() -> opentracing.Span | None:
    """Return the span of the `RequestContextManager`, or else the active span."""
    context = _CONTEXT.get()
    if context is not None:
        return context.span
    scope = opentracing.tracer.scope_manager.active
    return None if scope is None else scope.span


def span_in_context(span: opentracing.Span | None) -> opentracing.Scope:
    """
    Make *span* active until the returned scope is closed, or in its `with` block.

    The span is not finished. `None` changes nothing.
    """
    if span is None:
        return _NO_SCOPE
    return opentracing.tracer.scope_manager.activate(span, finish_on_close=False)


def span_in_stack_context(
    span: opentracing.Span | None,
) -> AbstractContextManager[Callable[[], None]]:
    """
    Make *span* active in a `with` block and in the coroutines and callbacks it starts.

    The name is from Tornado before 6. With the scope manager of this library, or
    OpenTracing's for context variables, coroutines, tasks and callbacks inherit the
    span, also under Tornado 6. The block's value is a function that ends the scope
    early. An exception is not recorded in the span.
    """
    return _StackContext(span)


class _StackContext(AbstractContextManager[Callable[[], None]]):
    def __init__(self, span: opentracing.Span | None) -> None:
        self._span = span
        self._scope: opentracing.Scope | None = None

    def __enter__(self) -> Callable[[], None]:
        self._scope = span_in_context(self._span)
        return self._close

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        scope, self._scope = self._scope, None
        if scope is not None:
            scope.close()
