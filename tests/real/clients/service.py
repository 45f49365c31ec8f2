"""A service in a process of its own, from its start to its end."""

from __future__ import annotations

import http.client
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ORDER_TIMEOUT = 30.0
END_TIMEOUT = 10.0

Order = dict[str, Any]
"""A command for a service; see `go/main.go`."""

Response = dict[str, Any]
"""What it observed; see `main.go`."""


class Service:
    """
    One process that prints its port as its first line and takes orders by HTTP.

    Args:
        command: Its command line.
        log: The file that stores its stderr.
        environment: Its environment, if not this process's.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.log = log
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.close()
            msg = f"{command} ended at its start:\n{self.tail()}"
            raise RuntimeError(msg)
        self.port = int(line)

    @property
    def url(self) -> str:
        """URL that accepts orders."""
        return f"http://127.0.0.1:{self.port}/"

    def execute(
        self, order: Order, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Send an order as a caller without a trace; return the response."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=ORDER_TIMEOUT
        )
        try:
            connection.request("POST", "/", json.dumps(order), dict(headers or {}))
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        assert response.status == http.HTTPStatus.OK, f"{body!r}\n{self.tail()}"
        result: Response = json.loads(body)
        return result

    def tail(self) -> str:
        """Return the end of its stderr."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:]

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        try:
            self._process.wait(END_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
