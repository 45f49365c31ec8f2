"""A real Zipkin for one test run: in memory, on a free port of loopback."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.real.http_get import get

_SERVES: Final = re.compile(r"Serving HTTP at /127\.0\.0\.1:(\d+)")
_PAUSE: Final = 0.05
"""Seconds between two looks at something that is not ready yet."""

# Zipkin has no setting for the address it listens on; the server below it has.
_ON_LOOPBACK: Final = (
    "--armeria.ports[0].ip=127.0.0.1",
    "--armeria.ports[0].port=0",
    "--armeria.ports[0].protocols[0]=http",
)


class ZipkinServer:
    """
    One Zipkin process, from start() to close().

    Args:
        command: What starts it; see `zipkin_fetch`.
        log: The file that takes the process's output.
    """

    def __init__(self, command: Sequence[str | Path], log: Path) -> None:
        self.log = log
        self.port = 0
        """Where it listens, once it is started: the system chose."""
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of its API."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, timeout: float = 120.0) -> None:
        """
        Start and wait until Zipkin says that it is healthy.

        Raises:
            RuntimeError: If it dies, or is late.
        """
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                [*self._command, *_ON_LOOPBACK],
                env=os.environ | {"STORAGE_TYPE": "mem", "QUERY_PORT": "0"},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + timeout
        pause = threading.Event()
        while not self._is_healthy():
            if self._process.poll() is not None:
                msg = f"Zipkin ended at its start:\n{self.tail()}"
                raise RuntimeError(msg)
            if time.monotonic() > deadline:
                msg = f"Zipkin is not healthy after {timeout} s:\n{self.tail()}"
                raise RuntimeError(msg)
            pause.wait(_PAUSE)

    def _is_healthy(self) -> bool:
        if not self.port:
            serves = _SERVES.search(self._output())
            self.port = int(serves[1]) if serves else 0
        try:
            return bool(self.port) and get(f"{self.url}/health")[0] == 200
        except OSError:
            return False

    def tail(self, lines: int = 40) -> str:
        """Return the last *lines* of Zipkin's output."""
        return "\n".join(self._output().splitlines()[-lines:])

    def _output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        """End the process."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
