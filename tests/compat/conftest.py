"""Fixtures for the tests of old programs: a sink for spans, programs in processes."""

# pyright: reportPrivateUsage=false
# Old tests set `Config._initialized`.

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import opentracing
import pytest

from jaeger_client import Config
from tests.integration.span_sink import SpanSink

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = Path(__file__).parent / "programs"
TIMEOUT = 50.0


@pytest.fixture
def sink() -> Iterator[SpanSink]:
    """Return a running sink for spans over UDP."""
    with SpanSink() as sink:
        yield sink


class RunProgram(Protocol):
    """Type of the fixture `run_program`."""

    def __call__(self, name: str) -> str:
        """Run a program of `programs/` to its end and return what it printed."""
        ...


@pytest.fixture
def run_program(sink: SpanSink) -> RunProgram:
    """Run programs as a user does, every warning an error, the sink their agent."""

    def run(name: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error", PROGRAMS / name],
            env={**os.environ, "JAEGER_AGENT_PORT": str(sink.port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT,
            check=False,
            text=True,
        )
        assert 0 == done.returncode, done.stdout
        return done.stdout

    return run


@pytest.fixture
def fresh_start() -> Iterator[None]:
    """Reset `Config` as old tests did, and restore the global tracer."""
    before = opentracing.global_tracer()
    Config._initialized = False
    yield
    Config._initialized = False
    opentracing.set_global_tracer(before)
