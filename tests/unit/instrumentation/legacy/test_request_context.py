"""The current span, in threads, tasks and callbacks."""

from __future__ import annotations

import asyncio
import threading

import pytest

from jaeger_client.instrumentation.legacy.request_context import (
    RequestContext,
    RequestContextManager,
    ThreadSafeStackContext,
    get_current_span,
    span_in_context,
    span_in_stack_context,
)
from jaeger_client.instrumentation.legacy.tornado_scopes import (
    TornadoScopeManager,
    tracer_stack_context,
)
from jaeger_client.reporter import NullReporter
from jaeger_client.sampler import ConstSampler
from jaeger_client.testing import MemoryTracer
from jaeger_client.tracer import Tracer
from tests.unit.instrumentation.legacy.conftest import current_name


def test_there_is_no_current_span_by_default(tracer: MemoryTracer) -> None:
    """A block without one changes nothing."""
    with span_in_context(None):
        assert get_current_span() is None


def test_a_span_is_active_in_its_context_and_not_finished(tracer: MemoryTracer) -> None:
    """The scope ends, the span goes on."""
    span = tracer.start_span("bake")

    with span_in_context(span) as scope:
        assert span is scope.span is tracer.active_span is get_current_span()

    assert get_current_span() is None
    assert not span.finished


def test_no_span_changes_nothing(tracer: MemoryTracer) -> None:
    """`None` is accepted, as in 3.3."""
    with tracer.start_active_span("bake"):
        with span_in_context(None):
            assert "bake" == current_name()
        with span_in_stack_context(None):
            assert "bake" == current_name()


def test_a_request_context_is_preferred_to_the_active_span(
    tracer: MemoryTracer,
) -> None:
    """It is not the tracer's active span itself, and nests."""
    first, second = tracer.start_span("first"), tracer.start_span("second")

    with RequestContextManager(span=first) as context:
        assert context is RequestContextManager.current_context()
        assert tracer.active_span is None
        with span_in_context(second):
            assert "first" == current_name()
        with RequestContextManager(RequestContext(second)):
            assert "second" == current_name()
        with RequestContextManager(second):
            assert "second" == current_name()
        assert "first" == current_name()

    assert current_name() is None


def test_an_empty_request_context_shows_the_active_span(tracer: MemoryTracer) -> None:
    """As without it; one whose span is `None` hides the active span."""
    with tracer.start_active_span("bake"):
        with RequestContextManager():
            assert "bake" == current_name()
        with RequestContextManager(RequestContext(None)):
            assert current_name() is None


def test_a_request_context_belongs_to_its_thread(tracer: MemoryTracer) -> None:
    """A new thread has none."""
    seen: list[str | None] = []

    with RequestContextManager(span=tracer.start_span("bake")):
        thread = threading.Thread(target=lambda: seen.append(current_name()))
        thread.start()
        thread.join()

    assert [None] == seen


def test_tasks_have_request_contexts_of_their_own(tracer: MemoryTracer) -> None:
    """Two tasks that wait for each other do not see each other's span."""

    async def run(name: str) -> list[str | None]:
        with RequestContextManager(span=tracer.start_span(name)):
            before = current_name()
            await asyncio.sleep(0)
            return [before, current_name()]

    async def both() -> list[list[str | None]]:
        return list(await asyncio.gather(run("a"), run("b")))

    assert [["a", "a"], ["b", "b"]] == asyncio.run(both())


def test_callbacks_and_tasks_inherit_the_stack_context(tracer: MemoryTracer) -> None:
    """After the block, only they have the span."""

    async def run() -> list[str | None]:
        seen: list[str | None] = []
        done = asyncio.Event()

        def callback() -> None:
            seen.append(current_name())
            done.set()

        async def task() -> None:
            await done.wait()
            seen.append(current_name())

        with span_in_stack_context(tracer.start_span("bake")):
            asyncio.get_running_loop().call_soon(callback)
            running = asyncio.create_task(task())
        seen.append(current_name())
        await running
        return seen

    assert [None, "bake", "bake"] == asyncio.run(run())


def test_the_stack_context_of_version_2(tracer: MemoryTracer) -> None:
    """It enters what a function returns."""
    span = tracer.start_span("bake")

    with ThreadSafeStackContext(lambda: RequestContextManager(span)):
        assert span is get_current_span()

    assert get_current_span() is None


def test_a_stack_context_can_end_early(tracer: MemoryTracer) -> None:
    """Its value is a function, as that of Tornado's `StackContext` was."""
    with span_in_stack_context(tracer.start_span("bake")) as deactivate:
        deactivate()
        assert current_name() is None


def test_only_span_in_context_records_an_exception(tracer: MemoryTracer) -> None:
    """As in 3.3.1."""
    active, stacked = tracer.start_span("active"), tracer.start_span("stacked")

    with pytest.raises(KeyError), span_in_context(active):
        raise KeyError
    with pytest.raises(KeyError), span_in_stack_context(stacked):
        raise KeyError

    assert "error" in [tag.key for tag in active.tags]
    assert "error" not in [tag.key for tag in stacked.tags]


def test_tornados_scope_manager_has_a_replacement() -> None:
    """A tracer accepts it, and its stack context changes nothing."""
    manager = TornadoScopeManager()

    with Tracer(
        "bakery", NullReporter(), ConstSampler(decision=True), scope_manager=manager
    ) as tracer:
        with tracer_stack_context(), tracer.start_active_span("bake") as scope:
            assert scope is manager.active
        assert manager.active is None
