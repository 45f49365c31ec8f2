"""
The hook for Celery: client spans where tasks are sent, server spans where they run.

The context of the first span travels in the header `parent_span_context` of the
message, a dict in the format `TEXT_MAP`. Workers that still run
`opentracing_instrumentation` understand it, and this hook understands theirs.
"""

from __future__ import annotations

import functools
from typing import Final

import opentracing
from opentracing.ext import tags
from opentracing.propagation import Format

from jaeger_client.instrumentation.legacy.client_hooks._patcher import (
    Library,
    Patcher,
    attempt,
    functions_of,
    imported,
)
from jaeger_client.instrumentation.legacy.request_context import (
    get_current_span,
    span_in_context,
)
from jaeger_client.instrumentation.legacy.utils import start_child_span

__all__ = ["install_patches", "patcher", "reset_patches", "set_patcher"]

_HEADER: Final = "parent_span_context"
_SCOPE: Final = "_jaeger_client_scope"
"""Attribute of a task's request: the scope of the span of this run."""


class CeleryPatcher(Patcher):
    """Replaces `celery.app.task.Task.apply_async`, and listens to Celery's signals."""

    module_name = "celery"

    def _install_patches(self) -> None:
        self.replace(imported("celery.app.task").Task, "apply_async", _apply_async)
        for signal, handler in self._handlers():
            signal.connect(handler, weak=False)

    def _reset_patches(self) -> None:
        super()._reset_patches()
        for signal, handler in self._handlers():
            signal.disconnect(handler)

    def _handlers(self) -> list[tuple[Library, Library]]:
        signals = imported("celery.signals")
        return [
            (signals.before_task_publish, before_task_publish_handler),
            (signals.task_prerun, task_prerun_handler),
            (signals.task_success, task_success_handler),
            (signals.task_failure, task_failure_handler),
            (signals.task_postrun, task_postrun_handler),
        ]


def _apply_async(original: Library) -> Library:
    @functools.wraps(original)
    def apply_async(
        task: Library,
        args: Library = None,
        kwargs: Library = None,
        task_id: str | None = None,
        *others: Library,
        **options: Library,
    ) -> Library:
        task_id = task_id or imported("celery.utils").uuid()
        name = f"Celery:apply_async:{task.name}"
        span = attempt(start_child_span, name, None, get_current_span())
        if span is None:
            return original(task, args, kwargs, task_id, *others, **options)
        attempt(_set_tags, span, task.name, task_id, tags.SPAN_KIND_RPC_CLIENT)
        with span, span_in_context(span):
            return original(task, args, kwargs, task_id, *others, **options)

    return apply_async


def _set_tags(
    span: opentracing.Span, task_name: str, task_id: str, span_kind: str
) -> None:
    span.set_tag(tags.SPAN_KIND, span_kind)
    span.set_tag(tags.COMPONENT, "Celery")
    span.set_tag("celery.task_name", task_name)
    span.set_tag("celery.task_id", task_id)


def before_task_publish_handler(headers: Library, **_: object) -> None:
    """Add the context of the current span to a message."""
    span = get_current_span()
    if span is not None and headers is not None:
        attempt(_inject, span, headers)


def _inject(span: opentracing.Span, headers: dict[str, object]) -> None:
    carrier: dict[str, str] = {}
    opentracing.tracer.inject(span.context, Format.TEXT_MAP, carrier)
    headers[_HEADER] = carrier


def task_prerun_handler(task: Library, task_id: str, **_: object) -> None:
    """Start the span of a run of a task, and make it active."""
    attempt(_start, task, task_id)


def _start(task: Library, task_id: str) -> None:
    request, name = task.request, f"Celery:run:{task.name}"
    headers: Library = request.get("headers") or {}
    carrier: Library = request.get(_HEADER) or headers.get(_HEADER)
    if carrier:
        context = attempt(opentracing.tracer.extract, Format.TEXT_MAP, carrier)
        span = opentracing.tracer.start_span(name, child_of=context)
    else:
        span = start_child_span(name, parent=get_current_span())
    _set_tags(span, task.name, task_id, tags.SPAN_KIND_RPC_SERVER)
    setattr(request, _SCOPE, span_in_context(span))


def task_success_handler(sender: Library, **_: object) -> None:
    """Finish the span of a run that succeeded."""
    attempt(_finish, sender, None, None)


def task_failure_handler(
    sender: Library,
    exception: BaseException,
    traceback: Library,
    **_: object,
) -> None:
    """Finish the span of a run that raised."""
    attempt(_finish, sender, exception, traceback)


def task_postrun_handler(task: Library, **_: object) -> None:
    """Finish the span of a run that ended otherwise: with a retry, for example."""
    attempt(_finish, task, None, None)


def _finish(task: Library, error: BaseException | None, traceback: Library) -> None:
    scope: Library = getattr(task.request, _SCOPE, None)
    if scope is not None:
        setattr(task.request, _SCOPE, None)
        scope.close()
        kind = None if error is None else type(error)
        scope.span.__exit__(kind, error, traceback)


patcher = CeleryPatcher()
install_patches, reset_patches, set_patcher = functions_of(globals())
