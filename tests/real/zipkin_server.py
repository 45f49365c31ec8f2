"""A real Zipkin for one test run: in memory, on a free port of loopback."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.real.http_get import get
from tests.real.server_process import ServerProcess

_SERVES: Final = re.compile(r"Serving HTTP at /127\.0\.0\.1:(\d+)")
# Zipkin has no setting for the address it listens on; the server below it has.
_ON_LOOPBACK: Final = (
    "--armeria.ports[0].ip=127.0.0.1",
    "--armeria.ports[0].port=0",
    "--armeria.ports[0].protocols[0]=http",
)


class ZipkinServer(ServerProcess):
    """
    One Zipkin process.

    Args:
        command: Its command line; see `zipkin_fetch`.
        log: The file for the output of the process.
    """

    name = "Zipkin"

    def __init__(self, command: Sequence[str | Path], log: Path) -> None:
        environment = {"STORAGE_TYPE": "mem", "QUERY_PORT": "0"}
        super().__init__([*command, *_ON_LOOPBACK], log, environment)
        self.port = 0
        """Its port once it is started, which the system selects."""

    @property
    def url(self) -> str:
        """The address of its API."""
        return f"http://127.0.0.1:{self.port}"

    def is_healthy(self) -> bool:
        """Return whether it is healthy."""
        if not self.port:
            serves = _SERVES.search(self.output())
            self.port = int(serves[1]) if serves else 0
        try:
            return bool(self.port) and get(f"{self.url}/health")[0] == 200
        except OSError:
            return False
