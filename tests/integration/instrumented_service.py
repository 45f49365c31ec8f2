"""A Flask application that `opentelemetry-instrument` runs, without code of ours."""

from __future__ import annotations

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

from tests.integration.server_processes import PROGRAMS, TIMEOUT, ServerLog

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


def variables_of(name: str, sampling_url: str, agent_port: int) -> dict[str, str]:
    """Return variables that select our sampler, propagator and exporter."""
    return NOT_OURS | {
        "OTEL_SERVICE_NAME": name,
        "OTEL_PROPAGATORS": "jaeger_client",
        "OTEL_TRACES_EXPORTER": "jaeger_thrift_udp",
        "OTEL_EXPORTER_JAEGER_AGENT_PORT": str(agent_port),
        "OTEL_TRACES_SAMPLER": "parentbased_jaeger_remote",
        "OTEL_TRACES_SAMPLER_ARG": f"endpoint={sampling_url},initialSamplingRate=0",
    }
