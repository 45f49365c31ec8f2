"""
Spans as OTLP: each payload is one `ExportTraceServiceRequest`, for HTTP port 4318.

Jaeger converts Thrift spans to OTLP when it receives them. This encoder applies the
same rules, so that a trace looks the same in Jaeger in either format:

- `span.kind` becomes the kind and is not an attribute;
- `error`, `otel.status_code` or `http.status_code` become the status;
- a log becomes an event, named by its `event` field;
- references other than the parent become links, with the attribute
  `opentracing.ref_type`: `child_of` or `follows_from`;
- process tags become attributes of the resource, `hostname` as `host.name`; the name of
  the service is `service.name`, this client is `telemetry.sdk.name`, `.language` and
  `.version`;
- times are whole microseconds, as in Thrift, written in nanoseconds.

`sampler.type` and `sampler.param` stay attributes, because Jaeger's adaptive sampling
reads them. OTLP has no debug flag: a debug span has the attribute `jaeger.debug`.

Spans are written by `otlp_writer`, compiled or not. Here is the frame around them, of
opentelemetry/proto/collector/trace/v1 and opentelemetry/proto/trace/v1/trace.proto:

```text
Request        1 ResourceSpans
ResourceSpans  1 Resource (1 attributes)  2 ScopeSpans (2 spans)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jaeger_client._native import IS_COMPILED
from jaeger_client.constants import JAEGER_HOSTNAME_TAG_KEY, __version__
from jaeger_client.encoding import otlp_writer
from jaeger_client.encoding.otlp_attributes import write_attribute, write_field
from jaeger_client.encoding.packing import Frame, PackingEncoder
from jaeger_client.encoding.plain import plain_items, plain_text
from jaeger_client.encoding.varint import write_varint
from jaeger_client.model import LogItem, Process, SpanData, TagValue

if TYPE_CHECKING or not IS_COMPILED:
    _COMPILED = None
else:
    from jaeger_client._native import otlp_writer as native

    _COMPILED = native.OtlpWriter(otlp_writer)

# Tags of fields: number << 3 | 2, the wire type of messages.
RESOURCE: Final = 0x0A  # ResourceSpans: 1 resource
RESOURCE_SPANS: Final = 0x0A  # Request: 1 resource_spans
RESOURCE_ATTRIBUTE: Final = 0x0A  # Resource: 1 attributes
SCOPE_SPANS: Final = 0x12  # ResourceSpans: 2 scope_spans

# Attributes of the resource that identify this client.
_SDK: Final = {
    "telemetry.sdk.name": "jaeger-client",
    "telemetry.sdk.language": "python",
    "telemetry.sdk.version": __version__,
}


class OtlpEncoder(PackingEncoder):
    """
    Encodes each payload as one `ExportTraceServiceRequest`, for HTTP port 4318.

    Used by one thread at a time.
    """

    content_type = "application/x-protobuf"
    _span_writer = _COMPILED

    def _use_process(self, process: Process) -> int:
        attributes = bytearray()
        for key, value in _resource_items(process).items():
            write_attribute(attributes, RESOURCE_ATTRIBUTE, key, value)
        self._resource = bytearray()
        write_field(self._resource, RESOURCE, attributes)
        return len(self._resource)

    def _write_span(self, out: bytearray, span: SpanData, max_size: int) -> None:
        otlp_writer.write_span(out, span, max_size)

    def _write_log(self, out: bytearray, log: LogItem) -> None:
        otlp_writer.write_log(out, log)

    def _frame(self) -> Frame:
        # Sizes come first in protobuf, so the frame is written for each set of spans.
        resource = self._resource

        def before(_count: int, spans_size: int) -> bytes:
            return frame_before(resource, spans_size)

        return Frame(before, b"")


def frame_before(
    resource: bytes | bytearray, scope_spans_size: int, *, after: int = 0
) -> bytes:
    """
    Return what precedes the fields of a `ScopeSpans`, *scope_spans_size* bytes.

    *after* is the number of bytes of the `ResourceSpans` that follow these.
    """
    fields = bytearray(resource)
    fields.append(SCOPE_SPANS)
    write_varint(fields, scope_spans_size)
    out = bytearray((RESOURCE_SPANS,))
    write_varint(out, len(fields) + scope_spans_size + after)
    return bytes(out + fields)


def _resource_items(process: Process) -> dict[str, TagValue]:
    # A dict, because the keys of a resource must not repeat; the last value counts.
    items = _SDK | dict(plain_items(process.tags))
    if JAEGER_HOSTNAME_TAG_KEY in items:
        items["host.name"] = items.pop(JAEGER_HOSTNAME_TAG_KEY)
    return items | {"service.name": plain_text(process.service_name)}
