"""
Finished spans of OpenTelemetry's SDK, converted to what the encoders read.

One function for each kind of encoder. Both take the SDK's `ReadableSpan` and return a
`PlainSpan`; its `extra` is the part that only that encoder reads. Each part of the
result is of the type that the encoders rely on, whatever the application has set.

**Thrift** has fewer fields, so the others become tags, under the names that
OpenTelemetry specifies for Jaeger and that Jaeger itself uses for spans over OTLP:

| of the span | in Thrift |
| --- | --- |
| resource | tags of the process; `service.name` is the name of the service |
| scope | tags `otel.scope.name`, `otel.scope.version` |
| kind | tag `span.kind` |
| status | tags `otel.status_code`, `otel.status_description`, and `error` |
| trace state | tag `w3c.tracestate` |
| events | logs with the field `event` |
| links | references: CHILD_OF if `opentracing.ref_type` says so, else FOLLOWS_FROM |
| lists, mappings | JSON text |
| times | microseconds, rounded down |
| dropped counts | tags `otel.dropped_..._count` |

Attributes of links and of the scope, schema URLs and nanoseconds are lost.

**OTLP** has a field for everything.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import opentracing

from jaeger_client.constants import DEBUG_FLAG, SAMPLED_FLAG, SPAN_KIND
from jaeger_client.encoding.plain import PlainIds, PlainLog, PlainSpan
from jaeger_client.encoding.varint import MASK_32, MASK_64, MASK_128
from jaeger_client.model import Process, TagItem
from jaeger_client.otel.values import (
    NestedValue,
    nested_items,
    optional_text,
    tag_items,
    text,
)

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import Link, SpanContext

SERVICE_NAME: Final = "service.name"
"""The attribute of a resource that is the name of the service."""

STATUS_OK: Final = 1
STATUS_ERROR: Final = 2

_STATUS_CODES: Final = {STATUS_OK: "OK", STATUS_ERROR: "ERROR"}
_DEBUG_STATE: Final = ("jaeger", "debug")
"""The member of a trace state that marks a debug trace, as in our codec `w3c`."""

# OTLP, SpanFlags: bits 0 to 7 are W3C's, the others describe the parent or the link.
_W3C_FLAGS: Final = 0xFF
_HAS_IS_REMOTE: Final = 0x100
_IS_REMOTE: Final = 0x200

_MAX_GROUPS: Final = 256
"""Number of resources and scopes whose conversion is stored."""


class OtlpGroup(NamedTuple):
    """Resource and scope of spans that are written together."""

    process: Process
    """
    The resource; if its `service.name` is not text, the name of the service is empty
    and the attribute one of the tags.
    """
    resource_schema_url: str
    scope_name: str
    scope_version: str
    scope_items: list[tuple[str, NestedValue]]
    scope_schema_url: str


class OtlpLink(NamedTuple):
    """A link."""

    ids: PlainIds
    trace_state: str
    items: list[tuple[str, NestedValue]]
    dropped: int
    flags: int


class EventFields(NamedTuple):
    """Name and attributes of an event; stands for the fields of a log."""

    name: str
    items: list[tuple[str, NestedValue]]
    dropped: int


class OtlpFields(NamedTuple):
    """What OTLP has for a span beyond the fields of `PlainSpan`."""

    group: OtlpGroup
    trace_state: str
    kind: int
    """Number of the enum `SpanKind` of OTLP."""
    start_ns: int
    end_ns: int
    links: list[OtlpLink]
    dropped_links: int
    status_code: int
    status_message: str
    flags: int


class ThriftConverter:
    """
    Converts spans for the Thrift encoders; `extra` is the `Process`.

    Used by one thread at a time.
    """

    def __init__(self) -> None:
        self._processes: dict[int, tuple[Resource, Process]] = {}

    def convert(self, span: ReadableSpan) -> PlainSpan:
        """
        Return *span* as a Thrift encoder reads it.

        Raises:
            Exception: If it has no usable ids or times.
        """
        context = _context_of(span)
        start_ns, end_ns = _times(span)
        start, end = _seconds(start_ns // 1000, (end_ns - start_ns) // 1000)
        return PlainSpan(
            ids=PlainIds(
                *_ids(context),
                span.parent.span_id & MASK_64 if span.parent else 0,
                _jaeger_flags(context),
            ),
            operation_name=text(span.name),
            start_time=start,
            end_time=end,
            references=[_reference(link) for link in span.links],
            tag_items=[*tag_items(span.attributes), *_tags_of_fields(span)],
            log_items=[_log(event) for event in span.events],
            dropped_tags=span.dropped_attributes,
            dropped_logs=span.dropped_events,
            extra=self._process(span.resource),
        )

    def _process(self, resource: Resource) -> Process:
        # By identity: the hash of a resource is that of its JSON. The resource is
        # stored, too, so that its id is not reused.
        found = self._processes.get(id(resource))
        if found is None:
            if len(self._processes) >= _MAX_GROUPS:
                self._processes.clear()
            items = tag_items(resource.attributes)
            name = str(dict(items).get(SERVICE_NAME, ""))
            tags = tuple([item for item in items if item[0] != SERVICE_NAME])
            found = resource, Process(name, tags)
            self._processes[id(resource)] = found
        return found[1]


class OtlpConverter:
    """
    Converts spans for `OtlpSpanEncoder`; `extra` are `OtlpFields`.

    Used by one thread at a time.
    """

    def __init__(self) -> None:
        self._groups: dict[
            tuple[int, InstrumentationScope | None], tuple[Resource, OtlpGroup]
        ] = {}

    def convert(self, span: ReadableSpan) -> PlainSpan:
        """
        Return *span* as `OtlpSpanEncoder` reads it.

        Raises:
            Exception: If it has no usable ids or times.
        """
        context, parent = _context_of(span), span.parent
        start_ns, end_ns = _times(span)
        parent_id = parent.span_id & MASK_64 if parent else None
        return PlainSpan(
            ids=PlainIds(*_ids(context), parent_id),
            operation_name=text(span.name),
            start_time=start_ns / 1e9,
            end_time=end_ns / 1e9,
            references=[],
            tag_items=cast("list[TagItem]", nested_items(span.attributes)),
            log_items=[_event(event) for event in span.events],
            dropped_tags=span.dropped_attributes,
            dropped_logs=span.dropped_events,
            extra=OtlpFields(
                group=self._group(span.resource, span.instrumentation_scope),
                trace_state=_trace_state(context),
                kind=span.kind.value + 1,
                start_ns=start_ns,
                end_ns=end_ns,
                links=[_link(link) for link in span.links],
                dropped_links=span.dropped_links,
                status_code=span.status.status_code.value,
                status_message=optional_text(span.status.description),
                flags=_otlp_flags(context, parent),
            ),
        )

    def _group(
        self, resource: Resource, scope: InstrumentationScope | None
    ) -> OtlpGroup:
        # Resources by identity, as above; scopes by equality, because each call of
        # `get_tracer` creates one.
        found = self._groups.get((id(resource), scope))
        if found is None:
            if len(self._groups) >= _MAX_GROUPS:
                self._groups.clear()
            found = resource, _new_group(resource, scope)
            self._groups[id(resource), scope] = found
        return found[1]


def _new_group(resource: Resource, scope: InstrumentationScope | None) -> OtlpGroup:
    attributes = dict(nested_items(resource.attributes))
    name = attributes.get(SERVICE_NAME)
    if isinstance(name, str) and name:
        del attributes[SERVICE_NAME]
    else:
        name = ""
    return OtlpGroup(
        Process(name, cast("tuple[TagItem, ...]", tuple(attributes.items()))),
        optional_text(resource.schema_url),
        optional_text(scope.name) if scope else "",
        optional_text(scope.version) if scope else "",
        nested_items(scope.attributes) if scope else [],
        optional_text(scope.schema_url) if scope else "",
    )


def _context_of(span: ReadableSpan) -> SpanContext:
    context = span.get_span_context()
    if context is None or not (context.trace_id and context.span_id):
        msg = "the span has no ids"
        raise ValueError(msg)
    return context


def _ids(context: SpanContext) -> tuple[int, int]:
    return context.trace_id & MASK_128, context.span_id & MASK_64


def _times(span: ReadableSpan) -> tuple[int, int]:
    """Return start and end in nanoseconds; a span without an end ends at its start."""
    start = span.start_time or 0
    end = start if span.end_time is None else span.end_time
    return int(start), int(end)


def _seconds(start_us: int, duration_us: int) -> tuple[float, float]:
    """
    Return start and end in seconds, from which encoders compute these microseconds.

    They truncate what they compute, and a float of seconds since the epoch is exact to
    0.1 µs only. So half a microsecond is added to both.
    """
    start = (start_us + 0.5) / 1e6
    return start, start + (duration_us + (0.5 if duration_us >= 0 else -0.5)) / 1e6


def _trace_state(context: SpanContext) -> str:
    items = context.trace_state.items() if context.trace_state else ()
    return text(",".join([f"{key}={value}" for key, value in items]))


def _jaeger_flags(context: SpanContext) -> int:
    # W3C's flag 2, a random trace id, must not become Jaeger's flag 2, debug.
    flags = int(context.trace_flags) & SAMPLED_FLAG
    key, debug = _DEBUG_STATE
    is_debug = bool(context.trace_state) and context.trace_state.get(key) == debug
    return flags | DEBUG_FLAG if is_debug else flags


def _otlp_flags(context: SpanContext, other: SpanContext | None) -> int:
    """Return the flags of *context*, and whether *other* is remote."""
    is_remote = other is not None and other.is_remote
    flags = int(context.trace_flags) & _W3C_FLAGS | _HAS_IS_REMOTE
    return flags | _IS_REMOTE if is_remote else flags


def _tags_of_fields(span: ReadableSpan) -> list[TagItem]:
    """Return the tags for the fields of *span* that Thrift does not have."""
    scope, status = span.instrumentation_scope, span.status
    code = _STATUS_CODES.get(status.status_code.value, "")
    items = [
        ("otel.scope.name", scope.name if scope else None),
        ("otel.scope.version", scope.version if scope else None),
        (SPAN_KIND, span.kind.name.lower()),
        ("otel.status_code", code),
        ("otel.status_description", status.description),
        ("w3c.tracestate", _trace_state(_context_of(span))),
    ]
    texts = [(key, optional_text(value)) for key, value in items]
    tags: list[TagItem] = [item for item in texts if item[1]]
    if status.status_code.value == STATUS_ERROR:
        tags.append(("error", True))
    if span.dropped_links:
        tags.append(("otel.dropped_links_count", span.dropped_links))
    return tags


def _reference(link: Link) -> opentracing.Reference:
    kind = (link.attributes or {}).get("opentracing.ref_type")
    kind = "child_of" if kind == "child_of" else "follows_from"
    ids = PlainIds(*_ids(link.context))
    return opentracing.Reference(kind, cast("opentracing.SpanContext", ids))


def _log(event: Event) -> PlainLog:
    items = tag_items(event.attributes)
    # An attribute `event` takes precedence over the name, as in Jaeger.
    if all(key != "event" for key, _ in items):
        items.insert(0, ("event", text(event.name)))
    if event.dropped_attributes:
        items.append(("otel.event.dropped_attributes_count", event.dropped_attributes))
    return int(event.timestamp) // 1000, items


def _event(event: Event) -> PlainLog:
    fields = EventFields(
        text(event.name), nested_items(event.attributes), event.dropped_attributes
    )
    return operator.index(event.timestamp), cast("list[TagItem]", fields)


def _link(link: Link) -> OtlpLink:
    context = link.context
    return OtlpLink(
        PlainIds(*_ids(context)),
        _trace_state(context),
        nested_items(link.attributes),
        link.dropped_attributes & MASK_32,
        _otlp_flags(context, context),
    )


def fields_of(span: object) -> OtlpFields:
    """Return the `OtlpFields` of a span that `OtlpConverter` has returned."""
    return cast("OtlpFields", cast("PlainSpan", span).extra)


def process_of(span: object) -> Process:
    """Return the `Process` of a span that `ThriftConverter` has returned."""
    return cast("Process", cast("PlainSpan", span).extra)


def grouped(spans: Sequence[PlainSpan]) -> list[PlainSpan]:
    """Return *spans* so that those of one process, or one group, are neighbours."""
    groups: dict[int, list[PlainSpan]] = {}
    for span in spans:
        extra = span.extra
        group = extra.group if isinstance(extra, OtlpFields) else extra
        groups.setdefault(id(group), []).append(span)
    return [span for group in groups.values() for span in group]
