"""Scopes and the tracer return this library's spans, not just OpenTracing's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaeger_client import Span, SpanContext, Tracer
from jaeger_client.reporter import NullReporter
from jaeger_client.sampler import ConstSampler

if TYPE_CHECKING:
    from typing_extensions import assert_type

tracer = Tracer("bakery", NullReporter(), ConstSampler(decision=True))

with tracer.start_active_span("op") as scope:
    span, active = scope.span, tracer.active_span
    if TYPE_CHECKING:
        assert_type(span, Span)
        assert_type(active, Span | None)
        assert_type(span.context, SpanContext)
        assert_type(span.trace_id, int)
        assert_type(span.parent_id, int | None)
        assert_type(span.end_time, float | None)
    tag_keys: list[str] = [tag.key for tag in span.tags]
    log_times: list[int] = [log.timestamp for log in span.logs]

    active.set_tag("key", "value")  # wrong
    span.set_tag(1, "value")  # wrong
    key: int = span.tags[0].key  # wrong

if TYPE_CHECKING:
    assert_type(tracer.flush(timeout=1.0), bool)
    assert_type(tracer.close(timeout=1.0).result(), bool)


async def stop() -> None:
    """Close the tracer of an asyncio application."""
    left: str = await tracer.aclose()  # wrong
    print(left)
