"""Services that create traces: one in a process of its own, one with OpenTelemetry."""

from __future__ import annotations

import json
import subprocess
import sys
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.real.conftest import PROGRAMS, clean_environment
from tests.real.jaeger_query import query_until
from tests.real.jaeger_server import OwnJaeger
from tests.real.otel_sdk import OtelService

OPERATION: Final = "work"
"""The program's name for each of its spans."""


@dataclass(frozen=True, slots=True)
class Made:
    """The result of one command to the program."""

    sampled: Mapping[str, int]
    """How many traces were sampled, by the type of the sampler."""
    rate: float
    """The probability that applies to the next trace."""

    @property
    def by_probability(self) -> int:
        """Number of traces sampled by their ids, not by the lower bound."""
        return self.sampled.get("probabilistic", 0)


class Traffic(ABC):
    """
    One running service that creates traces on request.

    Args:
        service: Its name.
    """

    def __init__(self, service: str) -> None:
        self.service = service

    @abstractmethod
    def make(self, traces: int) -> Made:
        """Create *traces* traces, and return what became of them."""

    @abstractmethod
    def close(self) -> None:
        """End the service."""

    def make_one_sampled(self) -> None:
        """Create traces one by one until one of them is sampled."""
        made = query_until(lambda: self.make(1), lambda made: bool(made.sampled))
        assert made.sampled

    def wait_until_sampled_at(self, rate: float) -> None:
        """Wait until the service uses this probability."""
        made = query_until(lambda: self.make(0), lambda made: made.rate == rate)
        assert rate == made.rate


class OtelTraffic(Traffic):
    """A service in this process that OpenTelemetry's SDK traces."""

    def __init__(self, service: str, jaeger: OwnJaeger) -> None:
        super().__init__(service)
        self._sdk = OtelService(service, jaeger, polling_interval=0.5)

    def make(self, traces: int) -> Made:
        """Create them by the SDK."""
        spans = self._sdk.traces(traces, OPERATION)
        types = (str((span.attributes or {})["sampler.type"]) for span in spans)
        rate = self._sdk.rate_of(OPERATION)
        assert isinstance(rate, float)
        return Made(Counter(types), rate)

    def close(self) -> None:
        """Send what is left."""
        self._sdk.close()


class ProcessTraffic(Traffic):
    """
    A service in a process of its own, with the tracer of this package.

    Args:
        service: Its name.
        process: The program, with pipes for its input and its output.
        log: The file that takes what it writes to stderr.
    """

    def __init__(self, service: str, process: subprocess.Popen[str], log: Path) -> None:
        super().__init__(service)
        self._process = process
        self._log = log

    def make(self, traces: int) -> Made:
        """Create them by the program."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{traces}\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, f"{self.service} has ended:\n{self._log.read_text()}"
        response = json.loads(line)
        return Made(response["sampled"], response["tags"]["sampler.param"])

    def close(self) -> None:
        """End the program as a user would, by the end of its input."""
        try:
            self._process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


def start_traffic(service: str, settings: dict[str, str], folder: Path) -> Traffic:
    """Start a service whose tracer is configured by the environment *settings*."""
    path = folder / f"{service}.log"
    environment = clean_environment(sys.executable) | settings
    with path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(PROGRAMS / "sampled_traffic.py")],
            env=environment | {"JAEGER_SERVICE_NAME": service},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    return ProcessTraffic(service, process, path)
