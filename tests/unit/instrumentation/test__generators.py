"""`traced` generators: active while the body runs, ended when it ends."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import sys
import threading
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextvars import Context, ContextVar, copy_context
from types import coroutine
from typing import Any, TypeVar

import pytest

from jaeger_client.instrumentation import traced
from jaeger_client.testing import MemoryTracer, memory_tracer
from tests.unit.spans import pairs_of

T = TypeVar("T")
VARIABLE: ContextVar[str] = ContextVar("variable", default="")


@pytest.fixture
def tracer() -> Iterator[MemoryTracer]:
    """Return the global tracer."""
    with memory_tracer(set_global=True) as tracer:
        yield tracer


def active(tracer: MemoryTracer) -> str | None:
    """Return the name of the active span."""
    span = tracer.active_span
    return None if span is None else span.operation_name


def names(tracer: MemoryTracer) -> list[str]:
    """Return the names of the finished spans, in their order."""
    return [span.operation_name for span in tracer.spans]


def errors(tracer: MemoryTracer) -> list[bool]:
    """Return whether each finished span has an error."""
    return [("error", True) in pairs_of(span) for span in tracer.spans]


class Body:
    """Generators that record what happens in them."""

    def __init__(self, tracer: MemoryTracer) -> None:
        self.tracer = tracer
        self.seen: list[object] = []

    @traced(operation_name="body")
    def echo(self) -> Generator[str | None, object, str]:
        """Yield the active span, until something else than `None` is sent."""
        try:
            while True:
                sent = yield active(self.tracer)
                self.seen.append((sent, active(self.tracer)))
                if sent is not None:
                    return "result"
        except ValueError as error:
            self.seen.append((str(error), active(self.tracer)))
            yield "caught"
            return "handled"
        finally:
            self.seen.append(("end", active(self.tracer)))

    @traced(operation_name="body")
    async def aecho(self) -> AsyncGenerator[str | None, object]:
        """Do the same."""
        try:
            while True:
                await asyncio.sleep(0)
                sent = yield active(self.tracer)
                self.seen.append((sent, active(self.tracer)))
                if sent is not None:
                    return
        except ValueError as error:
            self.seen.append((str(error), active(self.tracer)))
            yield "caught"
        finally:
            await asyncio.sleep(0)
            self.seen.append(("end", active(self.tracer)))


@pytest.fixture
def body(tracer: MemoryTracer) -> Body:
    """Return the generators."""
    return Body(tracer)


# Generators


def test_the_kind_and_the_name_stay() -> None:
    """Frameworks recognise generator functions."""
    assert inspect.isgeneratorfunction(Body.echo)
    assert inspect.isasyncgenfunction(Body.aecho)
    assert ("echo", "aecho") == (Body.echo.__name__, Body.aecho.__name__)


def test_the_span_is_active_only_in_the_body(tracer: MemoryTracer, body: Body) -> None:
    """Between the steps, the active span is that of the caller at that time."""
    generator = body.echo()
    with tracer.start_active_span("first"):
        assert "body" == next(generator)
        assert "first" == active(tracer)
    with tracer.start_active_span("second"):
        assert "body" == next(generator)
        assert "second" == active(tracer)
    assert active(tracer) is None
    with pytest.raises(StopIteration) as end:
        generator.send("stop")

    assert "result" == end.value.value
    assert [(None, "body"), ("stop", "body"), ("end", "body")] == body.seen
    assert ["first", "second", "body"] == names(tracer)
    assert tracer.spans[0].span_id == tracer.spans[2].parent_id
    assert active(tracer) is None


def test_without_a_step_there_is_no_span(tracer: MemoryTracer, body: Body) -> None:
    """The body never begins."""
    body.echo().close()
    del body

    assert [] == tracer.spans


def test_a_generator_that_is_closed(tracer: MemoryTracer, body: Body) -> None:
    """Its body ends in its span, which has no error."""
    generator = body.echo()
    next(generator)
    generator.close()

    assert [("end", "body")] == body.seen
    assert [False] == errors(tracer)
    assert [] == list(generator)


def test_a_generator_that_is_collected(tracer: MemoryTracer, body: Body) -> None:
    """It is closed."""
    generator = body.echo()
    next(generator)
    del generator
    gc.collect()

    assert [("end", "body")] == body.seen
    assert [False] == errors(tracer)


def test_an_error_that_the_body_handles(tracer: MemoryTracer, body: Body) -> None:
    """It is thrown in the span, and is no error of it."""
    generator = body.echo()
    next(generator)
    assert "caught" == generator.throw(ValueError("thrown"))
    with pytest.raises(StopIteration) as end:
        next(generator)

    assert "handled" == end.value.value
    assert [("thrown", "body"), ("end", "body")] == body.seen
    assert [False] == errors(tracer)


def test_an_error_that_the_body_does_not_handle(
    tracer: MemoryTracer, body: Body
) -> None:
    """The same error is raised, and recorded."""
    error = KeyError("thrown")
    generator = body.echo()
    next(generator)
    with pytest.raises(KeyError) as caught:
        generator.throw(error)

    assert caught.value is error
    assert [True] == errors(tracer)


def test_a_body_that_goes_on_after_close(tracer: MemoryTracer) -> None:
    """It is the error that Python raises for any generator."""

    @traced
    def stubborn() -> Iterator[int]:
        while True:
            with contextlib.suppress(GeneratorExit):
                yield 1

    generator: Any = stubborn()
    next(generator)
    with pytest.raises(RuntimeError, match="ignored GeneratorExit"):
        generator.close()
    with pytest.raises(KeyError):
        generator.throw(KeyError)


def test_a_value_returned_after_close(tracer: MemoryTracer) -> None:
    """It is the result of `close` from Python 3.13 on."""

    def plain() -> Generator[int, None, str]:
        try:
            yield 1
        except GeneratorExit:
            return "closed"
        return "ended"

    def close(generator: Any) -> object:
        next(generator)
        return generator.close()

    assert close(plain()) == close(traced(plain)())
    assert ("closed" if sys.version_info >= (3, 13) else None) == close(traced(plain)())


def test_an_error_of_the_body(tracer: MemoryTracer) -> None:
    """StopIteration in the body is a RuntimeError, as in any generator."""

    @traced
    def broken() -> Iterator[int]:
        yield next(iter(()))

    with pytest.raises(RuntimeError, match="raised StopIteration"):
        list(broken())
    assert [True] == errors(tracer)


def test_a_thrown_error_is_not_kept(tracer: MemoryTracer) -> None:
    """It is freed when the body has handled it, without a garbage collection."""
    freed: list[object] = []

    class NotedError(ValueError):
        """Notes that it is freed."""

        def __del__(self) -> None:
            freed.append(type(self))

    @traced
    def forgiving() -> Iterator[int]:
        with contextlib.suppress(ValueError):
            yield 1
        yield 2

    generator: Any = forgiving()
    gc.disable()
    try:
        next(generator)
        assert 2 == generator.throw(NotedError())
        assert [NotedError] == freed
    finally:
        gc.enable()


class Row:
    """A value to refer to weakly."""


def test_a_yielded_value_is_not_kept(tracer: MemoryTracer) -> None:
    """When the body goes on, it is freed, if the caller has dropped it."""
    freed: list[bool] = []

    @traced
    def rows() -> Iterator[Row]:
        row = Row()
        reference = weakref.ref(row)
        yield (row, row := Row())[0]  # only the caller has the first one
        freed.append(reference() is None)

    for row in rows():
        del row

    assert [True] == freed


def test_delegation(tracer: MemoryTracer, body: Body) -> None:
    """`yield from` passes all of it on."""

    def outer() -> Generator[str | None, object, str]:
        result = yield from body.echo()
        return f"outer {result}"

    generator = outer()
    next(generator)
    with pytest.raises(StopIteration) as end:
        generator.send("stop")

    assert "outer result" == end.value.value


def test_a_span_that_is_open_while_the_body_waits(tracer: MemoryTracer) -> None:
    """It is active in the body only, and not in the code that iterates."""

    @traced(operation_name="body")
    def rows() -> Iterator[str | None]:
        with tracer.start_active_span("query"):
            yield active(tracer)
            yield active(tracer)
        yield active(tracer)

    found = [(row, active(tracer)) for row in rows()]

    assert [("query", None), ("query", None), ("body", None)] == found
    query, body = tracer.spans
    assert body.span_id == query.parent_id


def test_two_generators_in_turn(tracer: MemoryTracer) -> None:
    """Each has its own active span."""

    @traced
    def rows(name: str) -> Iterator[str | None]:
        with tracer.start_active_span(name):
            yield active(tracer)
            yield active(tracer)

    assert [("a", "b"), ("a", "b")] == list(zip(rows("a"), rows("b"), strict=True))
    parents = {span.parent_id for span in tracer.spans if span.operation_name in "ab"}
    assert 2 == len(parents)


def test_other_context_variables_are_the_callers(tracer: MemoryTracer) -> None:
    """The body sees what the caller sets, and the other way round, as undecorated."""

    @traced
    def body() -> Iterator[str]:
        yield VARIABLE.get()
        VARIABLE.set("by the body")
        yield ""

    generator = body()
    VARIABLE.set("by the caller")
    assert "by the caller" == next(generator)
    next(generator)
    assert "by the body" == VARIABLE.get()


def test_generators_that_follow_one_another(tracer: MemoryTracer) -> None:
    """Each runs in a context of the previous one; none keeps all earlier ones alive."""

    @traced
    def body() -> Iterator[Context]:
        yield copy_context()

    context = copy_context()
    for _ in range(50):
        (context,) = context.run(list, body())
    scopes: list[object] = []
    scope: Any = context.run(lambda: tracer.scope_manager.active)
    while scope is not None:
        scopes.append(scope)
        scope = scope.previous

    assert 2 >= len(scopes)


def test_steps_on_different_threads(tracer: MemoryTracer, body: Body) -> None:
    """As a server runs the body of a response."""
    generator = body.echo()
    found: list[object] = []

    def step() -> None:
        found.append((next(generator), active(tracer)))

    for _ in range(3):
        thread = threading.Thread(target=step)
        thread.start()
        thread.join()

    assert [("body", None)] * 3 == found
    generator.close()
    assert ["body"] == names(tracer)


def test_a_generator_that_can_be_awaited(tracer: MemoryTracer) -> None:
    """`types.coroutine` makes generators that can."""

    @traced(operation_name="body")
    @coroutine
    def steps() -> Generator[None, None, str]:
        yield
        return "result"

    async def main() -> str:
        return await steps()

    assert "result" == asyncio.run(main())
    assert ["body"] == names(tracer)


# Asynchronous generators


def test_the_span_is_active_only_in_an_asynchronous_body(
    tracer: MemoryTracer, body: Body
) -> None:
    """Whichever task makes the step."""

    async def step(generator: AsyncGenerator[str | None, object]) -> object:
        return await generator.__anext__(), active(tracer)

    async def main() -> None:
        generator = body.aecho()
        with tracer.start_active_span("first"):
            assert "body" == await generator.__anext__()
            assert "first" == active(tracer)
        assert ("body", None) == await asyncio.ensure_future(step(generator))
        with pytest.raises(StopAsyncIteration):
            await generator.asend("stop")

    asyncio.run(main())

    assert [(None, "body"), ("stop", "body"), ("end", "body")] == body.seen
    assert ["first", "body"] == names(tracer)
    assert [False, False] == errors(tracer)


def test_an_asynchronous_generator_that_is_closed(
    tracer: MemoryTracer, body: Body
) -> None:
    """Its body ends in its span."""

    async def main() -> None:
        generator = body.aecho()
        await generator.__anext__()
        await generator.aclose()
        assert [] == [each async for each in generator]

    asyncio.run(main())

    assert [("end", "body")] == body.seen
    assert [False] == errors(tracer)


def test_an_error_thrown_into_an_asynchronous_body(
    tracer: MemoryTracer, body: Body
) -> None:
    """The body handles one, and does not handle the other, which is recorded."""
    error = KeyError("thrown")

    async def main() -> None:
        generator = body.aecho()
        await generator.__anext__()
        assert "caught" == await generator.athrow(ValueError("thrown"))
        with pytest.raises(KeyError) as caught:
            await generator.athrow(error)
        assert caught.value is error

    asyncio.run(main())

    assert [("thrown", "body"), ("end", "body")] == body.seen
    assert [True] == errors(tracer)


def test_an_asynchronous_generator_that_is_collected(
    tracer: MemoryTracer, body: Body
) -> None:
    """The event loop closes it once."""
    unusual: list[object] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: unusual.append(context))
        generator: Any = body.aecho()
        await generator.__anext__()
        del generator
        gc.collect()
        while not tracer.spans:  # noqa: ASYNC110 - a tracer has no event
            await asyncio.sleep(0)

    asyncio.run(main())

    assert [("end", "body")] == body.seen
    assert [False] == errors(tracer)
    assert [] == unusual


def test_the_end_of_the_event_loop(tracer: MemoryTracer, body: Body) -> None:
    """It closes what is open, once, though the body waits meanwhile."""
    unusual: list[object] = []
    left: list[AsyncIterator[object]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: unusual.append(context))
        left.append(body.aecho())
        await left[0].__anext__()

    asyncio.run(main())

    assert [("end", "body")] == body.seen
    assert [False] == errors(tracer)
    assert [] == unusual


def test_an_asynchronous_generator_that_outlives_its_loop(
    tracer: MemoryTracer, body: Body
) -> None:
    """Its span ends when it is collected. Its body does not end, as without a span."""
    generators: list[Any] = [body.aecho()]

    async def main() -> None:
        await generators[0].__anext__()

    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.close()
    generators.clear()
    gc.collect()

    assert ["body"] == names(tracer)
    assert [] == body.seen
    assert active(tracer) is None


def test_an_asynchronous_generator_without_a_loop(
    tracer: MemoryTracer, body: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its body cannot wait when it is collected; the span ends and is not active."""
    ignored: list[object] = []

    def ignore(error: Any) -> None:
        ignored.append(error.exc_type)

    monkeypatch.setattr(sys, "unraisablehook", ignore)
    generator: Any = body.aecho()
    step = generator.__anext__()
    step.send(None)  # asyncio.sleep(0)
    with pytest.raises(StopIteration):
        step.send(None)
    del generator, step
    gc.collect()

    assert ["body"] == names(tracer)
    assert active(tracer) is None
    assert [RuntimeError] == ignored  # "ignored GeneratorExit"


def test_an_asynchronous_span_that_is_open_while_the_body_waits(
    tracer: MemoryTracer,
) -> None:
    """It is active in the body only, and not in the code that iterates."""

    @traced(operation_name="body")
    async def rows() -> AsyncIterator[str | None]:
        with tracer.start_active_span("query"):
            await asyncio.sleep(0)
            yield active(tracer)
            await asyncio.sleep(0)
            yield active(tracer)

    async def main() -> list[object]:
        return [(row, active(tracer)) async for row in rows()]

    assert [("query", None), ("query", None)] == asyncio.run(main())
    query, body = tracer.spans
    assert body.span_id == query.parent_id
