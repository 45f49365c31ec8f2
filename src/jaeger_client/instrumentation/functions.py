"""
The decorator `traced`: a span for each call of a function, coroutine or generator.

    @traced
    def bake(cake): ...

    @traced(operation_name="bake-cake", tags={"component": "oven"})
    async def bake(cake): ...

    @traced
    class Oven: ...  # its public methods
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial, wraps
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar, cast, overload

from jaeger_client._internal.fork import forks_wait
from jaeger_client._internal.limits import with_method
from jaeger_client._internal.shown import shown
from jaeger_client.errors import ConfigError
from jaeger_client.instrumentation._call_span import FunctionSpan, SpanOptions
from jaeger_client.instrumentation._generators import (
    trace_async_generator,
    trace_generator,
)

if TYPE_CHECKING:
    import opentracing
    from typing_extensions import ParamSpec

    P = ParamSpec("P")

T = TypeVar("T")
FunctionT = TypeVar("FunctionT", bound=Callable[..., object])

_MARK: Final = "__jaeger_traced__"
"""Attribute of a function that is traced; decorating its class changes it no more."""


class Decorator(Protocol):
    """What `traced` returns if it is called with options only."""

    def __call__(self, function: FunctionT, /) -> FunctionT:
        """Return *function*, which has the same signature, in spans."""
        ...


@overload
def traced(
    function: FunctionT,
    /,
    *,
    operation_name: str | None = ...,
    tags: Mapping[str, object] | None = ...,
    tracer: opentracing.Tracer | None = ...,
    ignore_active_span: bool = ...,
) -> FunctionT: ...


@overload
def traced(
    *,
    operation_name: str | None = ...,
    tags: Mapping[str, object] | None = ...,
    tracer: opentracing.Tracer | None = ...,
    ignore_active_span: bool = ...,
) -> Decorator: ...


def traced(
    function: FunctionT | None = None,
    /,
    *,
    operation_name: str | None = None,
    tags: Mapping[str, object] | None = None,
    tracer: opentracing.Tracer | None = None,
    ignore_active_span: bool = False,
) -> FunctionT | Decorator:
    """
    Record each call of a function as a span, which is active during the call.

    Functions, coroutine functions, generator functions, asynchronous ones and methods
    keep their kind, signature and type. Of a class, the public methods that it defines
    are traced. The span of a generator starts with its first step and is active only
    while its body runs. It ends when the body ends, or when the generator is closed or
    collected. An exception that leaves the call is recorded as OpenTracing specifies,
    by the tag `error` and a log of the exception with its traceback.

    A call never fails because of tracing. The decorated function may be called from any
    thread, task or greenlet. If a function returns an awaitable but is not a coroutine
    function, its span ends when it returns.

    Args:
        function: The function or class; without it, the result is a decorator.
        operation_name: Name of the spans; by default the qualified name of the
            function. The methods of a class have it as a prefix, as in `Oven.bake`.
        tags: Tags of each span.
        tracer: The tracer; by default OpenTracing's global tracer at each call.
        ignore_active_span: Whether each call starts a new trace.

    Raises:
        ConfigError: If an argument is of the wrong type.
    """
    _check("operation_name", operation_name, str, "text")
    _check("tags", tags, Mapping, "a mapping")
    if tracer is not None:
        with_method("tracer", tracer, "start_span")
    options = SpanOptions(
        operation_name or "",
        None if tags is None else dict(tags),
        tracer,
        ignore_active_span,
    )
    if function is None:
        return cast("Decorator", partial(_traced, options=options))
    return cast("FunctionT", _traced(function, options=options))


def _check(name: str, value: object, kind: type, expected: str) -> None:
    if value is not None and not isinstance(value, kind):
        msg = f"{name} must be {expected}, got {shown(value)}"
        raise ConfigError(msg)


def _traced(target: object, /, *, options: SpanOptions) -> object:
    """Return a function or class of any kind, traced."""
    if isinstance(target, type):
        _trace_methods(target, options)
        return target
    if isinstance(target, (staticmethod, classmethod)):
        method = cast("Any", target)
        return type(method)(_traced(method.__func__, options=options))
    if not callable(target):
        msg = (
            f"traced needs a function or a class, got {shown(target)}; "
            "a name is passed as operation_name"
        )
        raise ConfigError(msg)
    name = options.operation_name or _name_of(target)
    return _wrapped(target, options._replace(operation_name=name))


def _trace_methods(cls: type, options: SpanOptions) -> None:
    prefix = options.operation_name or _name_of(cls)
    attributes: list[tuple[str, object]] = list(vars(cls).items())
    for name, method in attributes:
        inner = getattr(method, "__func__", method)
        if (
            not name.startswith("_")
            and isinstance(method, (FunctionType, staticmethod, classmethod))
            and isinstance(inner, FunctionType)
            and not hasattr(inner, _MARK)
        ):
            named = options._replace(operation_name=f"{prefix}.{name}")
            setattr(cls, name, _traced(cast("object", method), options=named))


def _wrapped(function: Any, options: SpanOptions) -> object:  # noqa: ANN401 - of any kind
    with forks_wait():
        import inspect  # noqa: PLC0415 - 5 ms, which other users of the package save

    # The second is that of an object that can be called.
    functions = (function, type(function).__call__)
    wrapped: Callable[..., object]
    if any(map(inspect.isasyncgenfunction, functions)):
        wrapped = trace_async_generator(function, options)
    elif any(map(inspect.isgeneratorfunction, functions)):
        wrapped = trace_generator(function, options)
    elif any(map(inspect.iscoroutinefunction, functions)):
        wrapped = _trace_coroutine(function, options)
    else:
        wrapped = _trace_function(function, options)
    setattr(wrapped, _MARK, True)
    return wrapped


def _trace_function(function: Callable[P, T], options: SpanOptions) -> Callable[P, T]:
    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        with FunctionSpan(options):
            return function(*args, **kwargs)

    return call


def _trace_coroutine(
    function: Callable[P, Awaitable[T]], options: SpanOptions
) -> Callable[P, Awaitable[T]]:
    @wraps(function)
    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        with FunctionSpan(options):
            return await function(*args, **kwargs)

    return call


def _name_of(target: object) -> str:
    """Return the qualified name of a function or class, without enclosing functions."""
    while isinstance(target, partial):
        target = cast("partial[object]", target).func
    name = getattr(target, "__qualname__", None) or type(target).__qualname__
    return str(name).rpartition("<locals>.")[2]
