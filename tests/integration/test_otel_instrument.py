"""`opentelemetry-instrument` with a Flask application, configured by variables only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

import pytest

from tests.foreign.decoders import tag_pairs
from tests.integration.http_servers import Request, make_response, serve_http
from tests.integration.instrumented_service import (
    NOT_OURS,
    Service,
    instrumented,
    variables_of,
)
from tests.integration.span_sink import SpanSink

STRATEGY: Final = {
    "operationSampling": {
        "defaultSamplingProbability": 0.0,
        "defaultLowerBoundTracesPerSecond": 0.0,
        "perOperationStrategies": [
            {
                "operation": "GET /bake",
                "probabilisticSampling": {"samplingRate": 1.0},
            }
        ],
    }
}


def serve_strategy(_request: Request) -> bytes:
    """Respond with a strategy that samples one operation."""
    return make_response(body=json.dumps(STRATEGY).encode())


@pytest.fixture
def service(flask_python: str, sink: SpanSink) -> Iterator[Service]:
    """Run the application with our sampler, propagator and exporter, and end it."""
    with serve_http(serve_strategy) as server:
        variables = variables_of("bakery", server.url(), sink.port)
        with instrumented(flask_python, variables) as service:
            yield service
        targets = {request.target for request in server.requests}
    assert {"/sampling?service=bakery"} == targets


def wait_for_strategy(service: Service, sink: SpanSink) -> None:
    """Send requests until one is sampled; the first ones come before the strategy."""
    while not sink.spans:
        service.get("/bake")


def test_a_flask_application_is_sampled_by_the_strategy(
    service: Service, sink: SpanSink
) -> None:
    """Variables alone select sampler and exporter; sampled spans arrive by UDP."""
    wait_for_strategy(service, sink)
    for path in ("/sell", "/bake", "/sell"):
        service.get(path)
    service.stop()

    assert {"GET /bake"} == {*sink.names}
    assert {"bakery"} == {batch.process.serviceName for batch in sink.batches}
    tags = [dict(tag_pairs(span.tags)) for span in sink.spans]
    assert {("probabilistic", 1.0)} == {
        (each["sampler.type"], each["sampler.param"]) for each in tags
    }
    assert {"/bake"} == {each["http.target"] for each in tags}


def test_a_debug_id_is_sampled_in_any_case(service: Service, sink: SpanSink) -> None:
    """The propagator passes it to the sampler, which does not use the strategy."""
    wait_for_strategy(service, sink)
    service.get("/sell")
    service.get("/sell", {"jaeger-debug-id": "why-so-slow"})
    service.stop()

    (span,) = (span for span in sink.spans if span.operationName == "GET /sell")
    tags = dict(tag_pairs(span.tags))
    assert "why-so-slow" == tags["jaeger-debug-id"]
    assert "sampler.type" not in tags


def test_a_sampled_parent_is_followed(service: Service, sink: SpanSink) -> None:
    """A request that is part of a trace has the decision of its caller."""
    wait_for_strategy(service, sink)
    service.get("/sell", {"uber-trace-id": "abc:def:0:1"})
    service.get("/bake", {"uber-trace-id": "123:456:0:0"})
    service.stop()

    traces = {span.traceIdLow: span.operationName for span in sink.spans}
    assert "GET /sell" == traces[0xABC]
    assert 0x123 not in traces


@pytest.mark.parametrize(
    ("variables", "threads"),
    [
        # The default exporter is not installed, which OpenTelemetry logs.
        ({}, []),
        (NOT_OURS | {"OTEL_TRACES_EXPORTER": "none"}, []),
        (
            NOT_OURS | {"OTEL_TRACES_EXPORTER": "console"},
            ["OtelBatchSpanRecordProcessor"],
        ),
    ],
)
def test_without_our_variables_nothing_of_ours_is_active(
    flask_python: str, variables: dict[str, str], threads: list[str]
) -> None:
    """The package is not even imported, and there is no thread of ours."""
    with instrumented(flask_python, variables) as service:
        service.get("/bake")
        state = json.loads(service.get("/state"))
        service.stop()

    assert ["opentelemetry"] == state["packages"]
    assert ["MainThread", *threads] == state["threads"]
