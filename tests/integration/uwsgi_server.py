"""A real uWSGI in a process, with an application of `programs/`."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.integration.server_processes import wait_for_ends

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from typing_extensions import Self

_PROGRAMS = Path(__file__).parent / "programs"
UWSGI = Path(sys.executable).parent / "uwsgi"
_TIMEOUT = 30.0


class UwsgiServer:
    """uWSGI on a free port of 127.0.0.1, until the block ends."""

    def __init__(
        self,
        *options: str,
        agent_port: int,
        spans_in_master: int,
        log: Path,
    ) -> None:
        # Not a port number, which another process could use before uWSGI binds it.
        self._stats = log.with_name("stats")
        # uWSGI inherits it, so clients may connect before it runs.
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port: int = self._listener.getsockname()[1]
        self._log = log
        application = _PROGRAMS / "uwsgi_application.py"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [
                    UWSGI,
                    f"--http-socket=fd://{self._listener.fileno()}",
                    f"--stats={self._stats}",
                    f"--wsgi-file={application}",
                    "--need-app",
                    "--die-on-term",
                    "--processes=2",
                    *options,
                ],
                env={
                    **os.environ,
                    "JAEGER_AGENT_PORT": str(agent_port),
                    "TEST_SPANS_IN_MASTER": str(spans_in_master),
                    "PYTHONPATH": str(_PROGRAMS.parents[2]),
                },
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[self._listener.fileno()],
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        """Everything that uWSGI and the application have printed."""
        return self._log.read_text()

    def get(self, path: str = "/") -> tuple[str, str]:
        """Return the pid of the worker that responds, and its trace id."""
        url = f"http://127.0.0.1:{self._port}{path}"
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as response:
            pid, trace_id = response.read().decode().split()
        return pid, trace_id

    def get_until_replaced(self, max_requests: int) -> int:
        """
        Send requests until each worker was replaced, and the new ones have responded.

        Returns the number of requests. No worker is being replaced at any of them, nor
        afterwards: uWSGI that is stopped then hangs, or skips exit handlers.
        """
        self.get()
        requests = 1
        served = self._wait_until_ready(max_requests)
        first = served.keys()
        while first & served.keys() or not all(served.values()):
            self.get()
            requests += 1
            served = self._wait_until_ready(max_requests)
        return requests

    def _wait_until_ready(self, max_requests: int) -> dict[int, int]:
        """Wait until no worker is busy, or has served its maximum; return them."""
        deadline = time.monotonic() + _TIMEOUT
        while True:
            workers = self._workers()
            served = {worker["pid"]: worker["delta_requests"] for worker in workers}
            is_idle = all(worker["status"] == "idle" for worker in workers)
            if is_idle and max(served.values()) < max_requests:
                return served
            assert time.monotonic() < deadline, self.output

    def get_from_each(self, workers: int) -> dict[str, list[str]]:
        """Send requests until *workers* have responded; return as `get_until` does."""
        ids: dict[str, list[str]] = {}
        deadline = time.monotonic() + _TIMEOUT
        while len(ids) < workers:
            assert time.monotonic() < deadline, self.output
            # Two connections at a time, because one worker could serve all of one
            # connection.
            with socket.create_connection(("127.0.0.1", self._port)):
                pid, trace_id = self.get()
            ids.setdefault(pid, []).append(trace_id)
        return ids

    def reload(self, workers: Iterable[str]) -> None:
        """Let uWSGI replace itself and all *workers*, which then have ended."""
        self._wait_until_idle()
        self._process.send_signal(signal.SIGHUP)
        wait_for_ends(map(int, workers))

    def hang(self) -> str:
        """Return the pid of a worker that hangs in a request until it is killed."""
        with socket.create_connection(("127.0.0.1", self._port), _TIMEOUT) as client:
            client.sendall(b"GET /hang HTTP/1.0\r\n\r\n")
            response = b"".join(iter(partial(client.recv, 4096), b""))
        return response.split()[-1].decode()

    def stop(self) -> float:
        """End uWSGI gracefully; return the seconds that it took."""
        self._wait_until_idle()
        begin = time.monotonic()
        self._process.terminate()
        self._process.wait(_TIMEOUT)
        return time.monotonic() - begin

    def _wait_until_idle(self) -> None:
        # A worker that responded, but has not closed the request, skips exit handlers.
        deadline = time.monotonic() + _TIMEOUT
        while not all(worker["status"] == "idle" for worker in self._workers()):
            assert time.monotonic() < deadline, self.output

    def _workers(self) -> list[dict[str, Any]]:
        """Return what uWSGI reports about its workers."""
        stats = b""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_TIMEOUT)
            # The master creates it after the workers, which may have responded before.
            deadline = time.monotonic() + _TIMEOUT
            while connection.connect_ex(str(self._stats)):
                assert time.monotonic() < deadline, self.output
            while received := connection.recv(65_536):
                stats += received
        workers: list[dict[str, Any]] = json.loads(stats)["workers"]
        return workers

    def __enter__(self) -> Self:
        """Return the server itself."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End what is still there of this server's own process group."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(_TIMEOUT)
        self._listener.close()
