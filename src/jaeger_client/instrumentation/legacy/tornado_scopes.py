"""
Replaces `opentracing.scope_managers.tornado`, which Tornado 6 cannot import.

Tornado 6 runs on asyncio, so context variables follow its coroutines and callbacks.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import TYPE_CHECKING

from jaeger_client.scope import ContextScopeManager

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["ThreadSafeStackContext", "TornadoScopeManager", "tracer_stack_context"]


class TornadoScopeManager(ContextScopeManager):
    """The scope manager of this library, under the name that Tornado programs use."""


def tracer_stack_context() -> AbstractContextManager[None]:
    """Return a context manager that changes nothing; the scopes need no other."""
    return nullcontext()


class ThreadSafeStackContext(ExitStack):
    """
    Enters the context manager that a function returns; a name of version 2.

    Args:
        context_factory: Returns the context manager: a `RequestContextManager`.
    """

    def __init__(
        self, context_factory: Callable[[], AbstractContextManager[object]]
    ) -> None:
        super().__init__()
        self._context_factory = context_factory

    def __enter__(self) -> Self:
        self.enter_context(self._context_factory())
        return self
