"""What arrived: plain values, as any receiver of the wire sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TagValue = str | bool | int | float | bytes
"""What a tag can be on the wire."""

Tags = tuple[tuple[str, TagValue], ...]
"""Keys and values in the order they came; a key may come twice."""


@dataclass(frozen=True, slots=True)
class ReceivedLog:
    """What a span noted at one time."""

    timestamp_us: int
    fields: Tags


@dataclass(frozen=True, slots=True)
class ReceivedSpan:
    """One span."""

    trace_id: int
    span_id: int
    parent_id: int
    """0 for none."""
    operation_name: str
    start_us: int
    """Microseconds since the epoch."""
    duration_us: int
    flags: int
    tags: Tags
    logs: Sequence[ReceivedLog]


@dataclass(frozen=True, slots=True)
class ReceivedBatch:
    """Spans of one process."""

    service_name: str
    process_tags: Tags
    spans: Sequence[ReceivedSpan]
