"""A service as a process: started, asked for its port, and ended for certain."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from typing import Final

from jaeger_client._internal.closing import Closable

START_TIMEOUT: Final = 20.0
"""Seconds that a service has to come up."""

END_TIMEOUT: Final = 8.0
"""Seconds that a service has to send its spans and end."""

_NOT_FOR_SERVICES: Final = ("JAEGER_", "OTEL_")


class ServiceError(Exception):
    """A service did not come up, or gave no answer."""


class ServiceProcess(Closable):
    """
    One of the demo's services, *name*, with *arguments* on its command line.

    It ends when its standard input does, so also when this process is killed.
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
            # Ctrl-C is for the demo alone, which then ends its services.
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def port(self) -> int:
        """
        Where it answers; waits until it does.

        Raises:
            ServiceError: If it does not come up.
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
                # Ends the reading, too.
                self._process.kill()
                msg = f"{self.name} did not come up"
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
            # Does nothing to one that has ended; waiting may be interrupted.
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def __repr__(self) -> str:
        return f"<ServiceProcess {self.name}, pid {self.pid}>"


def _environment_with(more: Mapping[str, str]) -> dict[str, str]:
    """
    Return the environment of this process with *more*, for a service.

    What is set for the user's own programs would lead the demo's spans away.
    """
    environ = os.environ  # noqa: TID251 - handed down, not read
    kept = {k: v for k, v in environ.items() if not k.startswith(_NOT_FOR_SERVICES)}
    # The folder that the demo is started in is no place to import from.
    return {**kept, "PYTHONSAFEPATH": "1", **more}
