"""Spans of plain values, to be encoded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from opentracing import Reference

from jaeger_client.encoding.base import Encoder, Payload
from jaeger_client.model import SpanData

LARGE = 8_000_000


@dataclass
class Ids:
    """The span context that encoders read."""

    trace_id: Any = 0x1234
    span_id: Any = 0x56
    parent_id: Any = None
    flags: Any = 1


@dataclass
class FinishedSpan:
    """A span as the encoders read it; every part may be replaced by any object."""

    ids: Any = field(default_factory=Ids)
    operation_name: Any = "GET /customers"
    start_time: Any = 1_700_000_000.25
    end_time: Any = 1_700_000_000.75
    references: Sequence[Reference] | None = None
    # Lists, because the compiled writers leave spans that have others to the reference.
    tag_items: Iterable[Any] = field(default_factory=list[Any])
    log_items: Iterable[Any] = field(default_factory=list[Any])
    shares_span_id: Any = False
    dropped_tags: Any = 0
    dropped_logs: Any = 0


def reference(kind: str, trace_id: object, span_id: object) -> Reference:
    """Return a reference of *kind* `child_of` or `follows_from`."""
    context: Any = Ids(trace_id, span_id)
    return Reference(kind, context)


def encode_all(
    encoder: Encoder, spans: Sequence[SpanData], limit: int = LARGE
) -> list[Payload]:
    """Return all payloads of *spans*."""
    return list(encoder.encode(spans, limit=limit))


def encode_one(encoder: Encoder, span: SpanData, limit: int = LARGE) -> bytes:
    """Return the body of the one payload of *span*."""
    (payload,) = encode_all(encoder, [span], limit)
    return payload.body
