"""Spans of functions."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator
from concurrent.futures import Future

import pytest

from jaeger_client.instrumentation.legacy import utils
from jaeger_client.instrumentation.legacy.local_span import func_span, traced_function
from jaeger_client.instrumentation.legacy.request_context import RequestContextManager
from jaeger_client.span import Span
from jaeger_client.testing import MemoryTracer
from tests.unit.instrumentation.legacy.conftest import (
    current_name,
    names_of,
    parent_of,
    tags_of,
)
from tests.unit.spans import fields_of


@traced_function
def bake(kind: str) -> str | None:
    """Bake a cake."""
    return current_name()


@traced_function
async def bake_async(*, fails: bool) -> str | None:
    """Bake a cake, and wait for it."""
    await asyncio.sleep(0)
    if fails:
        msg = "no flour"
        raise ValueError(msg)
    return current_name()


def test_a_function_has_an_active_span(tracer: MemoryTracer) -> None:
    """It is a child of the current span."""
    with tracer.start_active_span("root"):
        assert "bake" == bake("tart")

    assert ["bake", "root"] == names_of(tracer)
    assert "root" == parent_of(tracer.spans[0], tracer)
    assert ("bake", "Bake a cake.") == (bake.__name__, bake.__doc__)


def test_an_exception_is_recorded_as_3_3_1_recorded_it(tracer: MemoryTracer) -> None:
    """The tag is text; the log has the event and the message."""

    @traced_function
    def burn() -> None:
        msg = "too hot"
        raise ValueError(msg)

    with pytest.raises(ValueError, match="too hot"):
        burn()

    (span,) = tracer.spans
    assert {"error": "true"} == tags_of(span)
    fields = {"event": "exception", "payload": "too hot"}
    assert [fields] == [fields_of(log) for log in span.logs]


def test_an_interrupt_finishes_the_span(tracer: MemoryTracer) -> None:
    """It is not an error of the function."""

    @traced_function
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert [{}] == [tags_of(span) for span in tracer.spans]


def test_the_span_of_a_coroutine_lasts_as_long_as_its_body(
    tracer: MemoryTracer,
) -> None:
    """It is active in the body, but not in the caller."""

    async def run() -> list[object]:
        coroutine = bake_async(fails=False)
        before = names_of(tracer)
        return [before, await coroutine, current_name(), names_of(tracer)]

    assert [[], "bake_async", None, ["bake_async"]] == asyncio.run(run())
    assert inspect.iscoroutinefunction(bake_async)


def test_concurrent_coroutines_are_siblings(tracer: MemoryTracer) -> None:
    """Each is a child of the span that was active when its task was created."""

    async def run() -> None:
        with tracer.start_active_span("root"):
            await asyncio.gather(bake_async(fails=False), bake_async(fails=False))

    asyncio.run(run())

    assert ["root", "root", None] == [parent_of(span, tracer) for span in tracer.spans]


def test_an_exception_of_a_coroutine_is_recorded(tracer: MemoryTracer) -> None:
    """As that of a function."""
    with pytest.raises(ValueError, match="no flour"):
        asyncio.run(bake_async(fails=True))

    assert [{"error": "true"}] == [tags_of(span) for span in tracer.spans]


def test_a_cancelled_coroutine_finishes_its_span(tracer: MemoryTracer) -> None:
    """Cancellation is no error."""

    @traced_function
    async def wait() -> None:
        await asyncio.Event().wait()

    async def run() -> None:
        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())

    assert [{}] == [tags_of(span) for span in tracer.spans]


@pytest.mark.parametrize(
    ("method", "arguments", "tags"),
    [
        ("set_result", [1], {}),
        ("set_exception", [ValueError("burnt")], {"error": "true"}),
        ("cancel", [], {}),
    ],
)
def test_a_future_finishes_the_span_when_it_is_done(
    tracer: MemoryTracer, method: str, arguments: list[object], tags: dict[str, str]
) -> None:
    """So do the coroutines of Tornado, which return futures."""
    future: Future[int] = Future()

    @traced_function
    def submit() -> Future[int]:
        return future

    assert submit() is future
    assert [] == tracer.spans
    getattr(future, method)(*arguments)
    assert [tags] == [tags_of(span) for span in tracer.spans]


def test_an_asynchronous_generator_is_passed_on(tracer: MemoryTracer) -> None:
    """Its span covers its creation only, as in 3.3.1."""

    @traced_function
    async def cakes() -> AsyncGenerator[int]:
        yield 1

    async def run() -> list[int]:
        return [cake async for cake in cakes()]

    assert [1] == asyncio.run(run())
    assert ["cakes"] == names_of(tracer)


def test_on_start_sets_tags_from_the_arguments(tracer: MemoryTracer) -> None:
    """It is called with the span and the arguments."""

    def set_tag(span: Span, kind: str, *, size: str) -> None:
        span.set_tag("cake", f"{size} {kind}")

    @traced_function(name="named", on_start=set_tag)
    def make(kind: str, *, size: str) -> str:
        return kind

    assert "tart" == make("tart", size="big")
    assert [("named", {"cake": "big tart"})] == [
        (span.operation_name, tags_of(span)) for span in tracer.spans
    ]


def test_an_on_start_that_raises_is_logged(
    tracer: MemoryTracer, caplog: pytest.LogCaptureFixture
) -> None:
    """The function is called all the same."""

    @traced_function(on_start=lambda: None)
    def make(kind: str) -> str:
        return kind

    assert "tart" == make("tart")
    assert "on_start of traced_function raised" in caplog.text
    assert ["make"] == names_of(tracer)


def test_a_span_can_require_a_trace(tracer: MemoryTracer) -> None:
    """Without a current span there is none; a request context provides one."""

    @traced_function(require_active_trace=True)
    def make() -> str | None:
        return current_name()

    @traced_function(require_active_trace=True)
    async def make_async() -> str | None:
        return current_name()

    assert make() is None
    assert asyncio.run(make_async()) is None
    with func_span("inside", require_active_trace=True) as nothing:
        assert nothing is None
    assert [] == tracer.spans
    with RequestContextManager(span=tracer.start_span("root")):
        # The request context is preferred to the active span, as in 3.3.1.
        assert "root" == make()
    assert ["make"] == names_of(tracer)


def test_a_block_has_a_span_that_is_not_active(tracer: MemoryTracer) -> None:
    """Its name is text, or that of a function."""
    with func_span("text", tags={"kind": "tart"}) as span, func_span(bake):
        assert span is not None
        assert current_name() is None

    assert ["bake", "text"] == names_of(tracer)
    assert {"kind": "tart"} == tags_of(tracer.spans[1])


def test_a_child_of_a_span_or_of_its_context(tracer: MemoryTracer) -> None:
    """The parent and the tracer may be passed."""
    parent = tracer.start_span("parent")

    for given in (parent, parent.context):
        utils.start_child_span("child", tracer, given, {"a": 1}).finish()

    assert [parent.span_id] * 2 == [span.parent_id for span in tracer.spans]
