"""The span of a call, with tracers and scope managers of any kind."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Generator, Iterator
from contextvars import Context, copy_context
from typing import Any

import opentracing
import pytest
from opentracing.mocktracer import MockTracer
from opentracing.scope_managers import ThreadLocalScopeManager

from jaeger_client import ConstSampler, Tracer
from jaeger_client.instrumentation import traced
from jaeger_client.reporter import InMemoryReporter
from jaeger_client.span import Span
from jaeger_client.testing import MemoryTracer, memory_tracer


@pytest.fixture
def tracer() -> Iterator[MemoryTracer]:
    """Return the global tracer."""
    with memory_tracer(set_global=True) as tracer:
        yield tracer


def names(tracer: MemoryTracer) -> list[str]:
    """Return the names of the finished spans, in their order."""
    return [span.operation_name for span in tracer.spans]


@pytest.mark.parametrize("broken", ["start_span", "activate", "close", "finish"])
@pytest.mark.parametrize("fails", [False, True])
def test_a_tracer_that_raises(
    broken: str, fails: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """The call goes on, and the failure is logged."""
    tracer: Any = broken_tracer(broken)

    @traced(tracer=tracer, operation_name="sell")
    def sell() -> int:
        if fails:
            raise KeyError
        return 5

    if fails:
        with pytest.raises(KeyError):
            sell()
    else:
        assert 5 == sell()
    assert "sell" in caplog.text
    assert "out of order" in caplog.text


def broken_tracer(broken: str) -> opentracing.Tracer:
    """Return a tracer of OpenTracing, one part of which raises."""

    def fail(*_args: object, **_options: object) -> None:
        msg = "out of order"
        raise RuntimeError(msg)

    manager = opentracing.ScopeManager()
    tracer = opentracing.Tracer(manager)
    owners: dict[str, object] = {
        "start_span": tracer,
        "activate": manager,
        "close": manager.active,
        "finish": tracer._noop_span,  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportAttributeAccessIssue]
    }
    setattr(owners[broken], broken, fail)
    return tracer


def test_a_span_of_another_tracer_has_the_error() -> None:
    """Of OpenTracing's mock tracer, with its scope manager."""
    tracer: Any = MockTracer(ThreadLocalScopeManager())

    @traced(tracer=tracer)
    def burn() -> None:
        msg = "burnt"
        raise ValueError(msg)

    with pytest.raises(ValueError, match="burnt"):
        burn()

    (span,) = tracer.finished_spans()
    assert span.tags["error"] is True
    assert "burnt" == span.logs[0].key_values["message"]
    assert tracer.active_span is None


def test_spans_of_another_tracer_share_no_tags() -> None:
    """OpenTracing's mock tracer adds a span's later tags to the dict that it got."""
    tracer: Any = MockTracer(ThreadLocalScopeManager())

    @traced(tracer=tracer, tags={"component": "oven"})
    def bake(cake: str) -> None:
        tracer.active_span.set_tag(cake, True)

    bake("apple")
    bake("plum")

    assert [
        {"component": "oven", "apple": True},
        {"component": "oven", "plum": True},
    ] == [span.tags for span in tracer.finished_spans()]


def test_a_scope_manager_of_another_library() -> None:
    """Its scopes are activated and closed."""
    reporter = InMemoryReporter()
    tracer = Tracer(
        "bakery",
        reporter,
        ConstSampler(decision=True),
        scope_manager=ThreadLocalScopeManager(),
    )

    @traced(tracer=tracer)
    def bake() -> object:
        return tracer.active_span

    assert isinstance(bake(), Span)
    assert tracer.active_span is None
    assert ["bake"] == [
        span.operation_name.rpartition(".")[2] for span in reporter.get_spans()
    ]


def test_a_scope_that_a_function_leaves_open(tracer: MemoryTracer) -> None:
    """It stays active; after it, the caller's span is active, not the function's."""

    @traced
    def begin() -> Any:
        return tracer.start_active_span("request")

    with tracer.start_active_span("caller") as caller:
        scope = begin()
        assert scope.span is tracer.active_span
        assert "begin" == names(tracer)[0].rpartition(".")[2]
        scope.close()
        assert caller.span is tracer.active_span


def test_several_scopes_that_a_function_leaves_open(tracer: MemoryTracer) -> None:
    """They are closed in turn, and the caller's span is active again."""

    @traced
    def begin() -> list[Any]:
        return [tracer.start_active_span("outer"), tracer.start_active_span("inner")]

    with tracer.start_active_span("caller") as caller:
        outer, inner = begin()
        inner.close()
        assert outer.span is tracer.active_span
        outer.close()
        assert caller.span is tracer.active_span


def test_a_coroutine_that_ends_in_another_context(tracer: MemoryTracer) -> None:
    """As one that is closed by the garbage collector: its span is finished."""

    class Once:
        def __await__(self) -> Generator[None]:
            yield

    @traced
    async def wait() -> None:
        await Once()

    coroutine = wait()
    copy_context().run(coroutine.send, None)
    with tracer.start_active_span("caller") as caller:
        coroutine.close()
        assert 1 == len(tracer.spans)
        assert caller.span is tracer.active_span


def test_a_scope_that_a_function_closes_too_much(tracer: MemoryTracer) -> None:
    """The span is finished all the same."""

    @traced
    def close() -> None:
        scope = tracer.scope_manager.active
        assert scope is not None
        scope.close()

    close()

    assert ["close"] == [name.rpartition(".")[2] for name in names(tracer)]
    assert tracer.active_span is None


@pytest.mark.parametrize("broken", ["start_span", "activate", "close", "finish"])
def test_a_tracer_that_raises_for_a_generator(
    broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The generator goes on, and the failure is logged."""

    @traced(tracer=broken_tracer(broken), operation_name="count")
    def count() -> Iterator[int]:
        yield 1
        yield 2

    assert [1, 2] == list(count())
    assert "count" in caplog.text
    assert "out of order" in caplog.text


def test_the_error_of_a_span_that_raises(caplog: pytest.LogCaptureFixture) -> None:
    """The application's error is raised, that of the span logged."""

    class Broken(opentracing.Span):  # type: ignore[misc]  # untyped base
        """A span that takes no tags."""

        def set_tag(self, key: str, value: object) -> Broken:
            msg = "out of order"
            raise RuntimeError(msg)

    class BrokenTracer(opentracing.Tracer):  # type: ignore[misc]  # untyped base
        """A tracer of such spans."""

        def start_span(self, *_args: object, **_options: object) -> Broken:
            return Broken(self, opentracing.SpanContext())

    @traced(tracer=BrokenTracer())
    def fail() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert "out of order" in caplog.text


def test_a_generator_with_the_scope_manager_of_another_library() -> None:
    """Each step activates its span and deactivates it."""
    tracer = Tracer(
        "bakery",
        InMemoryReporter(),
        ConstSampler(decision=True),
        scope_manager=ThreadLocalScopeManager(),
    )

    @traced(tracer=tracer)
    def active_spans() -> Iterator[object]:
        yield tracer.active_span
        yield tracer.active_span

    first = active_spans()
    span = next(first)
    assert isinstance(span, Span)
    assert tracer.active_span is None
    assert [span] == list(first)
    assert tracer.active_span is None
    assert span.finished


def test_a_body_that_waits_for_ever() -> None:
    """Its scope, of another library's scope manager, is closed when it is collected."""
    tracer = Tracer(
        "bakery",
        InMemoryReporter(),
        ConstSampler(decision=True),
        scope_manager=ThreadLocalScopeManager(),
    )

    class Forever:
        def __await__(self) -> Generator[None]:
            yield

    @traced(tracer=tracer)
    async def wait() -> AsyncIterator[int]:
        await Forever()
        yield 1

    generator: Any = wait()
    step = generator.__anext__()
    step.send(None)
    assert tracer.active_span is not None
    del generator, step
    gc.collect()

    assert tracer.active_span is None


def test_functions_that_leave_scopes_open(tracer: MemoryTracer) -> None:
    """In contexts that follow one another; none keeps all earlier ones alive."""

    @traced
    def begin() -> Context:
        context = copy_context()
        tracer.start_active_span("request")
        return context

    context = copy_context()
    for _ in range(50):
        context = context.run(begin)
    scopes: list[object] = []
    scope: Any = context.run(lambda: tracer.scope_manager.active)
    while scope is not None:
        scopes.append(scope)
        scope = scope.previous

    assert 2 >= len(scopes)
