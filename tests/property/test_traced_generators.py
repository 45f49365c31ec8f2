"""A `traced` generator does what the original does, whatever both are told."""

from __future__ import annotations

import inspect
import sys
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from contextvars import copy_context
from functools import partial
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from jaeger_client.instrumentation import traced
from jaeger_client.testing import MemoryTracer

ERRORS: Final = [ValueError, KeyError, GeneratorExit, StopIteration, StopAsyncIteration]
CAUGHT: Final[dict[str, type[BaseException]]] = {
    "catch": ValueError,
    "catch all": BaseException,
}

instructions = st.lists(
    st.sampled_from(["yield", "catch", "catch all", "open", "wait", "raise", "return"]),
    max_size=6,
)
calls = st.lists(
    st.one_of(
        st.just(("__next__",)),
        st.tuples(st.just("send"), st.none() | st.integers()),
        st.tuples(st.just("throw"), st.sampled_from(ERRORS)),
        st.just(("close",)),
    ),
    min_size=1,
    max_size=8,
)
ASYNCHRONOUS: Final = {
    "__next__": "__anext__",
    "send": "asend",
    "throw": "athrow",
    "close": "aclose",
}


class Once:
    """Waits once."""

    def __await__(self) -> Generator[str]:
        yield "waits"


class Bodies:
    """A generator and an asynchronous one that do what they are told."""

    def __init__(self, tracer: MemoryTracer, todo: Sequence[str]) -> None:
        self.tracer = tracer
        self.todo = todo
        self.seen: list[object] = []
        self.has_begun = False

    def body(self) -> Generator[object, object, str]:
        """Do what is to do."""
        self.has_begun = True
        try:
            for number, instruction in enumerate(self.todo):
                if instruction == "return":
                    return "returned"
                if instruction == "raise":
                    raise KeyError(number)
                with self.around(instruction):
                    self.seen.append((yield number))
        finally:
            self.seen.append("end")
        return "ended"

    async def abody(self) -> AsyncGenerator[object, object]:
        """Do the same, and wait."""
        self.has_begun = True
        try:
            for number, instruction in enumerate(self.todo):
                if instruction == "return":
                    return
                if instruction == "raise":
                    raise KeyError(number)
                if instruction == "wait":
                    await Once()
                with self.around(instruction):
                    self.seen.append((yield number))
        finally:
            self.seen.append("end")

    @contextmanager
    def around(self, instruction: str) -> Generator[None]:
        """Open a span, or catch errors."""
        with suppress(CAUGHT[instruction]) if instruction in CAUGHT else nullcontext():
            if instruction == "open":
                with self.tracer.start_active_span("open"):
                    yield
            else:
                yield


def outcome(call: Callable[[], object]) -> object:
    """Return what a call returns or raises."""
    try:
        return call()
    except BaseException as error:  # noqa: BLE001 - what is compared
        return type(error), getattr(error, "value", None), str(error)


def drive(method: Callable[..., Any], *arguments: object) -> object:
    """Await a call to its end, without an event loop."""
    steps = method(*arguments).__await__()
    try:
        while True:
            steps.send(None)
    except StopIteration as end:
        return end.value


def run(function: Callable[[], Any], todo: list[tuple[Any, ...]]) -> list[object]:
    """Call the methods of a generator, and return what happens."""
    generator = function()
    found: list[object] = []
    for name, *arguments in todo:
        if inspect.isasyncgen(generator):
            method = partial(drive, getattr(generator, ASYNCHRONOUS[name]))
        else:
            method = getattr(generator, name)
        found.append(outcome(partial(method, *arguments)))
    return found


@contextmanager
def bodies_may_go_on() -> Generator[None]:
    """Ignore that a body goes on, or waits, when its generator is collected."""

    def ignore(_error: object) -> None:
        pass

    hook, sys.unraisablehook = sys.unraisablehook, ignore
    try:
        yield
    finally:
        sys.unraisablehook = hook


@given(instructions, calls, st.sampled_from(["body", "abody"]))
def test_what_a_generator_does_is_the_same(
    todo: list[str], calls: list[tuple[Any, ...]], kind: str
) -> None:
    """Results, errors and what the body receives; no span stays open or active."""
    tracer = MemoryTracer()
    plain, decorated = Bodies(tracer, todo), Bodies(tracer, todo)
    with bodies_may_go_on():
        # In a context of its own: the body leaves its span active.
        expected = copy_context().run(run, getattr(plain, kind), calls)
        found = run(traced(getattr(decorated, kind), tracer=tracer), calls)

    assert expected == found
    # A body that goes on after `close` may be closed once more when it is collected.
    assert plain.seen == decorated.seen[: len(plain.seen)]
    if "catch all" not in todo:
        assert plain.seen == decorated.seen
    assert tracer.active_span is None
    names = [span.operation_name for span in tracer.spans]
    assert decorated.has_begun == len(names) - names.count("open")
