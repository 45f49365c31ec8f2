"""The structs of `jaeger.thrift` as plain classes, without Thrift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from jaeger_client._internal.tag_lists import Log, Tag, TagType

__all__ = [
    "Batch",
    "BatchSubmitResponse",
    "Log",
    "Process",
    "Span",
    "SpanRef",
    "SpanRefType",
    "Tag",
    "TagType",
]


class SpanRefType:
    """Values of `SpanRef.refType`."""

    CHILD_OF: ClassVar = 0
    FOLLOWS_FROM: ClassVar = 1
    _VALUES_TO_NAMES: ClassVar = {0: "CHILD_OF", 1: "FOLLOWS_FROM"}
    _NAMES_TO_VALUES: ClassVar = {"CHILD_OF": 0, "FOLLOWS_FROM": 1}


@dataclass
class SpanRef:
    """A reference to another span."""

    refType: int | None = None
    traceIdLow: int | None = None
    traceIdHigh: int | None = None
    spanId: int | None = None


@dataclass
class Span:
    """A finished span; ids are signed, times are in microseconds."""

    traceIdLow: int | None = None
    traceIdHigh: int | None = None
    spanId: int | None = None
    parentSpanId: int | None = None
    operationName: str | None = None
    references: list[SpanRef] | None = None
    flags: int | None = None
    startTime: int | None = None
    duration: int | None = None
    tags: list[Tag] | None = None
    logs: list[Log] | None = None


@dataclass
class Process:
    """The service that reports, and the tags that all its spans have in common."""

    serviceName: str | None = None
    tags: list[Tag] | None = None


@dataclass
class Batch:
    """Spans of one process."""

    process: Process | None = None
    spans: list[Span] | None = None


@dataclass
class BatchSubmitResponse:
    """A collector's response to a batch."""

    ok: bool | None = None
