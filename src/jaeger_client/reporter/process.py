"""From the tracer's tags to the process that travels with each batch."""

from __future__ import annotations

from collections.abc import Mapping

from jaeger_client._internal.span_records import to_tag_value
from jaeger_client.constants import MAX_TRACEBACK_LENGTH
from jaeger_client.model import Process


class _Limits:
    __slots__ = ("max_tag_value_length", "max_traceback_length")

    def __init__(self, max_tag_value_length: int) -> None:
        self.max_tag_value_length = max_tag_value_length
        self.max_traceback_length = MAX_TRACEBACK_LENGTH


def make_process(
    service_name: str,
    tags: Mapping[str, object] | None,
    max_length: int,
) -> Process:
    """Return the process; text in *tags* is cut at *max_length* characters."""
    limits = _Limits(max_length)
    items = (tags or {}).items()
    return Process(
        service_name=service_name,
        tags=tuple((key, to_tag_value(value, limits)) for key, value in items),
    )
