"""Fixtures of the integration tests: a sink for spans, programs in processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.integration.receivers import ROUTES, Route
from tests.integration.span_sink import SpanSink

PROGRAMS = Path(__file__).parent / "programs"
_TIMEOUT = 50.0


@pytest.fixture
def sink() -> Iterator[SpanSink]:
    """Return a running sink for spans over UDP."""
    with SpanSink() as sink:
        yield sink


def command_of(name: str, *arguments: str) -> list[str]:
    """Return the command that runs a program of `programs/`."""
    return [sys.executable, "-W", "error", str(PROGRAMS / name), *arguments]


def environment_for(sink: SpanSink) -> dict[str, str]:
    """Return the environment of a program whose agent is *sink*."""
    return {
        **os.environ,
        "JAEGER_AGENT_PORT": str(sink.port),
        "PYTHONPATH": str(PROGRAMS.parents[2]),
    }


@contextmanager
def started(
    sink: SpanSink, name: str, *arguments: str
) -> Generator[subprocess.Popen[str]]:
    """Run a program of `programs/` during the block, which must end it."""
    with subprocess.Popen(
        command_of(name, *arguments),
        env=environment_for(sink),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as program:
        try:
            yield program
        finally:
            program.kill()


class RunProgram(Protocol):
    """Type of the fixture `run_program`."""

    def __call__(
        self,
        name: str,
        *arguments: str,
        code: int = 0,
        timeout: float = _TIMEOUT,
    ) -> str:
        """Run a program of `programs/` to its end and return what it printed."""
        ...


def printed_json(output: str) -> Any:
    """Return the JSON object that a program printed among its log lines."""
    return json.loads(next(line for line in output.splitlines() if line[:1] == "{"))


@pytest.fixture
def run_program(sink: SpanSink) -> RunProgram:
    """Run programs as a user does, with the sink as their agent."""

    def run(
        name: str,
        *arguments: str,
        code: int = 0,
        timeout: float = _TIMEOUT,
    ) -> str:
        done = subprocess.run(
            command_of(name, *arguments),
            env=environment_for(sink),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
            text=True,
        )
        assert code == done.returncode, done.stdout
        return done.stdout

    return run


@pytest.fixture(params=ROUTES)
def route(request: pytest.FixtureRequest) -> Route:
    """Each route of spans out of the process."""
    return ROUTES[request.param]


@pytest.fixture
def no_otlp_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prevent that spans go to a Jaeger on this machine when UDP is refused."""
    monkeypatch.setattr("jaeger_client._internal.http_channel.OTLP_PORT", 9)
