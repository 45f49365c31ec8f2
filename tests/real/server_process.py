"""A foreign server in a process of its own, from its start to its end."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

PAUSE = 0.05
"""Seconds between two health checks of a server that starts."""

END_TIMEOUT = 10.0


class ServerProcess:
    """
    One process, from start() to close(); it may be started again.

    Args:
        command: Its command line.
        log: The file for the output of the process.
        environment: Variables that are set beside those of the tests.
    """

    name: str
    """Its name in messages."""

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.log = log
        self._command = command
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None

    def is_healthy(self) -> bool:
        """Return whether it is ready."""
        raise NotImplementedError

    def start(self, timeout: float = 120.0) -> None:
        """
        Start and wait until it is healthy.

        Raises:
            RuntimeError: If it dies or is late.
        """
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                env=os.environ | self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + timeout
        pause = threading.Event()
        while not self.is_healthy():
            if self._process.poll() is not None:
                msg = f"{self.name} ended at its start:\n{self.tail()}"
                raise RuntimeError(msg)
            if time.monotonic() > deadline:
                msg = f"{self.name} is not healthy after {timeout} s:\n{self.tail()}"
                raise RuntimeError(msg)
            pause.wait(PAUSE)

    def output(self) -> str:
        """Return its output."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def tail(self, lines: int = 40) -> str:
        """Return the last *lines* of its output."""
        return "\n".join(self.output().splitlines()[-lines:])

    def close(self) -> None:
        """Terminate the process and wait for its end. Idempotent."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(END_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
