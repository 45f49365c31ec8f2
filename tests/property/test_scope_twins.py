"""The compiled scopes do what the plain ones do, in whatever order they close."""

from __future__ import annotations

from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

import opentracing
from hypothesis import given
from hypothesis import strategies as st

from jaeger_client._internal import scopes as plain
from tests.implementations import compiled_module

if TYPE_CHECKING:
    from types import ModuleType

compiled = compiled_module("scope")

place = st.integers(0, 9)
operations = st.lists(
    st.one_of(
        st.tuples(st.just("activate"), st.sampled_from([True, False, "fails"])),
        st.tuples(st.just("activate"), st.just(False)),
        st.tuples(st.just("close"), place),
        st.tuples(st.just("leave"), place),
        st.tuples(st.just("unlink"), place),
        st.tuples(st.just("copy the context")),
        st.tuples(st.just("switch"), place),
    ),
    max_size=30,
)


class FailingSpan(opentracing.Span):  # type: ignore[misc]  # untyped base
    """A span whose `finish` can raise."""

    def __init__(self, how: object, finished: list[object]) -> None:
        super().__init__(opentracing.Tracer(), opentracing.SpanContext())
        self.how = how
        self.finished = finished

    def finish(self, finish_time: float | None = None) -> None:
        """Record the call, or raise."""
        self.finished.append(self.how)
        if self.how == "fails":
            raise ZeroDivisionError


class Run:
    """Performs operations on scopes of one implementation."""

    def __init__(self, module: ModuleType) -> None:
        self.manager: Any = module.ContextScopeManager()
        self.scopes: list[Any] = []
        self.context: Context = Context()
        self.contexts: list[Context] = [self.context]
        self.finished: list[object] = []

    def perform(self, operation: str, *arguments: Any) -> object:
        """Perform an operation in the current context; return its result."""
        if operation == "switch":
            self.context = self.contexts[arguments[0] % len(self.contexts)]
            return None
        try:
            return self.context.run(self._perform, operation, *arguments)
        except ZeroDivisionError:
            return "raised"

    def _perform(self, operation: str, *arguments: Any) -> object:
        if operation == "activate":
            span = FailingSpan(arguments[0], self.finished)
            self.scopes.append(self.manager.activate(span, arguments[0]))
        elif operation == "copy the context":
            self.contexts.append(copy_context())
        elif self.scopes:
            scope = self.scopes[arguments[0] % len(self.scopes)]
            if operation == "close":
                return scope.close()
            if operation == "leave":
                return scope.__exit__(None, None, None)
            scope.previous = None
        return None

    def state(self) -> object:
        """Return what can be seen of all scopes in all contexts."""
        active = [
            self._number(each.run(lambda: self.manager.active))
            for each in self.contexts
        ]
        chain = [(self._number(each.previous), each.is_closed) for each in self.scopes]
        return active, chain, list(self.finished)

    def _number(self, scope: object) -> int | None:
        return None if scope is None else self.scopes.index(scope)


@given(operations)
def test_both_do_the_same(todo: list[tuple[Any, ...]]) -> None:
    """Active scopes, the chains of scopes and finished spans are equal at each step."""
    runs = [Run(plain), Run(compiled)]
    for operation in todo:
        results = [(run.perform(*operation), run.state()) for run in runs]

        assert results[0] == results[1]
