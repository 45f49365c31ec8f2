"""A Jaeger that receives in every format, and what it shows of one batch of spans."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext

from tests.real.jaeger_query import JaegerQuery, Json
from tests.real.jaeger_server import OwnJaeger

HIDDEN: Final = "@jaeger@"
"""Beginning of the keys that Jaeger adds to stored spans."""


class AllRoutesJaeger(OwnJaeger):
    """A Jaeger on free ports that receives UDP, Thrift and OTLP."""

    def __init__(self, binary: Path, folder: Path) -> None:
        super().__init__(binary, "all-routes.yaml", folder)
        self.query = JaegerQuery(self.ports["QUERY_PORT"])

    def url(self, name: str, path: str) -> str:
        """Return the URL of *path* at the port *name*."""
        return f"http://127.0.0.1:{self.ports[name]}{path}"


@dataclass
class Shown:
    """A trace in both forms of the query API, in an order that can be compared."""

    ui: Json
    """As the web interface gets it."""
    otlp: list[Json]
    """As OTLP: each span with its resource and scope."""


@dataclass
class TraceMaker:
    """Gives the same spans other trace ids, so that each exporter has its own trace."""

    make: Callable[[int], Sequence[ReadableSpan]]
    """Returns the spans for a trace id."""
    trace_ids: list[int] = field(default_factory=list[int])

    def export(
        self, exporter: SpanExporter, trace_id: int, query: JaegerQuery
    ) -> Shown:
        """Export the spans and return what Jaeger shows of them."""
        spans = self.make(trace_id)
        assert SpanExportResult.SUCCESS == exporter.export(spans)
        text = f"{trace_id:032x}"
        trace = query.trace(text, len(spans))
        assert trace is not None
        own = query.otlp_trace(text)
        return Shown(_sorted_ui(_named(trace, text)), _flat(_named(own, text)))


def _named(value: Any, trace_id: str) -> Any:
    replaced = json.dumps(value).replace(trace_id, "the trace")
    # As Jaeger's web interface writes ids of 64 bits.
    return json.loads(replaced.replace(f'"{trace_id.lstrip("0")}"', '"the trace"'))


def _sorted_ui(trace: Json) -> Json:
    """Sort what Jaeger takes from maps, whose order means nothing."""
    for span in trace["spans"]:
        span["tags"].sort(key=_as_text)
        span["process"] = trace["processes"][span.pop("processID")]
        span["process"]["tags"].sort(key=_as_text)
        for log in span["logs"]:
            log["fields"].sort(key=_as_text)
        span["logs"].sort(key=_as_text)
    del trace["processes"]
    trace["spans"].sort(key=itemgetter("spanID"))
    return trace


def _flat(resource_spans: list[Json]) -> list[Json]:
    found: list[Json] = []
    for group in resource_spans:
        for scope in group["scopeSpans"]:
            for span in scope["spans"]:
                kept = [
                    item
                    for item in span.get("attributes", [])
                    if not item["key"].startswith(HIDDEN)
                ]
                found.append(
                    {
                        **span,
                        "attributes": sorted(kept, key=_as_text),
                        "resource": sorted(
                            group["resource"].get("attributes", []), key=_as_text
                        ),
                        "scope": scope.get("scope"),
                    }
                )
    return sorted(found, key=itemgetter("spanId"))


def _as_text(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def as_trace(spans: Sequence[ReadableSpan], trace_id: int) -> list[ReadableSpan]:
    """Return copies of *spans* with another trace id, and span ids from 1 on."""
    return [
        ReadableSpan(
            span.name,
            context=_moved(span.get_span_context(), trace_id, number),
            parent=_moved(span.parent, trace_id, 1) if number > 1 else None,
            resource=span.resource,
            attributes=span._attributes,  # with its count of dropped ones
            events=span._events,
            links=span._links,
            kind=span.kind,
            status=span.status,
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )
        for number, span in enumerate(spans, start=1)
    ]


def _moved(
    context: SpanContext | None, trace_id: int, span_id: int
) -> SpanContext | None:
    if context is None:
        return None
    return SpanContext(
        trace_id, span_id, context.is_remote, context.trace_flags, context.trace_state
    )
