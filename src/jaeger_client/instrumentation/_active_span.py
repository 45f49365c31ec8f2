"""
The active span while code of the application runs, in several sections.

A response is created in steps: the application is called, then its body is iterated,
each time from code of the server. The span of the request must be active in each step
and in no code between them. A generator may also be left with a span active that it
has started itself, which then has to be active again in the next step, and nowhere
else. Only the variable of the scope manager is exchanged, not the whole context: caches
and connections that frameworks keep in other context variables survive the request.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from jaeger_client.scope import ContextScopeManager

if TYPE_CHECKING:
    import opentracing

    from jaeger_client.scope import ContextScope


class ActiveSpan:
    """
    Makes a span active during blocks of `running()`, on any thread, one at a time.

    A scope that a block leaves open is active again in the next block. Scope managers
    other than `ContextScopeManager` make the span itself active in each block.
    """

    __slots__ = ("_inner", "_manager", "_span")

    def __init__(
        self, manager: opentracing.ScopeManager, span: opentracing.Span
    ) -> None:
        self._manager = manager
        self._span = span
        self._inner: ContextScope | None = None
        """The scope that was active at the end of the last block."""

    @contextmanager
    def running(self) -> Generator[None, None, None]:
        """Make the span active in the block."""
        manager = self._manager
        if not isinstance(manager, ContextScopeManager):
            with _active_by(manager, self._span):
                yield
            return
        variable = manager.variable
        outer = variable.set(self._inner)
        if self._inner is None:
            manager.activate(self._span, finish_on_close=False)
        try:
            yield
        finally:
            self._inner = variable.get()
            # Fails in another context than that of the beginning, where there is
            # nothing to restore: a coroutine that is never continued may be closed
            # anywhere.
            with suppress(ValueError):
                variable.reset(outer)


@contextmanager
def nothing_active(tracer: object) -> Generator[None, None, None]:
    """
    Make no span of *tracer* active in the block.

    A server of asyncio may handle a request in the context in which it has sent the
    previous response of the connection, where the span of that request is active.
    """
    manager = getattr(tracer, "scope_manager", None)
    if not isinstance(manager, ContextScopeManager):
        yield
        return
    variable = manager.variable
    outer = variable.set(None)
    try:
        yield
    finally:
        # As above.
        with suppress(ValueError):
            variable.reset(outer)


@contextmanager
def _active_by(
    manager: opentracing.ScopeManager, span: opentracing.Span
) -> Generator[None, None, None]:
    scope: opentracing.Scope | None = None
    # A scope manager of the application may raise anything.
    with suppress(Exception):
        scope = manager.activate(span, False)  # noqa: FBT003 - OpenTracing's signature
    try:
        yield
    finally:
        if scope is not None:
            with suppress(Exception):
                scope.close()
