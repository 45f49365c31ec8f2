"""A service in a child process, which always ends with the demo."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from typing import Final

START_TIMEOUT: Final = 20.0
"""Maximum number of seconds until a service listens."""

END_TIMEOUT: Final = 8.0
"""Maximum number of seconds for a service to send its spans and end."""

_NOT_FOR_SERVICES: Final = ("JAEGER_", "OTEL_")


class ServiceError(Exception):
    """A service did not start."""


class ServiceProcess:
    """
    One of the demo's services.

    It ends when its standard input does, so it ends even if this process is killed.

    Args:
        name: Name of its module.
        arguments: Its command line.
        environment: Variables to add to those of this process.
    """

    def __init__(
        self,
        name: str,
        *arguments: str,
        environment: Mapping[str, str],
    ) -> None:
        self.name = name
        self._port: int | None = None
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", f"jaeger_client.cli.demo.{name}", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment_with(environment),
            text=True,
            # Ctrl-C reaches the demo only, which then ends its services.
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def port(self) -> int:
        """
        The port where it listens; waits until it does.

        Raises:
            ServiceError: If it does not start.
        """
        if self._port is None:
            self._port = self._read_port()
        return self._port

    def _read_port(self) -> int:
        with ThreadPoolExecutor(1) as pool:
            line = pool.submit(self._read_line)
            try:
                return int(line.result(START_TIMEOUT))
            except (FutureTimeoutError, ValueError) as exc:
                # Also ends the thread that reads.
                self._process.kill()
                msg = f"{self.name} did not start"
                raise ServiceError(msg) from exc

    def _read_line(self) -> str:
        stdout = self._process.stdout
        return "" if stdout is None else stdout.readline()

    def close(self) -> None:
        """Let it send its spans and end; kill it if it does not. Idempotent."""
        process = self._process
        if process.stdin is not None:
            process.stdin.close()
        try:
            with suppress(subprocess.TimeoutExpired):
                process.wait(END_TIMEOUT)
        finally:
            # No effect if it has ended; needed if the wait was interrupted.
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def __repr__(self) -> str:
        return f"<ServiceProcess {self.name}, pid {self.pid}>"


def _environment_with(more: Mapping[str, str]) -> dict[str, str]:
    """
    Return the environment of this process and *more*, for a service.

    Settings for the user's own programs are removed, because with them the spans
    would go elsewhere.
    """
    environ = os.environ  # noqa: TID251 - passed on, not read
    others = {k: v for k, v in environ.items() if not k.startswith(_NOT_FOR_SERVICES)}
    # Nothing must be imported from the current folder.
    return {**others, "PYTHONSAFEPATH": "1", **more}
