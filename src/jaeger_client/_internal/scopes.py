"""
The active span: one context variable per scope manager.

A context variable supports both threads and asyncio tasks: a new thread starts with no
active span, a new task with that of its creator. Under gevent each greenlet has a
context of its own, so it behaves like a thread.

The compiled twin is `_native/scope.pyx`; `jaeger_client.scope` selects one of the two.
"""

from __future__ import annotations

import weakref
from collections import deque
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

import opentracing

from jaeger_client.span import Span

if TYPE_CHECKING:
    from typing_extensions import Self

ActiveScopeVariable: TypeAlias = "ContextVar[ContextScope | None]"

_VARIABLES: Final[
    deque[tuple[weakref.ref[ContextScopeManager], ActiveScopeVariable]]
] = deque()
"""
The variable of each scope manager; a new manager reuses that of a deleted one.

A context keeps each variable that was ever set in it, with its last value, as long as
the thread or the task exists. If no variable was reused, each tracer that is created
and closed would leave one in the context of the main thread.
"""


def record_exception(
    span: opentracing.Span, exc_type: object, exc_val: object, exc_tb: object
) -> None:
    """Record an exception on *span*, which may be that of another tracer."""
    if isinstance(span, Span):
        span.record_exception(exc_type, exc_val, exc_tb)
    else:
        opentracing.Span._on_error(span, exc_type, exc_val, exc_tb)  # noqa: SLF001  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]  # there is no public method


class ContextScope(opentracing.Scope):  # type: ignore[misc]  # untyped base
    """The period in which a span is active; ends with `close`."""

    __module__ = "jaeger_client.scope"
    __slots__ = ("finish_on_close", "is_closed", "manager", "previous", "span")  # pyright: ignore[reportIncompatibleMethodOverride]  # slots read faster

    manager: ContextScopeManager
    """The manager that created it."""
    span: opentracing.Span
    """The span that is active."""
    finish_on_close: bool
    """Whether `close` finishes the span."""
    is_closed: bool
    """Whether it has ended."""
    previous: ContextScope | None
    """The scope that becomes active again."""

    def close(self) -> None:
        """
        Reactivate the previous scope; finish the span if `finish_on_close` is set.

        Does nothing if this scope is not the active one.
        """
        variable = self.manager.variable
        if variable.get() is not self:
            return
        try:
            if self.finish_on_close:
                self.span.finish()
        finally:
            # Not reset(): that fails in a task, whose context is a copy.
            previous = self.previous
            variable.set(previous)
            # A callback that schedules itself again inside its scope passes the scope
            # on to the next call; without this each scope would keep all earlier ones
            # alive.
            self.is_closed = True
            if previous is not None and previous.is_closed:
                self.previous = previous.previous

    def __enter__(self) -> Self:
        return self

    def __exit__(self, exc_type: object, exc_val: object, exc_tb: object) -> None:
        if exc_val is not None:
            record_exception(self.span, exc_type, exc_val, exc_tb)
        self.close()


class ContextScopeManager(opentracing.ScopeManager):  # type: ignore[misc]  # untyped base
    """Stores the active scope in a context variable. Safe from any thread or task."""

    __module__ = "jaeger_client.scope"
    # No __init__, because that would take 0.1 of 0.6 µs. The compiled manager, which
    # calls `activate` for unusual arguments, has its own.
    _new_scope = staticmethod(partial(object.__new__, ContextScope))

    def __init__(self) -> None:
        # The base class's __init__ would create objects that are not used here.
        self.variable = variable_for(self)

    def __reduce__(self) -> tuple[type[ContextScopeManager], tuple[()]]:
        # In another process, no span is active yet.
        return type(self), ()

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        # Tracers of a copied Config have the same active span.
        return self

    def activate(self, span: opentracing.Span, finish_on_close: bool) -> ContextScope:  # noqa: FBT001 - OpenTracing's signature
        """Make *span* active until the returned scope is closed."""
        scope = self._new_scope()
        scope.manager = self
        scope.span = span
        scope.finish_on_close = finish_on_close
        scope.is_closed = False
        variable = self.variable
        scope.previous = variable.get()
        variable.set(scope)
        return scope

    @property
    def active(self) -> ContextScope | None:
        """The active scope, or `None`."""
        return self.variable.get()


def variable_for(manager: ContextScopeManager) -> ActiveScopeVariable:
    """Return a variable that no other manager uses, and that is `None` everywhere."""
    found: ActiveScopeVariable | None = None
    # Single calls of a deque are atomic (see `signal_safe`). Not done by a finalizer of
    # the manager, because an exception such as Ctrl-C is ignored there.
    with suppress(IndexError):
        for _ in range(len(_VARIABLES)):
            reference, variable = _VARIABLES.popleft()
            if reference() is None:
                # Its value is a scope in no context: a scope refers to its manager.
                found = variable
                break
            _VARIABLES.append((reference, variable))
    if found is None:
        found = ContextVar("jaeger_client.active_scope", default=None)
    _VARIABLES.append((weakref.ref(manager), found))
    return found
