"""
Finished spans of OpenTelemetry's SDK, as `OtlpSpanEncoder` reads them.

OTLP has a field for everything. A converted span is a `PlainSpan`, whose ids, name,
attributes and events the packing and shrinking of spans read, and `OtlpFields` in its
`extra`, with the rest. Values of attributes may be nested, and times of events are
nanoseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from jaeger_client._internal.named_tuple import NamedTuple
from jaeger_client.encoding.plain import PlainIds, PlainLog, PlainSpan
from jaeger_client.encoding.varint import MASK_32, MASK_64
from jaeger_client.model import Process, TagItem
from jaeger_client.otel.readable import (
    MAX_GROUPS,
    SERVICE_NAME,
    context_of,
    ids_of,
    times_of,
    trace_state_of,
)
from jaeger_client.otel.values import NestedValue, nested_items, optional_text, text

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import Link, SpanContext

# SpanFlags of trace.proto: bits 0 to 7 are W3C's, the others describe the parent of a
# span, or the other end of a link.
_W3C_FLAGS: Final = 0xFF
_HAS_IS_REMOTE: Final = 0x100
_IS_REMOTE: Final = 0x200


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
        """Return *span*, or raise; see `Converter`."""
        context, parent = context_of(span), span.parent
        start_ns, end_ns = times_of(span)
        parent_id = parent.span_id & MASK_64 if parent else None
        return PlainSpan(
            ids=PlainIds(*ids_of(context), parent_id),
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
                trace_state=trace_state_of(context),
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

    def group_of(self, span: PlainSpan) -> OtlpGroup:
        """Return resource and scope of a converted span."""
        return fields_of(span).group

    def _group(
        self, resource: Resource, scope: InstrumentationScope | None
    ) -> OtlpGroup:
        # Resources by identity: their hash is that of their JSON. Scopes by equality,
        # because each call of `get_tracer` creates one.
        found = self._groups.get((id(resource), scope))
        if found is None:
            if len(self._groups) >= MAX_GROUPS:
                self._groups.clear()
            found = resource, _new_group(resource, scope)
            self._groups[id(resource), scope] = found
        return found[1]


def fields_of(span: object) -> OtlpFields:
    """Return the `OtlpFields` of a span that `OtlpConverter` has returned."""
    return cast("OtlpFields", cast("PlainSpan", span).extra)


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


def _otlp_flags(context: SpanContext, other: SpanContext | None) -> int:
    """Return the flags of *context*, and whether *other* is remote."""
    is_remote = other is not None and other.is_remote
    flags = int(context.trace_flags) & _W3C_FLAGS | _HAS_IS_REMOTE
    return flags | _IS_REMOTE if is_remote else flags


def _event(event: Event) -> PlainLog:
    fields = EventFields(
        text(event.name), nested_items(event.attributes), event.dropped_attributes
    )
    return int(event.timestamp), cast("list[TagItem]", fields)


def _link(link: Link) -> OtlpLink:
    context = link.context
    return OtlpLink(
        PlainIds(*ids_of(context)),
        trace_state_of(context),
        nested_items(link.attributes),
        link.dropped_attributes & MASK_32,
        _otlp_flags(context, context),
    )
