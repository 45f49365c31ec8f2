"""`traced`: functions, coroutines, methods and classes."""

from __future__ import annotations

import asyncio
import functools
import inspect
import pickle
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from typing import Any

import gevent
import pytest

import jaeger_client.instrumentation
from jaeger_client.errors import ConfigError
from jaeger_client.instrumentation import traced
from jaeger_client.testing import MemoryTracer, memory_tracer
from tests.unit.spans import fields_of, pairs_of


@pytest.fixture
def tracer() -> Iterator[MemoryTracer]:
    """Return the global tracer."""
    with memory_tracer(set_global=True) as tracer:
        yield tracer


def names(tracer: MemoryTracer) -> list[str]:
    """Return the names of the finished spans, in their order."""
    return [span.operation_name for span in tracer.spans]


@traced
def add(first: int, second: int = 2, *, third: int = 3) -> int:
    """Add numbers."""
    return first + second + third


@traced
class Oven:
    """A class with methods of each kind."""

    heat = 200

    def __init__(self) -> None:
        self.loaves = 0

    def bake(self) -> Oven:
        self.loaves += 1
        return self

    @classmethod
    def model(cls) -> str:
        return cls.__name__

    @staticmethod
    async def preheat() -> str:
        await asyncio.sleep(0)
        return "hot"

    def watch(self) -> Iterator[int]:
        yield self.loaves

    @property
    def is_full(self) -> bool:
        return self.loaves > 9

    @traced(operation_name="clean-oven")
    def clean(self) -> None:
        self._scrub()

    def _scrub(self) -> None:
        pass

    class Door:
        """A class in a class, which is not traced."""

        def open(self) -> None:
            pass


def test_a_call_is_a_span(tracer: MemoryTracer) -> None:
    """Its name is that of the function, and its arguments and result pass."""
    assert 10 == add(1, third=7)

    assert ["add"] == names(tracer)
    assert tracer.spans[0].finished


def test_a_function_keeps_what_describes_it() -> None:
    """Its name, module, docstring, signature and annotations."""
    assert ("add", __name__, "Add numbers.") == (
        add.__name__,
        add.__module__,
        add.__doc__,
    )
    assert "(first: 'int', second: 'int' = 2, *, third: 'int' = 3) -> 'int'" == str(
        inspect.signature(add)
    )
    assert {"first", "second", "third", "return"} == set(add.__annotations__)
    assert pickle.loads(pickle.dumps(add)) is add


def test_the_span_is_active_during_the_call(tracer: MemoryTracer) -> None:
    """Spans that the function starts are its children, and so are nested calls."""

    @traced
    def outer() -> object:
        inner()
        return tracer.active_span

    @traced
    def inner() -> None:
        tracer.start_span("leaf").finish()

    with tracer.start_active_span("caller") as scope:
        active = outer()
        assert scope.span is tracer.active_span

    leaf, second, first, caller = tracer.spans
    assert active is first
    assert [second.span_id, first.span_id, caller.span_id, None] == [
        span.parent_id for span in (leaf, second, first, caller)
    ]


def test_the_name_of_an_inner_function_is_its_own(tracer: MemoryTracer) -> None:
    """Without the names of the functions around it."""

    @traced
    class Shop:
        @traced
        def _sell(self) -> None:
            pass

    Shop()._sell()

    assert ["Shop._sell"] == names(tracer)


def test_options(tracer: MemoryTracer) -> None:
    """Name, tags, tracer, and whether the active span is the parent."""
    tags = {"component": "oven"}
    with memory_tracer() as other:

        @traced(operation_name="bake", tags=tags, tracer=other, ignore_active_span=True)
        def function() -> None:
            pass

        tags.clear()
        with other.start_active_span("caller"):
            function()

        (span, _) = other.spans
        assert ("bake", None) == (span.operation_name, span.parent_id)
        assert [("component", "oven")] == pairs_of(span)
    assert [] == tracer.spans


def test_the_global_tracer_is_that_of_the_call() -> None:
    """A function may be decorated before the tracer is created."""
    with memory_tracer(set_global=True) as first:
        add(1)
    with memory_tracer(set_global=True) as second:
        add(1)

    assert (["add"], ["add"]) == (names(first), names(second))
    assert 6 == add(1)


def test_an_exception_is_recorded_and_raised(tracer: MemoryTracer) -> None:
    """By the tag `error` and a log with its kind, object, message and stack."""
    error = ValueError("burnt")

    @traced
    def burn() -> None:
        raise error

    with pytest.raises(ValueError, match="burnt") as caught:
        burn()

    (span,) = tracer.spans
    assert caught.value is error
    assert ("error", True) in pairs_of(span)
    fields = fields_of(span.logs[0])
    assert ("error", "burnt", "burnt") == (
        fields["event"],
        fields["message"],
        fields["error.object"],
    )
    assert "ValueError" in str(fields["error.kind"])
    assert "in burn" in str(fields["stack"])
    assert tracer.active_span is None


def test_a_coroutine_is_a_span(tracer: MemoryTracer) -> None:
    """From its first step to its end; it stays a coroutine function."""

    @traced
    async def bake(cake: str) -> str:
        await asyncio.sleep(0)
        with tracer.start_active_span(cake):
            await asyncio.sleep(0)
        return cake

    async def main() -> Sequence[str]:
        assert inspect.iscoroutinefunction(bake)
        with tracer.start_active_span("order"):
            unused = bake("never")
            baked = await asyncio.gather(bake("apple"), bake("plum"))
            unused.close()
            return baked

    assert ["apple", "plum"] == asyncio.run(main())
    spans = {span.span_id: span for span in tracer.spans}
    parents = sorted(
        (span.operation_name, spans[span.parent_id].operation_name)
        for span in tracer.spans
        if span.parent_id
    )
    assert [
        ("apple", "bake"),
        ("bake", "order"),
        ("bake", "order"),
        ("plum", "bake"),
    ] == [
        (name.rpartition(".")[2], parent.rpartition(".")[2]) for name, parent in parents
    ]


def test_a_coroutine_that_is_closed_or_cancelled(tracer: MemoryTracer) -> None:
    """Closing is no error; cancelling is an exception like any other."""

    @traced
    async def wait() -> None:
        await asyncio.sleep(60)

    coroutine = wait()

    async def main() -> None:
        task = asyncio.ensure_future(wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    with pytest.raises(RuntimeError):  # asyncio.sleep() needs an event loop
        coroutine.send(None)

    assert all(("error", True) in pairs_of(span) for span in tracer.spans)
    assert 2 == len(tracer.spans)


def test_a_closed_coroutine_has_no_error(tracer: MemoryTracer) -> None:
    """`close` raises GeneratorExit in it."""

    class Once:
        def __await__(self) -> Generator[None]:
            yield

    @traced
    async def wait() -> None:
        await Once()

    coroutine = wait()
    coroutine.send(None)
    assert "wait" == getattr(tracer.active_span, "operation_name", None)
    coroutine.close()

    assert [[]] == [pairs_of(span) for span in tracer.spans]
    assert tracer.active_span is None


def test_a_class_has_its_public_methods_traced(tracer: MemoryTracer) -> None:
    """Of each kind; neither properties nor private methods nor inner classes."""
    oven = Oven()

    assert oven.bake() is oven
    assert "Oven" == Oven.model()
    assert "hot" == asyncio.run(Oven.preheat())
    assert [1] == list(oven.watch())
    assert not oven.is_full
    oven.clean()
    Oven.Door().open()

    assert ["Oven.bake", "Oven.model", "Oven.preheat", "Oven.watch", "clean-oven"] == (
        names(tracer)
    )


def test_a_class_stays_the_same(tracer: MemoryTracer) -> None:
    """So that it can be pickled and subclassed, and `super()` works."""

    @traced(operation_name="kiln")
    class Kiln(Oven):
        def bake(self) -> Kiln:
            super().bake()
            return self

    assert isinstance(Kiln().bake(), Kiln)
    assert ["Oven.bake", "kiln.bake"] == names(tracer)
    assert type(pickle.loads(pickle.dumps(Oven()))) is Oven


def test_methods_are_traced_whatever_decorator_is_outside(
    tracer: MemoryTracer,
) -> None:
    """`traced` may be above or below `staticmethod` and `classmethod`."""

    class Shop:
        @traced
        @staticmethod
        def first() -> None:
            pass

        @staticmethod
        @traced
        def second() -> None:
            pass

        third: Any = traced(classmethod(lambda cls: cls))  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]  # not for type checkers

    Shop.first()
    Shop().second()
    assert Shop.third() is Shop

    assert 3 == len(tracer.spans)


def test_a_method_that_another_decorator_wraps_is_traced_once(
    tracer: MemoryTracer,
) -> None:
    """A class leaves it alone."""

    def logged(function: Callable[[Any], None]) -> Callable[[Any], None]:
        @functools.wraps(function)
        def call(self: Any) -> None:
            function(self)

        return call

    @traced
    class Shop:
        @logged
        @traced(operation_name="sell")
        def sell(self) -> None:
            pass

    Shop().sell()

    assert ["sell"] == names(tracer)


def test_objects_that_can_be_called(tracer: MemoryTracer) -> None:
    """Partial functions, built-in functions, objects with `__call__`."""

    class Baker:
        def __call__(self) -> str:
            return "cake"

    class AsyncBaker:
        async def __call__(self) -> str:
            return "cake"

    async def bake(count: int) -> int:
        return count

    assert 3 == traced(len)("abc")
    assert "cake" == traced(Baker())()
    assert "cake" == asyncio.run(traced(AsyncBaker())())
    assert 5 == asyncio.run(traced(functools.partial(functools.partial(bake), 5))())
    assert ["len", "Baker", "AsyncBaker", "bake"] == [
        name.rpartition(".")[2] for name in names(tracer)
    ]


def test_objects_whose_call_is_a_generator(tracer: MemoryTracer) -> None:
    """The span is active while the body runs."""

    class Baker:
        def __call__(self) -> Iterator[object]:
            yield tracer.active_span

    class AsyncBaker:
        async def __call__(self) -> AsyncIterator[object]:
            yield tracer.active_span

    async def collect() -> list[object]:
        return [span async for span in traced(AsyncBaker())()]

    seen = [*traced(Baker())(), *asyncio.run(collect())]

    assert tracer.spans == seen


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((5,), {}, "needs a function or a class, got 5"),
        (("bake",), {}, "got 'bake'; a name is passed as operation_name"),
        ((), {"operation_name": 5}, "operation_name must be text, got 5"),
        ((), {"tags": ["a"]}, "tags must be a mapping"),
        ((), {"tracer": "tracer"}, r"tracer must have a method start_span\(\)"),
    ],
)
def test_wrong_arguments(
    arguments: tuple[Any, ...], options: dict[str, Any], message: str
) -> None:
    """They are errors when the function is decorated, not when it is called."""
    with pytest.raises(ConfigError, match=message):
        traced(*arguments, **options)


def test_threads_and_greenlets_have_their_own_spans(tracer: MemoryTracer) -> None:
    """They run at the same time, each as a root, as none inherits the active span."""
    barrier = threading.Barrier(4)

    @traced
    def in_thread() -> None:
        barrier.wait(30)
        child()
        barrier.wait(30)

    @traced
    def in_greenlet() -> None:
        gevent.sleep(0)
        child()
        gevent.sleep(0)

    @traced
    def child() -> None:
        pass

    threads = [threading.Thread(target=in_thread) for _ in range(4)]
    with tracer.start_active_span("caller"):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        greenlets: list[Any] = [gevent.spawn(in_greenlet) for _ in range(4)]
        gevent.joinall(greenlets)

    spans = {span.span_id: span for span in tracer.spans}
    children = [span for span in tracer.spans if span.operation_name.endswith("child")]
    assert 8 == len(children) == len({span.parent_id for span in children})
    parents = [spans[span.parent_id or 0] for span in children]
    assert {None} == {parent.parent_id for parent in parents}


def test_contexts_of_asyncio(tracer: MemoryTracer) -> None:
    """A task that a traced coroutine starts inherits its span, and outlives it."""
    tasks: list[asyncio.Task[None]] = []

    @traced(operation_name="child")
    async def child(started: asyncio.Event) -> None:
        await started.wait()

    @traced(operation_name="parent")
    async def parent(started: asyncio.Event) -> None:
        tasks.append(asyncio.ensure_future(child(started)))

    async def main() -> None:
        started = asyncio.Event()
        await parent(started)
        assert tracer.active_span is None
        started.set()
        await tasks[0]

    asyncio.run(main())

    first, second = tracer.spans
    assert ("parent", "child") == (first.operation_name, second.operation_name)
    assert first.span_id == second.parent_id


def test_the_module_offers_the_decorator() -> None:
    """`from jaeger_client.instrumentation import traced` is the decorator."""
    assert jaeger_client.instrumentation.traced is traced
    assert ["traced"] == jaeger_client.instrumentation.__all__


def test_an_interrupt_is_recorded(tracer: MemoryTracer) -> None:
    """As `with tracer.start_active_span()` does."""

    @traced
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()

    assert ("error", True) in pairs_of(tracer.spans[0])
