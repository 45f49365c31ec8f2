"""
The active span: the scope manager of `Tracer`, and its scopes.

They are in `_internal/scopes.py` and, compiled, in `_native/scope.pyx`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from jaeger_client._native import IS_COMPILED

if TYPE_CHECKING or not IS_COMPILED:
    from jaeger_client._internal.scopes import ContextScope, ContextScopeManager
else:
    from jaeger_client._native.scope import ContextScope, ContextScopeManager

if TYPE_CHECKING:
    import opentracing
    from typing_extensions import Self

    from jaeger_client.span import Span

    class SpanScope(opentracing.Scope):  # type: ignore[misc]  # untyped base
        """
        A scope whose span is known to be of this library.

        Only type checkers see this class: the scope itself is created by the scope
        manager, which may be the application's.
        """

        @property
        def span(self) -> Span:
            """The span that is active."""
            ...

        def __enter__(self) -> Self: ...


__all__ = ["ContextScope", "ContextScopeManager"]


def reader_of_active_scope(
    manager: opentracing.ScopeManager,
) -> Callable[[], opentracing.Scope | None]:
    """Return a function that returns the active scope of *manager*."""
    if type(manager) is ContextScopeManager:
        # Not `active`: the property would take 60 ns more per span.
        return manager.variable.get
    return lambda: manager.active
