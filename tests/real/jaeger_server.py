"""
Real Jaegers on loopback: one for all tests of a run, and those of single tests.

The first is the all-in-one, in memory. Its ports are fixed, so only one runs at a time
on a machine: a lock file in the temporary folder makes a second test run wait for the
first. Those of single tests have their own configurations, and free ports. A Jaeger
that another program started is never used, because its content is unknown.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlencode

from tests.real.http_get import get
from tests.real.jaeger_build import MODULE
from tests.real.server_process import PAUSE, ServerProcess

UDP_PORT = 6831
THRIFT_URL = "http://127.0.0.1:14268/api/traces"
OTLP_URL = "http://127.0.0.1:4318/v1/traces"
SAMPLING_PORT = 5778
HEALTH_URL = "http://127.0.0.1:13133/status"

TCP_PORTS = (4317, 4318, 5778, 5779, 8888, 9411, 13133, 14250, 14268, 16685, 16686)
UDP_PORTS = (UDP_PORT, 6832)


_PORT_VARIABLE: Final = re.compile(r"\$\{env:(\w+_PORT)\}")


class JaegerProcess(ServerProcess):
    """
    One Jaeger process.

    Args:
        binary: Path of the program that jaeger_build has built.
        log: The file for the output of the process.
        arguments: Its command line.
        environment: Variables that the configuration reads.
        health_url: URL of its health check.
    """

    name = "Jaeger"

    def __init__(
        self,
        binary: Path,
        log: Path,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        health_url: str = HEALTH_URL,
    ) -> None:
        super().__init__([binary, *arguments], log, environment)
        self._health_url = health_url

    def is_healthy(self) -> bool:
        """Return whether the health check passes."""
        try:
            status, body = get(self._health_url)
        except OSError:
            return False
        return status == 200 and json.loads(body).get("healthy") is True


class JaegerServer(JaegerProcess):
    """The all-in-one Jaeger on its fixed ports, with strategies.json."""

    def __init__(self, binary: Path, log: Path) -> None:
        settings = {
            "remote_sampling.file.path": MODULE / "strategies.json",
            # Its own traces would delay its end by 10 s.
            "jaeger_query.enable_tracing": "false",
        }
        arguments = [f"--set=extensions.{key}={settings[key]}" for key in settings]
        super().__init__(binary, log, arguments)
        self._lock: IO[str] | None = None

    def start(self, timeout: float = 120.0) -> None:
        """
        Wait for the turn of this test run, and start.

        Raises:
            RuntimeError: If its ports are in use, it dies, or it is late.
        """
        self._lock = _take_turn(timeout=600.0)
        _check_ports()
        super().start(timeout)

    def close(self) -> None:
        """End the process and let the next test run start its own."""
        super().close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None


class OwnJaeger(JaegerProcess):
    """
    A Jaeger by a configuration of ours, on free ports of its own.

    Args:
        binary: Path of the program that jaeger_build has built.
        configuration: A file in the folder `jaeger`; it takes each port from a
            variable of the environment whose name ends with `_PORT`.
        folder: Takes the process's output.
        environment: Whatever else the configuration reads of the environment.
    """

    def __init__(
        self,
        binary: Path,
        configuration: str,
        folder: Path,
        **environment: str,
    ) -> None:
        path = MODULE / configuration
        names = sorted(set(_PORT_VARIABLE.findall(path.read_text(encoding="utf-8"))))
        self.ports = dict(zip(names, free_ports(), strict=False))
        """Port numbers by the names of their variables."""
        ports = {name: str(port) for name, port in self.ports.items()}
        super().__init__(
            binary,
            folder / "jaeger.log",
            [f"--config=file:{path}"],
            environment=environment | ports,
            health_url=f"http://127.0.0.1:{self.ports['HEALTH_PORT']}/status",
        )

    def strategy(self, service: str) -> bytes:
        """Return the sampling strategy of *service*."""
        query = urlencode({"service": service})
        port = self.ports["SAMPLING_PORT"]
        status, body = get(f"http://127.0.0.1:{port}/sampling?{query}")
        assert status == 200, body
        return body

    def client_settings(self) -> dict[str, str]:
        """Return the environment of a program that uses this Jaeger."""
        return {
            "JAEGER_AGENT_HOST": "127.0.0.1",
            "JAEGER_AGENT_PORT": str(self.ports["UDP_PORT"]),
            "JAEGER_SAMPLING_ENDPOINT": (
                f"http://127.0.0.1:{self.ports['SAMPLING_PORT']}/sampling"
            ),
        }


def free_ports() -> Iterator[int]:
    """
    Yield free ports of loopback, for UDP or TCP.

    They are below those that the system assigns by itself: otherwise a connection could
    get one while its Jaeger restarts.
    """
    first = 20_000 + os.getpid() % 5_000
    for port in range(first, first + 2_000):
        if not (_is_in_use(port, tcp=True) or _is_in_use(port, tcp=False)):
            yield port


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
    in_use = [f"{port}/tcp" for port in TCP_PORTS if _is_in_use(port, tcp=True)]
    in_use += [f"{port}/udp" for port in UDP_PORTS if _is_in_use(port, tcp=False)]
    if in_use:
        msg = (
            f"Jaeger's ports are fixed, and something listens on {', '.join(in_use)}: "
            "stop it (another Jaeger?) and run again"
        )
        raise RuntimeError(msg)


def _is_in_use(port: int, *, tcp: bool) -> bool:
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
