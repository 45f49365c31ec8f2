"""
What a real Jaeger shows of spans of OpenTelemetry's SDK, by exporter.

The same spans are sent by OpenTelemetry's own exporter and by each of ours. Over OTLP
everything is equal, but for what ours adds; over Thrift the page shows the same, but
for the differences that are named here.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.attributes import BoundedAttributes
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanKind
from opentelemetry.trace.status import Status, StatusCode

from jaeger_client.otel.exporters import (
    JaegerOtlpExporter,
    JaegerThriftHttpExporter,
    JaegerThriftUdpExporter,
)
from tests.foreign.otel_spans import (
    MAX_THRIFT_TIME,
    START_NS,
    make_context,
    make_span,
    spans,
)
from tests.real.conftest import started
from tests.real.jaeger_query import Json
from tests.real.otel_jaeger import AllRoutesJaeger, Shown, TraceMaker, as_trace

FEW: Final = settings(
    max_examples=25,
    deadline=None,
    # Jaeger is shared by all examples; each has traces of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
EXPORTERS: Final = ("jaeger_otlp", "jaeger_thrift_http", "jaeger_thrift_udp")
THRIFT: Final = EXPORTERS[1:]
_trace_ids: Final = itertools.count(0xC0FFEE << 100)


@pytest.fixture(scope="module")
def all_routes(
    jaeger_binary: Path,
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> Iterator[AllRoutesJaeger]:
    """A Jaeger for the tests of this module."""
    jaeger = AllRoutesJaeger(jaeger_binary, tmp_path_factory.mktemp("jaeger"))
    with started("all_routes", jaeger, pytestconfig):
        yield jaeger


@pytest.fixture(scope="module")
def exporters(all_routes: AllRoutesJaeger) -> Iterator[dict[str, Any]]:
    """Our exporters by their names, and OpenTelemetry's own as `own`."""
    url = all_routes.url("OTLP_PORT", "/v1/traces")
    found: dict[str, Any] = {
        "own": OTLPSpanExporter(endpoint=url),
        "jaeger_otlp": JaegerOtlpExporter(url),
        "jaeger_thrift_http": JaegerThriftHttpExporter(
            all_routes.url("THRIFT_PORT", "/api/traces")
        ),
        "jaeger_thrift_udp": JaegerThriftUdpExporter(
            "127.0.0.1", all_routes.ports["UDP_PORT"]
        ),
    }
    yield found
    for exporter in found.values():
        exporter.shutdown()


def rich_spans(trace_id: int) -> list[ReadableSpan]:
    """Return spans of two resources and three scopes that use everything."""
    remote = make_context(trace_id, 0x1122334455667788, is_remote=True, flags=3)
    state = [("a", "b"), ("c", "d")]
    scope = InstrumentationScope("baking", "1.2", "https://scope", {"scope.attr": 5})
    links = [
        Link(make_context(5, 6, state=[("z", "y")]), {"la": [1.5, 2.5]}),
        Link(make_context(7, 8, is_remote=True), {"opentracing.ref_type": "child_of"}),
    ]
    events = [
        Event("mixed", {"k": 1, "l": ["x", "y"], "b": b"\0"}, START_NS + 1_999),
        Event("renamed", {"event": "other"}, START_NS + 2_000),
        Event("lost", BoundedAttributes(1, {"a": 1, "b": 2}), START_NS + 3_000),
    ]
    root = make_span(
        "root",
        context=make_context(trace_id, 1, flags=3, state=state),
        parent=remote,
        resource=Resource({"service.name": "bakery", "a.list": [1, 2]}, "https://res"),
        scope=scope,
        attributes=BoundedAttributes(
            12,
            {
                "dropped": 1,
                "text": "x",
                "unicode": "ä€😀",
                "int": -(2**63),
                "float": 0.1,
                "true": True,
                "bytes": b"\x00\xff",
                "texts": ["a", "ß"],
                "ints": [1, 2],
                "booleans": [True, False],
                "mapping": {"b": {"x": [1]}, "a": None},
                "nothing": None,
                "empty": (),
            },
        ),
        events=events,
        links=links,
        kind=SpanKind.SERVER,
        status=Status(StatusCode.ERROR, "burnt"),
    )
    others = [
        make_span(
            kind.name,
            context=make_context(trace_id, number, state=state),
            parent=root.get_span_context(),
            resource=Resource({"service.name": f"service {number % 2}"}),
            scope=InstrumentationScope(f"scope {number % 3}"),
            kind=kind,
            status=Status(StatusCode.OK),
            start_ns=START_NS + 1_000 * number,
            end_ns=START_NS + 2_000 * number,
        )
        for number, kind in enumerate(SpanKind, start=2)
    ]
    no_scope = make_span("plain", context=make_context(trace_id, 9), scope=None)
    return [root, *others, no_scope]


def show(
    maker: TraceMaker, name: str, exporters: Any, jaeger: AllRoutesJaeger
) -> Shown:
    """Return what Jaeger shows of the spans by the exporter *name*."""
    return maker.export(exporters[name], next(_trace_ids), jaeger.query)


# ---- what may differ


def without_additions(shown: list[Json]) -> list[Json]:
    """Remove what ours adds in OTLP: flags of W3C, and trace states of links."""
    for span in shown:
        span["flags"] &= ~0xFF
        for link in span.get("links", []):
            link["flags"] &= ~0xFF
            link.pop("traceState", None)
    return shown


NEGATIVE: Final = "Negative duration detected"
NO_NAMES: Final = ("empty-service-name", "missing-service-name")


def over_thrift(trace: Json) -> Json:
    """
    Return *trace* without what differs over Thrift.

    - Counts of dropped items are tags; over OTLP Jaeger does not show them.
    - A duration is at least 1 microsecond.
      Jaeger warns of a duration of 0 nanoseconds.
    - JSON of lists has other spellings of numbers, and no escapes for HTML; empty bytes
      in a list are `""`, not `null`.
    - Jaeger has another replacement for an empty name of the service.
    """
    for span in trace["spans"]:
        span["duration"] = max(1, span["duration"])
        warnings: list[str] = span["warnings"] or []
        span["warnings"] = [text for text in warnings if not text.startswith(NEGATIVE)]
        if span["process"]["serviceName"] in NO_NAMES:
            span["process"]["serviceName"] = ""
        span["tags"] = _comparable(span["tags"])
        span["process"]["tags"] = _comparable(span["process"]["tags"])
        for log in span["logs"]:
            log["fields"] = _comparable(log["fields"])
        span["logs"].sort(key=json.dumps)
    return trace


def _comparable(tags: list[Json]) -> list[Json]:
    kept = [tag for tag in tags if not re.search(r"dropped_\w+_count$", tag["key"])]
    return sorted(map(_with_parsed_json, kept), key=json.dumps)


def _with_parsed_json(tag: Json) -> Json:
    value = tag["value"]
    if tag["type"] == "string" and value[:1] in {"[", "{"}:
        try:
            parsed = json.loads(value, parse_int=float)
        except ValueError:
            return tag
        text = json.dumps(parsed, sort_keys=True).replace("null", '""')
        return {**tag, "value": text}
    return tag


# ---- the tests


def test_rich_spans_over_otlp(exporters: Any, all_routes: AllRoutesJaeger) -> None:
    """Everything that Jaeger stores is the same as from OpenTelemetry's exporter."""
    maker = TraceMaker(rich_spans)
    own = show(maker, "own", exporters, all_routes)
    ours = show(maker, "jaeger_otlp", exporters, all_routes)

    assert own.ui == ours.ui
    assert own.otlp == without_additions(ours.otlp)
    assert 7 == len(own.otlp)


def test_what_otlp_adds(exporters: Any, all_routes: AllRoutesJaeger) -> None:
    """W3C's flags are stored, and the trace states of links."""
    ours = show(TraceMaker(rich_spans), "jaeger_otlp", exporters, all_routes)
    root = next(span for span in ours.otlp if span["name"] == "root")

    assert 0x303 == root["flags"]
    assert ["z=y", None] == [link.get("traceState") for link in root["links"]]


@pytest.mark.parametrize("name", THRIFT)
def test_rich_spans_over_thrift(
    exporters: Any, all_routes: AllRoutesJaeger, name: str
) -> None:
    """Jaeger's page shows the same as from OpenTelemetry's exporter."""
    maker = TraceMaker(rich_spans)
    own = show(maker, "own", exporters, all_routes)
    ours = show(maker, name, exporters, all_routes)

    assert over_thrift(own.ui) == over_thrift(ours.ui)


def test_dropped_items_over_thrift(exporters: Any, all_routes: AllRoutesJaeger) -> None:
    """Their counts are tags and fields of logs."""
    ours = show(TraceMaker(rich_spans), "jaeger_thrift_udp", exporters, all_routes)
    root = next(span for span in ours.ui["spans"] if span["operationName"] == "root")
    tags = {tag["key"]: tag["value"] for tag in root["tags"]}
    fields = [field["key"] for log in root["logs"] for field in log["fields"]]

    assert 1 == tags["otel.dropped_attributes_count"]
    assert "otel.event.dropped_attributes_count" in fields


@FEW
@given(read=st.lists(spans(), min_size=1, max_size=5))
def test_any_spans_over_otlp(
    exporters: Any, all_routes: AllRoutesJaeger, read: Sequence[ReadableSpan]
) -> None:
    """Spans that hypothesis makes are stored the same."""
    maker = TraceMaker(lambda trace_id: as_trace(read, trace_id))
    own = show(maker, "own", exporters, all_routes)
    ours = show(maker, "jaeger_otlp", exporters, all_routes)

    assert own.ui == ours.ui
    assert own.otlp == without_additions(ours.otlp)


@pytest.mark.parametrize("name", THRIFT)
@FEW
@given(read=st.lists(spans(MAX_THRIFT_TIME), min_size=1, max_size=5))
def test_any_spans_over_thrift(
    exporters: Any, all_routes: AllRoutesJaeger, name: str, read: Sequence[ReadableSpan]
) -> None:
    """Jaeger's page shows the same of spans that hypothesis makes."""
    maker = TraceMaker(lambda trace_id: as_trace(read, trace_id))
    own = show(maker, "own", exporters, all_routes)
    ours = show(maker, name, exporters, all_routes)

    assert over_thrift(own.ui) == over_thrift(ours.ui)


def test_numbers_that_json_does_not_have(
    exporters: Any, all_routes: AllRoutesJaeger
) -> None:
    """NaN and infinity are text, so Jaeger can show the trace."""
    attributes = {"nan": math.nan, "inf": [math.inf]}
    maker = TraceMaker(
        lambda trace_id: [
            make_span(context=make_context(trace_id, 1), attributes=attributes)
        ]
    )
    for name in EXPORTERS:
        (span,) = show(maker, name, exporters, all_routes).ui["spans"]
        tags = {tag["key"]: tag["value"] for tag in span["tags"]}

        assert ("NaN", '["Infinity"]') == (tags["nan"], tags["inf"])


@pytest.mark.parametrize("name", EXPORTERS)
def test_many_spans(exporters: Any, all_routes: AllRoutesJaeger, name: str) -> None:
    """A batch of 2,000 spans arrives whole."""
    maker = TraceMaker(
        lambda trace_id: [
            make_span(context=make_context(trace_id, number), attributes={"i": number})
            for number in range(1, 2_001)
        ]
    )
    shown = show(maker, name, exporters, all_routes)

    assert 2_000 == len(shown.ui["spans"])
