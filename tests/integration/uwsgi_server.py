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
from typing import TYPE_CHECKING

from tests.integration.server_processes import wait_for_ends

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from typing_extensions import Self

_PROGRAMS = Path(__file__).parent / "programs"
_UWSGI = Path(sys.executable).parent / "uwsgi"
_TIMEOUT = 30.0


class UwsgiServer:
    """uWSGI on a free port of 127.0.0.1, until the block is left."""

    def __init__(
        self,
        *options: str,
        agent_port: int,
        spans_in_master: int,
        log: Path,
    ) -> None:
        self._stats_port = _free_port()
        # uWSGI inherits it, so clients may connect before it runs.
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port: int = self._listener.getsockname()[1]
        self._log = log
        application = _PROGRAMS / "uwsgi_application.py"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [
                    _UWSGI,
                    f"--http-socket=fd://{self._listener.fileno()}",
                    f"--stats=127.0.0.1:{self._stats_port}",
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
        """Return the pid of the worker and the trace id that it responds with."""
        url = f"http://127.0.0.1:{self._port}{path}"
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as response:
            pid, trace_id = response.read().decode().split()
        return pid, trace_id

    def get_until(
        self, enough: Callable[[dict[str, list[str]]], bool]
    ) -> dict[str, list[str]]:
        """Send requests until the trace ids by the worker's pid are *enough*."""
        ids: dict[str, list[str]] = {}
        deadline = time.monotonic() + _TIMEOUT
        while not enough(ids):
            assert time.monotonic() < deadline, self.output
            pid, trace_id = self.get()
            ids.setdefault(pid, []).append(trace_id)
        return ids

    def get_from_each(self, workers: int) -> dict[str, list[str]]:
        """Send requests until *workers* have responded; return as `get_until`."""
        ids: dict[str, list[str]] = {}
        deadline = time.monotonic() + _TIMEOUT
        while len(ids) < workers:
            assert time.monotonic() < deadline, self.output
            # Two connections at a time, as one worker could serve all of one.
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
        while not self._is_idle():
            assert time.monotonic() < deadline, self.output

    def _is_idle(self) -> bool:
        stats = b""
        with socket.create_connection(("127.0.0.1", self._stats_port)) as connection:
            while received := connection.recv(65_536):
                stats += received
        workers = json.loads(stats)["workers"]
        return all(worker["status"] == "idle" for worker in workers)

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


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port
