"""The active span: nested scopes, tasks and threads."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import gc
import pickle
import sys
import threading
import weakref
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from unittest import mock  # noqa: TID251 - as applications patch

import opentracing
import pytest
from opentracing.scope_managers import ThreadLocalScopeManager

from jaeger_client.reporter import InMemoryReporter
from jaeger_client.sampler import ConstSampler
from jaeger_client.scope import ContextScope, ContextScopeManager
from jaeger_client.span import Span
from jaeger_client.testing import MemoryTracer
from jaeger_client.tracer import Tracer
from tests.implementations import implementations
from tests.unit.spans import fields_of, pairs_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import assert_type

SCOPES = 1_000_000


@pytest.fixture(params=implementations("_internal.scopes", "scope"))
def manager_type(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> type[ContextScopeManager]:
    """Return the scope manager of either implementation; make it the default one."""
    found: type[ContextScopeManager] = request.param.ContextScopeManager
    monkeypatch.setattr("jaeger_client.tracer.ContextScopeManager", found)
    return found


@pytest.fixture
def tracer(manager_type: type[ContextScopeManager]) -> MemoryTracer:
    """Return a tracer that records everything."""
    return MemoryTracer()


def names(tracer: MemoryTracer) -> list[str]:
    """Return the names of the finished spans."""
    return [span.operation_name for span in tracer.spans]


def test_no_span_is_active_at_first(tracer: MemoryTracer) -> None:
    """At first no scope and no span is active."""
    assert (None, None) == (tracer.scope_manager.active, tracer.active_span)


def test_scopes_nest(tracer: MemoryTracer) -> None:
    """When a scope closes, the span that was active before is so again."""
    with tracer.start_active_span("outer") as outer:
        with tracer.start_active_span("inner") as inner:
            assert inner is tracer.scope_manager.active
        assert outer is tracer.scope_manager.active

    assert tracer.scope_manager.active is None
    assert ["inner", "outer"] == names(tracer)  # type: ignore[unreachable]  # it has closed since the assertion above


def test_scope_finishes_its_span_by_default(tracer: MemoryTracer) -> None:
    """A scope of `start_active_span` finishes its span when it closes."""
    scope = tracer.start_active_span("op")

    scope.close()

    assert ["op"] == names(tracer)


def test_scope_may_leave_its_span_open(tracer: MemoryTracer) -> None:
    """With `finish_on_close=False` closing the scope does not finish the span."""
    with tracer.start_active_span("op", finish_on_close=False) as scope:
        pass

    assert [] == names(tracer)
    assert tracer.active_span is None
    scope.span.finish()
    assert ["op"] == names(tracer)


def test_activate_takes_48s_parameters(tracer: MemoryTracer) -> None:
    """`scope_manager.activate(span, finish_on_close)` makes a span active."""
    span = tracer.start_span("op")

    with tracer.scope_manager.activate(span, False):
        assert span is tracer.active_span

    assert [] == names(tracer)
    assert tracer.active_span is None


def test_closing_twice(tracer: MemoryTracer) -> None:
    """A scope that is closed already does nothing."""
    outer, inner = tracer.start_active_span("outer"), tracer.start_active_span("inner")
    inner.close()

    inner.close()

    assert outer is tracer.scope_manager.active
    assert ["inner"] == names(tracer)
    outer.close()


def test_closing_the_outer_scope_first(tracer: MemoryTracer) -> None:
    """A scope that is not the active one does nothing when it closes."""
    outer, inner = tracer.start_active_span("outer"), tracer.start_active_span("inner")

    outer.close()

    assert inner is tracer.scope_manager.active
    assert [] == names(tracer)
    inner.close()
    outer.close()
    assert ["inner", "outer"] == names(tracer)


def test_exception_is_recorded(tracer: MemoryTracer) -> None:
    """A scope left by an exception records it on its span, which finishes."""
    with pytest.raises(ZeroDivisionError), tracer.start_active_span("op"):
        _ = 1 / 0

    (span,) = tracer.spans
    assert [("error", True)] == pairs_of(span)
    assert "division by zero" == fields_of(span.logs[0])["message"]
    assert tracer.active_span is None


def test_exception_on_a_span_of_another_tracer(tracer: MemoryTracer) -> None:
    """The exception is recorded on a span of another tracer, too."""
    logs: list[dict[str, object]] = []

    class Foreign(opentracing.Span):  # type: ignore[misc]  # untyped base
        def log_kv(
            self,
            key_values: dict[str, object],
            timestamp: float | None = None,
        ) -> Foreign:
            logs.append(key_values)
            return self

    foreign = Foreign(tracer, opentracing.SpanContext())

    with (
        pytest.raises(ZeroDivisionError),
        tracer.scope_manager.activate(foreign, True),
    ):
        _ = 1 / 0

    assert ["division by zero"] == [log["message"] for log in logs]


def test_span_that_cannot_finish(tracer: MemoryTracer) -> None:
    """A span whose `finish` raises is no longer active after its scope closed."""
    span = tracer.start_span("op")

    def finish(finish_time: float | None = None) -> None:
        raise ZeroDivisionError

    span.finish = finish  # type: ignore[method-assign]  # applications do
    scope = tracer.scope_manager.activate(span, True)

    with pytest.raises(ZeroDivisionError):
        scope.close()
    assert tracer.active_span is None


def test_managers_are_apart(tracer: MemoryTracer) -> None:
    """Each tracer has its own active span."""
    with tracer.start_active_span("op"):
        assert MemoryTracer().active_span is None


def test_threads_begin_without_an_active_span(tracer: MemoryTracer) -> None:
    """A new thread has no active span; what it activates is active there only."""

    def work() -> tuple[Any, Any]:
        before = tracer.active_span
        with tracer.start_active_span("thread"):
            pass
        return before, tracer.spans[-1].parent_id

    with (
        tracer.start_active_span("main") as scope,
        ThreadPoolExecutor(max_workers=1) as pool,
    ):
        seen = pool.submit(work).result(10)
        assert scope.span is tracer.active_span

    assert (None, None) == seen


def test_scope_closed_by_another_thread(tracer: MemoryTracer) -> None:
    """A scope does nothing where it is not active: another thread cannot close it."""
    scope = tracer.start_active_span("op")

    thread = threading.Thread(target=scope.close)
    thread.start()
    thread.join(10)

    assert scope is tracer.scope_manager.active
    assert [] == names(tracer)
    scope.close()


def test_span_handed_to_a_thread(tracer: MemoryTracer) -> None:
    """A span can be activated and finished on another thread."""
    span = tracer.start_span("request")

    def work() -> None:
        with tracer.scope_manager.activate(span, True):
            tracer.start_span("child").finish()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)

    child, request = tracer.spans
    assert (request.span_id, "request") == (child.parent_id, request.operation_name)


def test_tasks_inherit_the_active_span(tracer: MemoryTracer) -> None:
    """An asyncio task begins with the span that was active where it was created."""

    async def work() -> None:
        tracer.start_span("child").finish()

    async def main() -> None:
        with tracer.start_active_span("parent"):
            await asyncio.create_task(work())

    asyncio.run(main())

    child, parent = tracer.spans
    assert (parent.span_id, parent.trace_id) == (child.parent_id, child.trace_id)


def test_siblings_do_not_see_each_other(tracer: MemoryTracer) -> None:
    """What one task activates is not active in its siblings, nor in its parent."""

    async def work(name: str, here: asyncio.Event, there: asyncio.Event) -> None:
        with tracer.start_active_span(name):
            here.set()
            await there.wait()
            tracer.start_span(f"child of {name}").finish()

    async def main() -> None:
        first, second = asyncio.Event(), asyncio.Event()
        with tracer.start_active_span("parent") as scope:
            await asyncio.gather(
                work("a", first, second),
                work("b", second, first),
            )
            assert scope is tracer.scope_manager.active

    asyncio.run(main())

    spans = {span.operation_name: span for span in tracer.spans}
    assert spans["a"].span_id == spans["child of a"].parent_id
    assert spans["b"].span_id == spans["child of b"].parent_id
    parents = {spans["a"].parent_id, spans["b"].parent_id}
    assert {spans["parent"].span_id} == parents


def test_task_outlives_the_scope_of_its_creator(tracer: MemoryTracer) -> None:
    """A task keeps the span active that it began with, though its scope closed."""

    async def work(go: asyncio.Event) -> None:
        await go.wait()
        with tracer.start_active_span("first"):
            pass
        with tracer.start_active_span("second"):
            pass

    async def main() -> None:
        go = asyncio.Event()
        with tracer.start_active_span("parent"):
            task = asyncio.create_task(work(go))
        go.set()
        await task

    asyncio.run(main())

    parent, first, second = tracer.spans
    expected = (parent.span_id, parent.span_id)
    assert expected == (first.parent_id, second.parent_id)


def test_scope_closed_by_a_task_that_inherits_it(tracer: MemoryTracer) -> None:
    """A task that closes the scope it inherits ends it for itself only."""

    async def work(scope: opentracing.Scope) -> object:
        scope.close()
        return tracer.active_span

    async def main() -> tuple[object, object]:
        with tracer.start_active_span("op", finish_on_close=False) as scope:
            seen = await asyncio.create_task(work(scope))
            return seen, tracer.active_span is scope.span

    assert (None, True) == asyncio.run(main())


def test_callbacks_that_plan_themselves_keep_nothing_alive(
    tracer: MemoryTracer,
) -> None:
    """A callback that schedules itself inside its scope leaves no chain of scopes."""
    scopes: list[weakref.ref[opentracing.Scope]] = []
    context = contextvars.copy_context()

    def work() -> contextvars.Context:
        with tracer.start_active_span("op", finish_on_close=False) as scope:
            scopes.append(weakref.ref(scope))
            return contextvars.copy_context()

    for _ in range(50):
        context = context.run(work)
    gc.collect()

    alive = [scope for scope in scopes if scope() is not None]
    assert len(alive) <= 2
    assert context is not None


def test_a_context_keeps_nothing_of_managers_that_are_gone(
    tracer: MemoryTracer,
    manager_type: type[ContextScopeManager],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """New scope managers reuse the variables of deleted ones."""
    span = tracer.start_span("request")
    # Without those of other tests, which would be used again first.
    monkeypatch.setattr("jaeger_client._internal.scopes._VARIABLES", deque[object]())

    def use_managers() -> int:
        for _ in range(3):
            manager = manager_type()
            manager.activate(span, finish_on_close=False).close()
            assert manager.active is None
        return len(contextvars.copy_context())

    # The second is created before the first is gone.
    assert 2 == contextvars.Context().run(use_managers)


def test_a_manager_that_is_gone_leaves_its_open_scopes_to_no_other(
    tracer: MemoryTracer, manager_type: type[ContextScopeManager]
) -> None:
    """A scope that is still active somewhere keeps its manager alive."""

    def leave_a_scope_open() -> None:
        span = tracer.start_span("request")
        manager_type().activate(span, finish_on_close=False)

    context = contextvars.Context()
    context.run(leave_a_scope_open)
    gc.collect()

    assert context.run(lambda: manager_type().active) is None


def test_default_scope_manager() -> None:
    """Without a scope manager, a tracer has one that follows threads and tasks."""
    tracer = MemoryTracer()
    with tracer.start_active_span("op") as scope:
        assert isinstance(scope, ContextScope)
        assert isinstance(tracer.scope_manager, ContextScopeManager)
        assert tracer.scope_manager is scope.manager


def test_opentracings_own_scope_manager() -> None:
    """OpenTracing's own scope managers can be used."""
    reporter = InMemoryReporter()
    manager = ThreadLocalScopeManager()
    tracer = Tracer(
        "svc",
        reporter,
        ConstSampler(decision=True),
        scope_manager=manager,
    )

    with tracer.start_active_span("parent"), tracer.start_active_span("child"):
        assert manager is tracer.scope_manager

    child, parent = reporter.get_spans()
    assert (parent.span_id, None) == (child.parent_id, manager.active)


def test_subclass_of_our_scope_manager(
    manager_type: type[ContextScopeManager],
) -> None:
    """Of a scope manager derived from ours its own `active` is read."""

    class Hiding(manager_type):  # type: ignore[valid-type, misc]
        @property
        def active(self) -> ContextScope | None:
            return None

    reporter = InMemoryReporter()
    tracer = Tracer(
        "svc",
        reporter,
        ConstSampler(decision=True),
        scope_manager=Hiding(),
    )

    with tracer.start_active_span("parent"):
        span: Span = tracer.start_span("root")

    assert span.parent_id is None


def test_type_checkers_know_the_span_of_a_scope(tracer: MemoryTracer) -> None:
    """`scope.span` and `tracer.active_span` are a `Span` of this library to them."""
    with tracer.start_active_span("op") as scope:
        span, active = scope.span, tracer.active_span
        if TYPE_CHECKING:
            assert_type(span, Span)
            assert_type(active, Span | None)

    assert isinstance(span, Span)
    assert span is active


def test_classes_of_opentracing(
    tracer: MemoryTracer, manager_type: type[ContextScopeManager]
) -> None:
    """Scopes and managers are instances of OpenTracing's classes."""
    scope = manager_type().activate(tracer.start_span("op"), False)

    assert isinstance(scope, opentracing.Scope)
    assert isinstance(scope.manager, opentracing.ScopeManager)


def test_attributes_may_be_assigned(tracer: MemoryTracer) -> None:
    """Any attribute of a scope may be assigned, its own ones and new ones."""
    scope: Any = tracer.start_active_span("op")
    other = tracer.start_span("other")

    scope.request_id, scope.span, scope.finish_on_close = 17, other, False
    scope.close()

    assert (17, True, other) == (scope.request_id, scope.is_closed, scope.span)
    assert [] == names(tracer)


def test_close_may_be_replaced(tracer: MemoryTracer) -> None:
    """A `with` block calls the `close` that was assigned to the scope."""
    calls: list[str] = []
    scope: Any = tracer.start_active_span("op")
    scope.close = lambda: calls.append("close")

    with scope:
        pass
    del scope.close
    scope.close()

    assert ["close"] == calls
    assert ["op"] == names(tracer)


def test_classes_may_be_patched(
    tracer: MemoryTracer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `with` block calls the `close` that was assigned to the class."""
    calls: list[object] = []

    def close(scope: object) -> None:
        calls.append(scope)

    scope = tracer.start_active_span("op")
    with monkeypatch.context() as patch:
        patch.setattr(type(scope), "close", close)
        with scope:
            pass
    scope.close()

    assert [scope] == calls
    assert ["op"] == names(tracer)


def test_managers_may_be_derived_from(
    tracer: MemoryTracer, manager_type: type[ContextScopeManager]
) -> None:
    """A derived manager may add attributes and extend methods."""

    class Counting(manager_type):  # type: ignore[valid-type, misc]
        def __init__(self) -> None:
            super().__init__()
            self.count = 0

        def activate(self, span: opentracing.Span, finish_on_close: bool) -> Any:
            self.count += 1
            return super().activate(span, finish_on_close)

    manager = Counting()
    with manager.activate(span=tracer.start_span("op"), finish_on_close=True) as scope:
        assert scope is manager.active

    assert (1, None) == (manager.count, manager.active)


def test_managers_can_be_copied(manager_type: type[ContextScopeManager]) -> None:
    """A deep copy of a manager is itself: it has the same active span."""
    manager = manager_type()

    assert manager is copy.deepcopy(manager)


def test_a_copy_of_a_scope_has_its_attributes(
    tracer: MemoryTracer, manager_type: type[ContextScopeManager]
) -> None:
    """Copying needs no method of the application."""
    scope = manager_type().activate(tracer.start_span("op"), True)

    assert copy.copy(scope).span is scope.span
    scope.close()


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_a_copy_of_a_scope_has_the_slots_of_its_class(
    manager_type: type[ContextScopeManager], duplicate: Callable[[Any], Any]
) -> None:
    """A class derived from that of scopes may have slots."""
    manager = manager_type()
    span: Any = "span"
    scope = manager.activate(span, False)
    scope.close()
    derived: Any = type("Derived", (type(scope),), {"__slots__": ("note", "unset")})
    other = derived.__new__(derived)
    for name in ("manager", "span", "finish_on_close", "is_closed", "previous"):
        setattr(other, name, getattr(scope, name))
    other.note = ["note"]

    copied = duplicate(other)

    assert (["note"], False) == (copied.note, hasattr(copied, "unset"))
    assert manager is copied.manager


def test_all_scopes_of_a_manager_are_of_one_class(
    manager_type: type[ContextScopeManager],
) -> None:
    """That of the implementation, however the arguments are passed."""
    manager = manager_type()
    span: Any = "span"
    parts = ["sp", "an"]
    composed: Any = {"".join(parts): span, "finish_on_close": False}
    scopes = [
        manager.activate(span, False),
        manager.activate(**composed),
        manager_type.activate(self=manager, span=span, finish_on_close=False),
    ]
    for scope in reversed(scopes):
        scope.close()

    assert 1 == len({*map(type, scopes)})


def test_managers_can_be_pickled() -> None:
    """In another process a manager begins without an active span."""
    manager = ContextScopeManager()
    manager.activate(MemoryTracer().start_span("op"), False)

    assert pickle.loads(pickle.dumps(manager)).active is None
    assert manager.active is not None
    manager.active.close()


def test_a_manager_whose_variable_is_none(
    tracer: MemoryTracer, manager_type: type[ContextScopeManager]
) -> None:
    """If something else was assigned to its variable, a manager raises."""
    manager: Any = manager_type()
    scope = manager.activate(tracer.start_span("op"), False)
    manager.variable = None

    with pytest.raises((AttributeError, TypeError)):
        manager.activate(scope.span, False)
    with pytest.raises((AttributeError, TypeError)):
        scope.close()
    with pytest.raises((AttributeError, TypeError)):
        _ = manager.active


def test_a_manager_whose_variable_has_no_value(
    manager_type: type[ContextScopeManager],
) -> None:
    """If a variable without a default was assigned to it, a manager raises."""
    manager: Any = manager_type()
    manager.variable = contextvars.ContextVar("of the application")

    with pytest.raises(LookupError):
        _ = manager.active


def test_a_finalizer_may_use_the_scope_that_frees_it(
    tracer: MemoryTracer, manager_type: type[ContextScopeManager]
) -> None:
    """A span that is freed by an assignment may open and close scopes meanwhile."""
    manager = manager_type()
    seen: list[object] = []

    class Last(opentracing.Span):  # type: ignore[misc]  # untyped base
        def __del__(self) -> None:
            with manager.activate(tracer.start_span("late"), True) as inner:
                seen.append(inner.previous)
            seen.append(scope.span)

    scope: Any = manager.activate(Last(tracer, opentracing.SpanContext()), False)
    other = scope.span = tracer.start_span("op")
    scope.close()

    assert [scope, other] == seen
    assert ["late"] == names(tracer)


def test_scopes_leave_no_references(
    tracer: MemoryTracer, manager_type: type[ContextScopeManager]
) -> None:
    """Neither spans nor blocks of memory are left after many scopes."""
    manager = manager_type()
    span = tracer.start_span("op")

    def use(times: int) -> None:
        for _ in range(times):
            with manager.activate(span, False), manager.activate(span, False):
                pass

    use(1_000)
    references, blocks = sys.getrefcount(span), sys.getallocatedblocks()
    use(SCOPES // 2)

    assert references == sys.getrefcount(span)
    assert abs(sys.getallocatedblocks() - blocks) < 100


def test_autospec_records_the_manager(tracer: MemoryTracer) -> None:
    """`mock.patch.object` with `autospec` records `self`, as for any function."""
    manager, span = tracer.scope_manager, tracer.start_span("op")

    with mock.patch.object(type(manager), "activate", autospec=True) as replaced:
        manager.activate(span, finish_on_close=False)

    assert [mock.call(manager, span, finish_on_close=False)] == replaced.mock_calls


def test_autospec_records_the_scope(tracer: MemoryTracer) -> None:
    """So it does for `close`, which leaving a scope calls."""
    scope = tracer.start_active_span("op")

    with mock.patch.object(type(scope), "close", autospec=True) as replaced, scope:
        pass
    scope.close()

    assert [mock.call(scope)] == replaced.mock_calls
