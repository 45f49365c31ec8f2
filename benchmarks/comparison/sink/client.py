"""Starts a sink, queries it, and ends it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from benchmarks.comparison.peers.base import Addresses
from benchmarks.comparison.sink.count import Count

if TYPE_CHECKING:
    from typing_extensions import Self

ROOT = Path(__file__).parents[3]
TIMEOUT = 120.0
"""Timeout of decoding in seconds."""


class SinkError(Exception):
    """The sink did not start, or does not respond."""


class Sink:
    """
    A sink in a separate process, with sockets on 127.0.0.1.

    Ends with the `with` block that it is used in.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.comparison.sink"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            self._connect()
        except BaseException:
            self.close()
            raise

    def _connect(self) -> None:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            msg = "the sink ended before it listened"
            raise SinkError(msg)
        ports: dict[str, int] = json.loads(line)
        self.addresses = Addresses(ports["udp"], ports["http"])
        """The addresses where the sink receives spans."""
        self._control = socket.create_connection(
            ("127.0.0.1", ports["control"]), TIMEOUT
        )
        self._responses = self._control.makefile("r")

    def _request(self, command: str) -> dict[str, object]:
        self._control.sendall(f"{command}\n".encode())
        response: dict[str, object] = json.loads(self._responses.readline())
        if error := response.get("error"):
            msg = f"the sink failed: {error}"
            raise SinkError(msg)
        return response

    def reset(self) -> None:
        """Discard all that arrived."""
        self._request("reset")

    def count(self) -> Count:
        """Return what arrived since the last reset."""
        return Count(**self._request("count"))  # type: ignore[arg-type]  # as to_json made it

    def wait(self, spans: int, quiet: float) -> Count:
        """Count once *spans* spans have arrived, or none came for *quiet* seconds."""
        response = self._request(f"wait {spans} {quiet}")
        return Count(**response)  # type: ignore[arg-type]  # as to_json made it

    def close(self) -> None:
        """End the process."""
        if hasattr(self, "_control"):
            self._responses.close()
            self._control.close()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        self._process.stdout.close()

    def __enter__(self) -> Self:
        """Return the sink itself."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
