"""
Wrappers of generator functions.

They are generator functions themselves, because frameworks check that: FastAPI's
dependencies and pytest's fixtures, for example. Each passes on to the original
generator what it receives by `send`, `throw` and `close` (PEP 342, PEP 525), with the
span active. `close` is `throw(GeneratorExit)`.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Callable, Generator
from functools import wraps
from types import coroutine
from typing import TYPE_CHECKING, Final, TypeVar, cast

from jaeger_client.instrumentation._call_span import GeneratorSpan, SpanOptions

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from typing_extensions import ParamSpec

    P = ParamSpec("P")

YieldT = TypeVar("YieldT")
SendT = TypeVar("SendT")
ReturnT = TypeVar("ReturnT")

_CO_ITERABLE_COROUTINE: Final = 0x100
"""Flag of a generator function that `types.coroutine` has made awaitable."""


def trace_generator(
    function: Callable[P, Generator[YieldT, SendT, ReturnT]], options: SpanOptions
) -> Callable[P, Generator[YieldT, SendT, ReturnT]]:
    """Return a generator function that calls *function* in a span."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> Generator[YieldT, SendT, ReturnT]:
        with GeneratorSpan(options) as span:
            generator = function(*args, **kwargs)
            send, throw = generator.send, generator.throw
            sent: SendT | None = None
            thrown: BaseException | None = None
            try:
                while True:
                    with span.step:
                        value = send(sent) if thrown is None else throw(thrown)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # the first is None
                    sent = thrown = None
                    try:
                        sent = yield value
                    except BaseException as error:  # noqa: BLE001 - for the generator
                        thrown = _as_thrown(error)
                    # The body may need the memory.
                    del value
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # of the generator

    flags = getattr(getattr(function, "__code__", None), "co_flags", 0)
    if flags & _CO_ITERABLE_COROUTINE:
        # It stays a generator function, and what it returns is awaitable, too.
        return cast("Callable[P, Generator[YieldT, SendT, ReturnT]]", coroutine(call))
    return call


def trace_async_generator(
    function: Callable[P, AsyncGenerator[YieldT, SendT]], options: SpanOptions
) -> Callable[P, AsyncGenerator[YieldT, SendT]]:
    """Return an asynchronous generator function that calls *function* in a span."""

    @wraps(function)
    async def call(*args: P.args, **kwargs: P.kwargs) -> AsyncGenerator[YieldT, SendT]:
        with GeneratorSpan(options) as span:
            generator = function(*args, **kwargs)
            step: Awaitable[YieldT] = _first_step(generator)
            try:
                while True:
                    with span.step:
                        value = await step
                    del step
                    try:
                        step = generator.asend((yield value))
                    except BaseException as error:  # noqa: BLE001 - as above
                        step = generator.athrow(_as_thrown(error))
                    del value  # as above
            except StopAsyncIteration:
                return

    return call


def _as_thrown(error: BaseException) -> BaseException:
    """
    Return *error* with the traceback that it had when it was thrown.

    This removes the frame of the wrapper, which refers to the error: the two would not
    be freed without a garbage collection.
    """
    traceback = error.__traceback__
    return error.with_traceback(None if traceback is None else traceback.tb_next)


def _first_step(generator: AsyncGenerator[YieldT, SendT]) -> Awaitable[YieldT]:
    """
    Return the first step of *generator*, hidden from the event loop.

    Event loops close generators that are open at their end, or are collected. They know
    the wrapper, which closes the original; if they closed both at the same time, one of
    the two would raise "asynchronous generator is already running".
    """
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, _leave_open)
    try:
        return generator.asend(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # the first is None
    finally:
        sys.set_asyncgen_hooks(*hooks)


def _leave_open(_generator: object) -> None:
    """Do nothing: if the wrapper was not closed, neither would the original be."""
