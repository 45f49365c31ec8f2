"""Spans of functions and blocks of code."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar, cast, overload

import opentracing

from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client.instrumentation.legacy.request_context import (
    get_current_span,
    span_in_context,
    span_in_stack_context,
)
from jaeger_client.instrumentation.legacy.utils import start_child_span

__all__ = ["func_span", "traced_function"]

_Function = TypeVar("_Function", bound=Callable[..., object])

_ON_START_RAISED = RateLimitedWarning(
    "on_start of traced_function raised; the function is called all the same"
)


def func_span(
    func: Callable[..., object] | str,
    tags: Mapping[str, object] | None = None,
    require_active_trace: bool = False,  # noqa: FBT001, FBT002 - the signature of 3.3
) -> AbstractContextManager[opentracing.Span | None]:
    """
    Return a started span for a `with` block; a child of the current span.

    The span does not become active.

    Args:
        func: The name of the span, or the function that has this name.
        tags: Initial tags.
        require_active_trace: Without a current span, return a context manager that
            does nothing, and whose value is `None`.
    """
    current = get_current_span()
    if current is None and require_active_trace:
        return nullcontext()
    name = func if isinstance(func, str) else getattr(func, "__name__", str(func))
    span: AbstractContextManager[opentracing.Span] = start_child_span(
        name, parent=current, tags=tags
    )
    return span


@overload
def traced_function(func: _Function) -> _Function: ...
@overload
def traced_function(
    func: None = None,
    name: str | None = None,
    on_start: Callable[..., object] | None = None,
    require_active_trace: bool = False,  # noqa: FBT001, FBT002 - the signature of 3.3
) -> Callable[[_Function], _Function]: ...
def traced_function(
    func: _Function | None = None,
    name: str | None = None,
    on_start: Callable[..., object] | None = None,
    require_active_trace: bool = False,
) -> _Function | Callable[[_Function], _Function]:
    """
    Create a span for each call of a function; a decorator.

    The span is active while the function, or the body of an `async def`, runs. If the
    function returns a future, as coroutines of Tornado do, the span is finished when
    the future is done.

    Args:
        func: The function, if the decorator is used without arguments.
        name: Name of the span; by default that of the function.
        on_start: Called with the span and the arguments of the function before it is
            called. If it raises, that is logged.
        require_active_trace: Create no span if there is no current one.
    """
    if func is None:
        return cast(
            "Callable[[_Function], _Function]",
            functools.partial(
                traced_function,
                name=name,
                on_start=on_start,
                require_active_trace=require_active_trace,
            ),
        )
    function: Callable[..., Any] = func
    operation = name or function.__name__

    def start(*args: object, **kwargs: object) -> opentracing.Span | None:
        current = get_current_span()
        if current is None and require_active_trace:
            return None
        span = start_child_span(operation, parent=current)
        if on_start is not None:
            try:
                on_start(span, *args, **kwargs)
            except Exception:  # noqa: BLE001 - tracing must not prevent the call
                _ON_START_RAISED.warn(exc_info=True)
        return span

    @functools.wraps(function)
    def traced(*args: object, **kwargs: object) -> object:
        span = start(*args, **kwargs)
        if span is None:
            return function(*args, **kwargs)
        with _finished_if_raised(span):
            result = function(*args, **kwargs)
        if isinstance(result, Future) or asyncio.isfuture(result):
            result.add_done_callback(functools.partial(_finish_with, span))
        else:
            span.finish()
        return result

    @functools.wraps(function)
    async def traced_coroutine(*args: object, **kwargs: object) -> object:
        span = start(*args, **kwargs)
        if span is None:
            return await function(*args, **kwargs)
        with _finished_if_raised(span):
            result: object = await function(*args, **kwargs)
        span.finish()
        return result

    is_coroutine = inspect.iscoroutinefunction(function)
    return cast("_Function", traced_coroutine if is_coroutine else traced)


@contextmanager
def _finished_if_raised(span: opentracing.Span) -> Generator[None]:
    """Make *span* active; if the block raises, record that and finish the span."""
    try:
        with span_in_stack_context(span):
            yield
    except BaseException as error:
        _record(span, error)
        span.finish()
        raise


def _finish_with(span: opentracing.Span, future: Future[object]) -> None:
    error = None if future.cancelled() else future.exception()
    if error is not None:
        _record(span, error)
    span.finish()


def _record(span: opentracing.Span, error: BaseException) -> None:
    if isinstance(error, Exception):
        span.set_tag("error", "true")
        span.log_kv({"event": "exception", "payload": error})
