"""
A real Jaeger for one test run: all-in-one, in memory, on loopback.

Its ports are fixed, so only one runs at a time on a machine: a lock file in the
temporary folder makes a second test run wait for the first. A Jaeger that
somebody else started is never used, for what it holds is not known.
"""

from __future__ import annotations

import errno
import fcntl
import json
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import IO

from tests.real.http_get import get
from tests.real.jaeger_build import MODULE

UDP_PORT = 6831
THRIFT_URL = "http://127.0.0.1:14268/api/traces"
OTLP_URL = "http://127.0.0.1:4318/v1/traces"
SAMPLING_PORT = 5778
HEALTH_URL = "http://127.0.0.1:13133/status"

TCP_PORTS = (4317, 4318, 5778, 5779, 8888, 9411, 13133, 14250, 14268, 16685, 16686)
UDP_PORTS = (UDP_PORT, 6832)

PAUSE = 0.05
"""Seconds between two questions to something that is not ready yet."""


class JaegerServer:
    """
    One Jaeger process, from start() to close().

    Args:
        binary: What jaeger_build made.
        log: The file that takes the process's output.
    """

    def __init__(self, binary: Path, log: Path) -> None:
        self.log = log
        self._binary = binary
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, timeout: float = 60.0) -> None:
        """
        Start and wait until Jaeger says that it is healthy.

        Raises:
            RuntimeError: If its ports are taken, it dies, or it is late.
        """
        self._lock = _take_turn(timeout=600.0)
        _check_ports()
        strategies = MODULE / "strategies.json"
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                [
                    self._binary,
                    f"--set=extensions.remote_sampling.file.path={strategies}",
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_healthy(timeout)

    def _wait_until_healthy(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        pause = threading.Event()
        while not _is_healthy():
            if self._process is None or self._process.poll() is not None:
                msg = f"Jaeger ended at its start:\n{self.tail()}"
                raise RuntimeError(msg)
            if time.monotonic() > deadline:
                msg = f"Jaeger is not healthy after {timeout} s:\n{self.tail()}"
                raise RuntimeError(msg)
            pause.wait(PAUSE)

    def tail(self, lines: int = 40) -> str:
        """Return the last *lines* of Jaeger's output."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def close(self) -> None:
        """End the process and let the next test run have its turn."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _take_turn(timeout: float) -> IO[str]:
    path = Path(tempfile.gettempdir()) / "jaeger-client-tests-real-jaeger.lock"
    file = path.open("a", encoding="ascii")
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while not _try_lock(file):
        if time.monotonic() > deadline:
            file.close()
            msg = f"another test run has held {path} for {timeout} s"
            raise RuntimeError(msg)
        pause.wait(PAUSE)
    return file


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _check_ports() -> None:
    taken = [f"{port}/tcp" for port in TCP_PORTS if _is_taken(port, tcp=True)]
    taken += [f"{port}/udp" for port in UDP_PORTS if _is_taken(port, tcp=False)]
    if taken:
        msg = (
            f"Jaeger's ports are fixed, and something listens on {', '.join(taken)}: "
            "stop it (another Jaeger?) and run again"
        )
        raise RuntimeError(msg)


def _is_taken(port: int, *, tcp: bool) -> bool:
    kind = socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as probe:
        if tcp:
            # Connections of an earlier run may still be in TIME_WAIT.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as exc:
            if exc.errno == errno.EADDRINUSE:
                return True
            raise
    return False


def _is_healthy() -> bool:
    try:
        status, body = get(HEALTH_URL)
    except OSError:
        return False
    return status == 200 and json.loads(body).get("healthy") is True
