"""The function that returns the parent of spans of the hooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client.instrumentation.legacy.request_context import get_current_span

if TYPE_CHECKING:
    import opentracing

__all__ = ["current_span_func", "set_current_span_func"]

_RAISED = RateLimitedWarning(
    "%r, which was passed to set_current_span_func, raised; "
    "the active span is the parent"
)

_extractor: Callable[[], opentracing.Span | None] = get_current_span


def set_current_span_func(
    span_extractor_func: Callable[[], opentracing.Span | None],
) -> None:
    """
    Replace the function that returns the parent of spans of the hooks.

    The hooks for boto3, Celery and Tornado do not use it, as in version 3.3.1.
    """
    global _extractor  # noqa: PLW0603 - one function for the whole process
    _extractor = span_extractor_func


def current_span_func() -> opentracing.Span | None:
    """Return the parent of the next span; called by the hooks."""
    try:
        return _extractor()
    except Exception:  # noqa: BLE001 - the traced call must go on
        _RAISED.warn(_extractor, exc_info=True)
        return get_current_span()
