"""Real web servers in processes of their own."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.integration.span_sink import SpanSink

PROGRAMS = Path(__file__).parent / "programs"
PATIENCE = 30.0


@dataclass
class Server:
    """A server that runs, and what was requested of it."""

    process: subprocess.Popen[bytes]
    port: int
    paths: list[str] = field(default_factory=list)

    def get(self) -> int:
        """Request a path that is new; return the pid of the process that responded."""
        self.paths.append(f"/{len(self.paths)}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, PATIENCE)
        try:
            connection.request("GET", self.paths[-1], headers={"Connection": "close"})
            response = connection.getresponse()
            assert 200 == response.status
            return int(response.read())
        finally:
            connection.close()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal, and wait until the server has ended."""
        self.process.send_signal(number)
        self.process.wait(PATIENCE)


@contextmanager
def serving(sink: SpanSink, *arguments: str) -> Generator[Server]:
    """
    Run `python -m` with *arguments* in `programs/`, with *sink* as its agent.

    "{fd}" in the arguments is the number of a socket that listens already, so requests
    wait until the server accepts them.
    """
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JAEGER_", "OTEL_", "GUNICORN_"))
    }
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                *(argument.format(fd=listener.fileno()) for argument in arguments),
            ],
            cwd=PROGRAMS,
            env={**environ, "JAEGER_AGENT_PORT": str(sink.port)},
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=[listener.fileno()],
            start_new_session=True,
        ) as process,
    ):
        try:
            yield Server(process, listener.getsockname()[1])
        finally:
            if process.poll() is None:
                # The workers, too.
                os.killpg(process.pid, signal.SIGKILL)
            log.seek(0)
            sys.stdout.write(log.read())  # shown if the test fails
