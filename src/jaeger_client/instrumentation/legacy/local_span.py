"""Spans of functions and blocks of code."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast, overload

from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client.instrumentation.legacy.request_context import (
    get_current_span,
    span_in_stack_context,
)
from jaeger_client.instrumentation.legacy.utils import start_child_span

if TYPE_CHECKING:
    import opentracing

__all__ = ["func_span", "traced_function"]

_Function = TypeVar("_Function", bound=Callable[..., object])

_Result: TypeAlias = Any
"""What a function of the application takes or returns."""

_ON_START_RAISED = RateLimitedWarning(
    "on_start of traced_function raised; the function is called anyway"
)


def func_span(
    func: Callable[..., object] | str,
    tags: dict[str, object] | None = None,
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
    require_active_trace: bool = False,  # noqa: FBT001, FBT002 - the signature of 3.3
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
        decorator = functools.partial(
            traced_function,
            name=name,
            on_start=on_start,
            require_active_trace=require_active_trace,
        )
        return cast("Callable[[_Function], _Function]", decorator)
    operation = name or str(getattr(func, "__name__", type(func).__name__))
    calls = _Calls(operation, on_start, require_active_trace)
    is_coroutine = inspect.iscoroutinefunction(func)
    traced = _traced_coroutine if is_coroutine else _traced
    return cast("_Function", traced(func, calls))


@dataclass(frozen=True, slots=True)
class _Calls:
    """Creates the spans of the calls of one function."""

    name: str
    on_start: Callable[..., object] | None
    require_active_trace: bool

    def start(self, args: _Result, kwargs: _Result) -> opentracing.Span | None:
        current = get_current_span()
        if current is None and self.require_active_trace:
            return None
        span = start_child_span(self.name, parent=current)
        if self.on_start is not None:
            try:
                self.on_start(span, *args, **kwargs)
            except Exception:  # noqa: BLE001 - tracing must not prevent the call
                _ON_START_RAISED.warn(exc_info=True)
        return span


def _traced(function: Callable[..., _Result], calls: _Calls) -> _Result:
    @functools.wraps(function)
    def traced(*args: object, **kwargs: object) -> _Result:
        span = calls.start(args, kwargs)
        if span is None:
            return function(*args, **kwargs)
        with _finished_if_raised(span):
            result = function(*args, **kwargs)
        if _is_future(result):
            result.add_done_callback(functools.partial(_finish_with, span))
        else:
            span.finish()
        return result

    return traced


def _traced_coroutine(function: Callable[..., _Result], calls: _Calls) -> _Result:
    @functools.wraps(function)
    async def traced(*args: object, **kwargs: object) -> _Result:
        span = calls.start(args, kwargs)
        if span is None:
            return await function(*args, **kwargs)
        with _finished_if_raised(span):
            result = await function(*args, **kwargs)
        span.finish()
        return result

    return traced


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


def _is_future(value: object) -> bool:
    return asyncio.isfuture(value) or isinstance(value, Future)


def _finish_with(span: opentracing.Span, future: Future[_Result]) -> None:
    error = None if future.cancelled() else future.exception()
    if error is not None:
        _record(span, error)
    span.finish()


def _record(span: opentracing.Span, error: BaseException) -> None:
    if isinstance(error, Exception):
        span.set_tag("error", "true")
        span.log_kv({"event": "exception", "payload": error})
