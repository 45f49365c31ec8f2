"""`opentelemetry-instrument` with a Flask application, configured by variables only."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.integration.conftest import PROGRAMS
from tests.integration.http_servers import Request, make_answer, serve_http
from tests.integration.server_processes import TIMEOUT, ServerLog

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

    def get(self, path: str) -> bytes:
        """Return the body of a response."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
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
    return make_answer(body=json.dumps(STRATEGY).encode())


def test_a_flask_application_follows_the_strategy(flask_python: str) -> None:
    """Variables alone select the sampler; sampled spans have its attributes."""
    with serve_http(serve_strategy) as server:
        variables = {
            "OTEL_SERVICE_NAME": "bakery",
            "OTEL_TRACES_EXPORTER": "console",
            "OTEL_TRACES_SAMPLER": "parentbased_jaeger_remote",
            "OTEL_TRACES_SAMPLER_ARG": (
                f"endpoint={server.url()},initialSamplingRate=0"
            ),
        }
        with instrumented(flask_python, NOT_OURS | variables) as service:
            # The first requests come before the strategy.
            while not service.log.wait_for('"GET /bake"', 0.1):
                service.get("/bake")
            for _ in range(5):
                service.get("/sell")
            service.stop()
            log = service.log.text

    assert '"sampler.type": "probabilistic"' in log
    assert "GET /sell" not in log.replace("GET /sell HTTP/1.1", "")
    assert {"/sampling?service=bakery"} == {each.target for each in server.requests}


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
