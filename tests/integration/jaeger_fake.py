"""A fake Jaeger for the demo: accepts OTLP, and serves the older query API."""

from __future__ import annotations

import gzip
import json
from typing import Any

from tests.foreign.decoders import attribute_pairs, decode_otlp
from tests.integration.http_servers import Request, make_response

_NOT_FOUND = 404
_STATUS_ERROR = 2


class JaegerFake:
    """Stores the spans that it receives; pass its `respond` to `serve_http`."""

    def __init__(self) -> None:
        self._traces: dict[str, dict[str, Any]] = {}

    def respond(self, request: Request) -> bytes:
        """Return the response to a request."""
        match request.target.strip("/").split("/"):
            case ["v1", "traces"]:
                body = gzip.decompress(request.body) if request.body else b""
                self._take(decode_otlp(body))
                return make_response()
            case ["api", "services"]:
                return make_response(body=b'{"data": []}')
            case ["api", "traces", trace_id] if trace_id in self._traces:
                response = {"data": [self._traces[trace_id]]}
                return make_response(body=json.dumps(response).encode())
            case _:
                return make_response(_NOT_FOUND, b'{"data": null}')

    def _take(self, request: Any) -> None:
        for resource_spans in request.resource_spans:
            attributes = dict(attribute_pairs(resource_spans.resource.attributes))
            for span in resource_spans.scope_spans[0].spans:
                self._keep(str(attributes["service.name"]), span)

    def _keep(self, service: str, span: Any) -> None:
        # As in the URL of Jaeger's page: the trace id without leading zeros.
        trace_id = span.trace_id.hex().lstrip("0")
        trace = self._traces.setdefault(trace_id, {"spans": [], "processes": {}})
        trace["processes"][service] = {"serviceName": service}
        trace["spans"].append(_to_json(service, span))


def _to_json(service: str, span: Any) -> dict[str, Any]:
    start, end = span.start_time_unix_nano, span.end_time_unix_nano
    parent = {"refType": "CHILD_OF", "spanID": span.parent_span_id.hex()}
    return {
        "spanID": span.span_id.hex(),
        "operationName": span.name,
        "references": [parent] if span.parent_span_id else [],
        "startTime": start // 1_000,
        "duration": (end - start) // 1_000,
        "tags": _to_tags(span.attributes) + _error_tags(span.status.code),
        "logs": [{"fields": _to_fields(event)} for event in span.events],
        "processID": service,
    }


def _to_fields(event: Any) -> list[dict[str, object]]:
    return [{"key": "event", "value": event.name}, *_to_tags(event.attributes)]


def _error_tags(status_code: int) -> list[dict[str, object]]:
    # Jaeger converts the status of OTLP to the tag `error`.
    return [{"key": "error", "value": True}] if status_code == _STATUS_ERROR else []


def _to_tags(attributes: Any) -> list[dict[str, object]]:
    return [{"key": key, "value": str(v)} for key, v in attribute_pairs(attributes)]
