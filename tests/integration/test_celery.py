"""Celery's prefork pool: children that end, are recycled or killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.server_processes import (
    PROGRAMS,
    Server,
    assert_all_arrive,
    serving,
)
from tests.integration.span_sink import SpanSink

WORKER = (
    *("celery", "-A", "celery_service", "worker", "--loglevel=INFO"),
    *("--pool=prefork", "--concurrency=1"),
    *("--without-mingle", "--without-gossip", "--without-heartbeat"),
)
pytestmark = pytest.mark.long


@contextmanager
def celery(
    sink: SpanSink,
    folder: Path,
    *steps: str,
    tracer: str = "import",
    recycling: str = "100",
) -> Generator[Server]:
    """Run a worker with one child, and *steps*, until it has ended."""
    for name in ("in", "out", "control"):
        (folder / name).mkdir()
    os.mkfifo(folder / "pipe")
    environ = {
        "TEST_FOLDER": str(folder),
        "TEST_STEPS": " ".join(steps),
        "TEST_TRACER": tracer,
    }
    options = ("--max-tasks-per-child", recycling)
    with serving(sink, *WORKER, *options, environ=environ) as server:
        yield server
        server.wait()


@pytest.mark.parametrize("tracer", ["signals", "import"])
def test_children_lose_nothing(sink: SpanSink, tmp_path: Path, tracer: str) -> None:
    """A recycled child and one at a warm shutdown send all, with or without signals."""
    steps = ("/0", "/1", "/2", "stop")
    with celery(sink, tmp_path, *steps, tracer=tracer, recycling="2") as server:
        pass

    assert_all_arrive(sink, server, "/0", "/1", "/2")


def test_soft_time_limit_loses_nothing(sink: SpanSink, tmp_path: Path) -> None:
    """A task that exceeds its soft time limit ends its span, which arrives."""
    with celery(sink, tmp_path, "/soft", "/0", "stop") as server:
        assert server.log.wait_for("SoftTimeLimitExceeded")

    assert_all_arrive(sink, server, "/0", "/soft")


def test_hard_time_limit_loses_the_open_span(sink: SpanSink, tmp_path: Path) -> None:
    """A killed child has sent what was finished before; the next child reports."""
    with celery(sink, tmp_path, "/0", "/1", "wait", "/hang") as server:
        assert sink.wait_for(2)
        (tmp_path / "pipe").write_text("go on")
        assert server.log.wait_for("Hard time limit")
        send(tmp_path, "/2", "stop")

    assert_all_arrive(sink, server, "/0", "/1", "/2")


def send(folder: Path, *steps: str) -> None:
    """Send a task from a process of its own."""
    environ = {"TEST_FOLDER": str(folder), "TEST_TRACER": "signals"}
    code = f"from celery_service import send\nsend(*{steps})"
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROGRAMS,
        env={**os.environ, **environ},
        check=True,
    )
