"""
Arguments of `start_span` and `inject` that have an unexpected type.

Tracing must not break an application that passes them: each is converted to what it
most likely means, or ignored with a warning in the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, cast

import opentracing
from opentracing import Reference

from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client.constants import SPAN_KIND, SPAN_KIND_SERVER
from jaeger_client.errors import ForeignSpanContextError
from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext

MAX_REFERENCES: Final = 4096
"""Maximum number of references of a span, as of its tags and logs."""

_NO_CONTEXT: Final = SpanContext(None, None, None, None)  # type: ignore[arg-type]  # no trace, no ids

_NO_PARENT = RateLimitedWarning(
    "a parent must be a jaeger_client.Span or SpanContext, got %s; it is ignored",
)
_NO_TAGS = RateLimitedWarning("tags must be a mapping, got %s; they are ignored")
_NO_REFERENCES = RateLimitedWarning(
    "references must be opentracing.Reference objects, got %s; it is ignored",
)
_TOO_MANY_REFERENCES = RateLimitedWarning(
    "a span has more than %d references: further ones are dropped. Use more spans",
)


def context_of(parent: object) -> SpanContext:
    """Return the context of *parent*, or an empty one if it is of the wrong type."""
    context = getattr(parent, "context", parent)
    if isinstance(context, SpanContext):
        return context
    # OpenTracing's own no-op span is valid: it means that there is no trace.
    if not isinstance(parent, (opentracing.Span, opentracing.SpanContext)):
        _NO_PARENT.warn(type(parent).__name__)
    return _NO_CONTEXT


def injectable(thing: object) -> SpanContext:
    """
    Return the context of *thing*: a span or a context, of a subclass too.

    Raises:
        ForeignSpanContextError: If it belongs to another tracer.
    """
    context = thing.context if isinstance(thing, Span) else thing
    if isinstance(context, SpanContext):
        return context
    raise ForeignSpanContextError(context)


def with_context(references: object) -> list[Reference]:
    """Return one reference or several as a list, without those that have no context."""
    usable: list[Reference] = []
    try:
        many = (references,) if isinstance(references, Reference) else references
        for reference in cast("Iterable[object]", many):
            if not isinstance(reference, Reference):
                _NO_REFERENCES.warn(type(reference).__name__)
            elif reference.referenced_context is not None:
                if len(usable) >= MAX_REFERENCES:
                    _TOO_MANY_REFERENCES.warn(MAX_REFERENCES)
                    break
                usable.append(reference)
    except Exception as error:  # noqa: BLE001 - the argument may be of any type
        _NO_REFERENCES.warn(error)
    return usable


def as_dict(tags: object) -> dict[str, object] | None:
    """Return a mapping that is not a dict as a dict; `None` if it is not a mapping."""
    try:
        return dict(cast("Mapping[str, object]", tags))
    except Exception:  # noqa: BLE001 - the argument may be of any type
        _NO_TAGS.warn(type(tags).__name__)
        return None


def is_server(tags: Mapping[str, object] | None) -> bool:
    """Return whether *tags* are those of a server span."""
    try:
        return tags is not None and bool(tags.get(SPAN_KIND) == SPAN_KIND_SERVER)
    except Exception:  # noqa: BLE001 - the value's own code may raise anything
        return False
