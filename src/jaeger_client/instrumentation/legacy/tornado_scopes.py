"""
Replaces `opentracing.scope_managers.tornado`, which Tornado 6 cannot import.

Tornado 6 runs on asyncio, so context variables follow its coroutines and callbacks.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from jaeger_client.scope import ContextScopeManager

__all__ = ["TornadoScopeManager", "tracer_stack_context"]


class TornadoScopeManager(ContextScopeManager):
    """The scope manager of this library, under the name that Tornado programs use."""


def tracer_stack_context() -> AbstractContextManager[None]:
    """Return a context manager that changes nothing; the scopes need no other."""
    return nullcontext()
