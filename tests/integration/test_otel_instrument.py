"""`opentelemetry-instrument` with a Flask application, configured by variables only."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.foreign.decoders import tag_pairs
from tests.integration.conftest import PROGRAMS
from tests.integration.http_servers import Request, make_response, serve_http
from tests.integration.server_processes import TIMEOUT, ServerLog
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
NOT_OURS: Final = {
    "OTEL_METRICS_EXPORTER": "none",
    "OTEL_LOGS_EXPORTER": "none",
    "OTEL_BSP_SCHEDULE_DELAY": "50",
}


class Service(NamedTuple):
    """A running application."""

    process: subprocess.Popen[bytes]
    port: int
    log: ServerLog

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> bytes:
        """Return the body of a response."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        try:
            connection.request(
                "GET", path, headers={"Connection": "close", **(headers or {})}
            )
            response = connection.getresponse()
            assert 200 == response.status
            return response.read()
        finally:
            connection.close()

    def stop(self) -> None:
        """End the process as by Ctrl-C, so that exit handlers run."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(TIMEOUT)
        self.log.join()


@contextmanager
def instrumented(python: str, variables: Mapping[str, str]) -> Generator[Service]:
    """Run the application by `opentelemetry-instrument` with *variables*."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JAEGER_", "OTEL_", "PYTHON"))
    }
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [
            str(Path(python).with_name("opentelemetry-instrument")),
            python,
            str(PROGRAMS / "flask_service.py"),
            str(listener.fileno()),
        ]
        with subprocess.Popen(
            command,
            env={**environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[listener.fileno()],
        ) as process:
            assert process.stdout is not None
            log = ServerLog(process.stdout)
            try:
                yield Service(process, listener.getsockname()[1], log)
            finally:
                process.kill()
                process.wait(TIMEOUT)
                log.join()
                sys.stdout.write(log.text)  # shown if the test fails


def serve_strategy(_request: Request) -> bytes:
    """Respond with a strategy that samples one operation."""
    return make_response(body=json.dumps(STRATEGY).encode())


@pytest.fixture
def service(flask_python: str, sink: SpanSink) -> Iterator[Service]:
    """Run the application with our sampler, propagator and exporter, and end it."""
    with serve_http(serve_strategy) as server:
        variables = {
            "OTEL_SERVICE_NAME": "bakery",
            "OTEL_PROPAGATORS": "jaeger_client",
            "OTEL_TRACES_EXPORTER": "jaeger_thrift_udp",
            "OTEL_EXPORTER_JAEGER_AGENT_PORT": str(sink.port),
            "OTEL_TRACES_SAMPLER": "parentbased_jaeger_remote",
            "OTEL_TRACES_SAMPLER_ARG": (
                f"endpoint={server.url()},initialSamplingRate=0"
            ),
        }
        with instrumented(flask_python, NOT_OURS | variables) as service:
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
        ({"OTEL_TRACES_EXPORTER": "none"}, []),
        ({"OTEL_TRACES_EXPORTER": "console"}, ["OtelBatchSpanRecordProcessor"]),
    ],
)
def test_without_our_variables_nothing_of_ours_is_active(
    flask_python: str, variables: dict[str, str], threads: list[str]
) -> None:
    """The package is not even imported, and there is no thread of ours."""
    with instrumented(flask_python, NOT_OURS | variables) as service:
        service.get("/bake")
        state = json.loads(service.get("/state"))
        service.stop()

    assert ["opentelemetry"] == state["packages"]
    assert ["MainThread", *threads] == state["threads"]
