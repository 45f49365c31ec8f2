"""The program of the getting-started page, against a real Jaeger."""

from __future__ import annotations

import socket
import time

import pytest

from jaeger_client import __version__
from tests.real.conftest import RunProgram
from tests.real.jaeger_query import JaegerQuery, Json
from tests.real.jaeger_server import OTLP_URL, THRIFT_URL

ROUTES = {
    "udp": {},
    "thrift": {"JAEGER_ENDPOINT": THRIFT_URL},
    "otlp": {"JAEGER_ENDPOINT": OTLP_URL},
}


@pytest.mark.parametrize("route", ROUTES)
def test_trace_is_in_jaeger_when_the_program_ends(
    jaeger: JaegerQuery, run_program: RunProgram, route: str
) -> None:
    """Both spans are in Jaeger, one below the other, with their tag and logs."""
    trace_id = run_program("getting_started.py", **ROUTES[route]).strip()
    trace = jaeger.trace(trace_id, spans=2)

    assert trace is not None
    assert {
        "bake-bread": (None, ["loaves=2"], ["event=oven is hot celsius=230"]),
        "knead-dough": ("bake-bread", [], ["event=dough is smooth"]),
    } == {span["operationName"]: outline(span, trace) for span in trace["spans"]}


def outline(span: Json, trace: Json) -> tuple[str | None, list[str], list[str]]:
    """Return the parent's name, the program's own tags, and the logs."""
    names = {other["spanID"]: other["operationName"] for other in trace["spans"]}
    parents = [names[reference["spanID"]] for reference in span["references"]]
    tags = [
        f"{tag['key']}={tag['value']}" for tag in span["tags"] if tag["key"] == "loaves"
    ]
    logs = [
        " ".join(f"{field['key']}={field['value']}" for field in log["fields"])
        for log in span["logs"]
    ]
    return next(iter(parents), None), tags, logs


def test_times_are_those_of_the_clock(
    jaeger: JaegerQuery, run_program: RunProgram
) -> None:
    """Start, logs and end of a span are within the time the program ran."""
    before = time.time()
    trace_id = run_program("getting_started.py").strip()
    after = time.time()
    trace = jaeger.trace(trace_id, spans=2)

    assert trace is not None
    for span in trace["spans"]:
        end = span["startTime"] + span["duration"]
        logs = [log["timestamp"] for log in span["logs"]]
        times = [before * 1e6 - 1, span["startTime"], *logs, end, after * 1e6]
        assert sorted(times) == times


def test_process_names_the_client(jaeger: JaegerQuery, run_program: RunProgram) -> None:
    """The process has tags for its client and its machine."""
    trace_id = run_program("getting_started.py").strip()
    trace = jaeger.trace(trace_id, spans=2)

    assert trace is not None
    (process,) = trace["processes"].values()
    tags = {tag["key"]: tag["value"] for tag in process["tags"]}
    assert "getting-started" == process["serviceName"]
    assert f"Jaeger-Python-{__version__}" == tags["opencensus.exporterversion"]
    assert socket.gethostname() == tags["host.name"]


def test_otlp_comes_out_as_it_went_in(
    jaeger: JaegerQuery, run_program: RunProgram
) -> None:
    """Jaeger's newer API, which uses OTLP, has both spans with all their parts."""
    trace_id = run_program("getting_started.py", JAEGER_ENDPOINT=OTLP_URL).strip()
    jaeger.trace(trace_id, spans=2)
    (resource,) = jaeger.otlp_trace(trace_id)
    spans = [span for scope in resource["scopeSpans"] for span in scope["spans"]]

    assert {
        "bake-bread": ["oven is hot"],
        "knead-dough": ["dough is smooth"],
    } == {span["name"]: [event["name"] for event in span["events"]] for span in spans}


def test_service_is_listed(jaeger: JaegerQuery, run_program: RunProgram) -> None:
    """Jaeger offers the service by its name."""
    run_program("getting_started.py")

    assert "getting-started" in jaeger.services("getting-started")


def test_spans_go_over_otlp_when_udp_is_refused(
    jaeger: JaegerQuery, run_program: RunProgram
) -> None:
    """With default settings and UDP refused, all spans arrive by OTLP."""
    before = jaeger.accepted_spans("http")
    trace_id = run_program(
        "getting_started.py", JAEGER_AGENT_PORT=str(closed_udp_port())
    ).strip()
    trace = jaeger.trace(trace_id, spans=2)

    assert trace is not None
    assert 2 == len(trace["spans"])
    assert before + 2 == jaeger.accepted_spans("http")


def closed_udp_port() -> int:
    """Return a port of loopback where nothing listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
