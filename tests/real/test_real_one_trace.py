"""Traces of several services, each in a process of its own, in one real Jaeger."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.integration.instrumented_service import instrumented, variables_of
from tests.integration.one_trace import (
    EXPECTED,
    PATH,
    SeenSpan,
    chain_of,
    five_services,
)
from tests.integration.web_servers import run
from tests.real.jaeger_query import Json, query_until
from tests.real.sampling_jaeger import FileJaeger

ROUTE = "GET /cakes/<int:number>"
STRATEGIES = {
    "default_strategy": {"type": "probabilistic", "param": 0.0},
    "service_strategies": [
        {
            "service": "sampled",
            "type": "probabilistic",
            "param": 0.0,
            "operation_strategies": [
                {"operation": ROUTE, "type": "probabilistic", "param": 1.0}
            ],
        },
    ],
}


class UdpAgent(NamedTuple):
    """Where a Jaeger receives spans over UDP."""

    port: int


def agent_of(jaeger: FileJaeger) -> UdpAgent:
    """Return where the services send their spans."""
    return UdpAgent(jaeger.ports["UDP_PORT"])


def chain_in(trace: Json) -> list[tuple[str, str]]:
    """Return service and operation of the spans of a trace, from the root on."""
    return chain_of(
        SeenSpan(
            span["traceID"],
            span["spanID"],
            next((each["spanID"] for each in span["references"]), None),
            trace["processes"][span["processID"]]["serviceName"],
            span["operationName"],
        )
        for span in trace["spans"]
    )


def trace_of(jaeger: FileJaeger, service: str, spans: int) -> Json:
    """Return a trace of *service* once it has *spans* spans."""
    found, *_ = jaeger.query.traces(service, 1)
    trace = jaeger.query.trace(found["traceID"], spans)
    assert trace is not None
    return trace


def test_five_services_in_one_trace(file_jaeger: FileJaeger, tmp_path: Path) -> None:
    """Jaeger shows Django, Flask, FastAPI, gRPC and a task of Celery in one trace."""
    with five_services(agent_of(file_jaeger), tmp_path) as django:
        django.get(PATH)
        trace = trace_of(file_jaeger, "bakery", len(EXPECTED))

    assert EXPECTED == chain_in(trace)
    services = {service for service, _ in EXPECTED}
    assert services == {*file_jaeger.query.services("bakery")}


@pytest.fixture
def strategies_jaeger(file_jaeger: FileJaeger) -> FileJaeger:
    """A Jaeger that has one operation of one service sampled."""
    file_jaeger.serve(STRATEGIES, "sampled")
    return file_jaeger


def variables_for(jaeger: FileJaeger, service: str) -> dict[str, str]:
    """Return variables that select this Jaeger, for a service of OpenTelemetry."""
    url = f"http://127.0.0.1:{jaeger.ports['SAMPLING_PORT']}"
    return variables_of(service, url, jaeger.ports["UDP_PORT"])


def test_a_flask_application_with_only_variables_set(
    strategies_jaeger: FileJaeger, flask_python: str
) -> None:
    """`opentelemetry-instrument` has Jaeger's strategy decide what arrives by UDP."""
    jaeger = strategies_jaeger
    with instrumented(flask_python, variables_for(jaeger, "sampled")) as service:

        def request_both() -> list[str]:
            for path in ("/sell", PATH):
                service.get(path)
            return jaeger.query.services("sampled", timeout=0)

        services = query_until(request_both, lambda names: "sampled" in names)
        service.stop()
        found = jaeger.query.traces("sampled", 1)

    assert ["sampled"] == services
    spans = [span for trace in found for span in trace["spans"]]
    assert {ROUTE} == {span["operationName"] for span in spans}
    assert {("probabilistic", 1)} == {
        (tags["sampler.type"], tags["sampler.param"])
        for tags in ({tag["key"]: tag["value"] for tag in s["tags"]} for s in spans)
    }


def test_opentelemetry_and_opentracing_in_one_trace(
    strategies_jaeger: FileJaeger, flask_python: str
) -> None:
    """A service of OpenTelemetry calls one of OpenTracing, which calls a third one."""
    jaeger = strategies_jaeger
    last_variables = variables_for(jaeger, "unsampled")
    with instrumented(flask_python, last_variables) as last:
        address = f"http://127.0.0.1:{last.port}"
        with run(agent_of(jaeger), "flask", TEST_NEXT=address) as ours:
            address = f"http://127.0.0.1:{ours.port}"
            first_variables = variables_for(jaeger, "sampled") | {"TEST_NEXT": address}
            with instrumented(flask_python, first_variables) as first:

                def request() -> list[str]:
                    first.get(PATH)
                    return jaeger.query.services("sampled", timeout=0)

                query_until(request, lambda names: "sampled" in names)
                trace = trace_of(jaeger, "sampled", 5)

    assert [
        ("sampled", ROUTE),
        ("sampled", f"call {PATH}"),
        ("flask", ROUTE),
        ("flask", f"call {PATH}"),
        ("unsampled", ROUTE),
    ] == chain_in(trace)
