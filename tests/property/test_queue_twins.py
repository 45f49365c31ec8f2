"""The compiled queue does what the plain one does, whatever happens in which order."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from jaeger_client.reporter import queue as plain
from tests.implementations import compiled_module

if TYPE_CHECKING:
    from types import ModuleType

compiled = compiled_module("queue")

single = st.one_of(
    st.tuples(st.just("put")),
    st.tuples(st.just("put")),
    st.tuples(st.just("move"), st.integers(-1, 8)),
    st.tuples(st.just("clear")),
    st.tuples(st.just("wake_at_batch"), st.integers(1, 6)),
    st.tuples(st.just("wake_at_first")),
    st.tuples(st.just("fork")),
    st.tuples(st.just("raise")),
)
"""An operation, and its argument if it has one."""

several = st.lists(single, max_size=3)
operations = st.lists(
    st.one_of(
        single,
        st.tuples(st.just("close")),
        # What the next callbacks do.
        st.tuples(st.just("when woken"), several),
        st.tuples(st.just("when refused"), several),
    ),
    max_size=40,
)


class InterruptError(Exception):
    """What a signal handler raises in a callback."""


class Run:
    """Performs operations on a queue of one implementation, and records all results."""

    def __init__(self, module: ModuleType, capacity: int, batch_size: int) -> None:
        self.results: list[object] = []
        self._next = 0
        self._when: dict[str, list[Any]] = {"when woken": [], "when refused": []}
        self.queue: plain.SpanQueue[int] = module.SpanQueue(
            capacity,
            batch_size=batch_size,
            wake=self._wake,
            refused=self._refuse,
        )

    def perform(self, operation: str, *arguments: Any) -> None:
        """Perform one operation."""
        if operation == "raise":
            raise InterruptError
        if operation in self._when:
            self._when[operation] = list(arguments[0])
            return
        self.results.append((operation, self._call(operation, arguments)))
        self.results.append((len(self.queue), repr(self.queue)))

    def _call(self, operation: str, arguments: tuple[Any, ...]) -> object:
        moved: list[int] = []
        if operation == "put":
            self._next += 1
            return self.queue.put(self._next)
        if operation == "fork":
            self.queue.after_fork_in_child()
            return None
        if operation in {"move", "clear"}:
            arguments = (*arguments, moved.extend)
        getattr(self.queue, operation)(*arguments)
        return moved

    def _wake(self) -> None:
        self._call_back("when woken")

    def _refuse(self, closed: bool) -> None:
        self._call_back("when refused", closed)

    def _call_back(self, kind: str, *arguments: object) -> None:
        self.results.append((kind, *arguments))
        inner, self._when[kind] = self._when[kind], []
        for each in inner:
            self.perform(*each)


@given(st.integers(1, 6), st.integers(1, 6), operations)
def test_both_queues_do_the_same(
    capacity: int, batch_size: int, todo: list[tuple[Any, ...]]
) -> None:
    """Results, wake-ups, refusals and removed spans are equal after each operation."""
    runs = [Run(module, capacity, batch_size) for module in (plain, compiled)]
    for operation in todo:
        for run in runs:
            with suppress(InterruptError):
                run.perform(*operation)

    assert runs[0].results == runs[1].results
