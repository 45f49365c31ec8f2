"""
Finished spans of OpenTelemetry's SDK, as the Thrift encoders read them.

Thrift has fewer fields than the SDK, so the others become tags, under the names that
OpenTelemetry specifies for Jaeger and that Jaeger itself uses for spans over OTLP:

| of the span | in Thrift |
| --- | --- |
| resource | tags of the process; `service.name` is the name of the service |
| scope | tags `otel.scope.name`, `otel.scope.version` |
| kind | tag `span.kind` |
| status | tags `otel.status_code`, `otel.status_description`, and `error` |
| trace state | tag `w3c.tracestate` |
| events | logs with the field `event` |
| links | references: CHILD_OF by `opentracing.ref_type`, otherwise FOLLOWS_FROM |
| lists, mappings | JSON text |
| times | microseconds, rounded down |
| dropped counts | tags `otel.dropped_..._count` |

Attributes of links and of the scope, schema URLs and nanoseconds are lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import opentracing

from jaeger_client.constants import DEBUG_FLAG, SAMPLED_FLAG, SPAN_KIND
from jaeger_client.encoding.plain import PlainIds, PlainLog, PlainSpan
from jaeger_client.encoding.varint import MASK_64
from jaeger_client.model import Process, TagItem
from jaeger_client.otel.debug import is_debug
from jaeger_client.otel.readable import (
    MAX_GROUPS,
    SERVICE_NAME,
    context_of,
    ids_of,
    times_of,
    trace_state_of,
)
from jaeger_client.otel.values import optional_text, tag_items, text

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.trace import Link, SpanContext

_ERROR: Final = 2
_STATUS_CODES: Final = {1: "OK", _ERROR: "ERROR"}
"""Tags by the number of the SDK's `StatusCode`."""


class ThriftConverter:
    """
    Converts spans for the Thrift encoders; `extra` is the `Process`.

    Used by one thread at a time.
    """

    def __init__(self) -> None:
        self._processes: dict[int, tuple[Resource, Process]] = {}

    def convert(self, span: ReadableSpan) -> PlainSpan:
        """Return *span*, or raise; see `Converter`."""
        context = context_of(span)
        start_ns, end_ns = times_of(span)
        start, end = _seconds(start_ns // 1000, (end_ns - start_ns) // 1000)
        return PlainSpan(
            ids=PlainIds(
                *ids_of(context),
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

    def group_of(self, span: PlainSpan) -> Process:
        """Return the process of a converted span."""
        return process_of(span)

    def _process(self, resource: Resource) -> Process:
        # By identity: the hash of a resource is that of its JSON. The resource is
        # stored, too, so that its id is not reused.
        found = self._processes.get(id(resource))
        if found is None:
            if len(self._processes) >= MAX_GROUPS:
                self._processes.clear()
            items = tag_items(resource.attributes)
            name = str(dict(items).get(SERVICE_NAME, ""))
            tags = tuple([item for item in items if item[0] != SERVICE_NAME])
            found = resource, Process(name, tags)
            self._processes[id(resource)] = found
        return found[1]


def process_of(span: object) -> Process:
    """Return the `Process` of a span that `ThriftConverter` has returned."""
    return cast("Process", cast("PlainSpan", span).extra)


def _seconds(start_us: int, duration_us: int) -> tuple[float, float]:
    """
    Return start and end in seconds, from which encoders compute these microseconds.

    They truncate what they compute, and a float of seconds since the epoch is exact to
    0.1 µs only. So half a microsecond is added to both.
    """
    start = (start_us + 0.5) / 1e6
    return start, start + (duration_us + (0.5 if duration_us >= 0 else -0.5)) / 1e6


def _jaeger_flags(context: SpanContext) -> int:
    # W3C's flag 2, a random trace id, must not become Jaeger's flag 2, debug.
    flags = int(context.trace_flags) & SAMPLED_FLAG
    return flags | DEBUG_FLAG if is_debug(context.trace_state) else flags


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
        ("w3c.tracestate", trace_state_of(context_of(span))),
    ]
    texts = [(key, optional_text(value)) for key, value in items]
    tags: list[TagItem] = [item for item in texts if item[1]]
    if status.status_code.value == _ERROR:
        tags.append(("error", True))
    if span.dropped_links:
        tags.append(("otel.dropped_links_count", span.dropped_links))
    return tags


def _reference(link: Link) -> opentracing.Reference:
    kind = (link.attributes or {}).get("opentracing.ref_type")
    kind = "child_of" if kind == "child_of" else "follows_from"
    ids = PlainIds(*ids_of(link.context))
    return opentracing.Reference(kind, cast("opentracing.SpanContext", ids))


def _log(event: Event) -> PlainLog:
    items = tag_items(event.attributes)
    # An attribute `event` takes precedence over the name, as in Jaeger.
    if all(key != "event" for key, _ in items):
        items.insert(0, ("event", text(event.name)))
    if event.dropped_attributes:
        items.append(("otel.event.dropped_attributes_count", event.dropped_attributes))
    return int(event.timestamp) // 1000, items
