"""Web servers that shut down deliver the spans of their last moments."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.integration.server_processes import PATIENCE, Server, serving
from tests.integration.span_sink import SpanSink

UVICORN = ("uvicorn", "--fd", "{fd}")
GUNICORN = ("gunicorn", "--bind", "fd://{fd}", "--no-control-socket")


def assert_all_arrive(sink: SpanSink, server: Server, *more: str) -> None:
    """Check that exactly the spans of all requests, and *more*, have arrived."""
    expected = sorted([*server.paths, *more])
    assert sink.wait_for(len(expected)), f"{sink.names} of {expected}"
    assert expected == sink.names


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_uvicorn(sink: SpanSink, number: signal.Signals) -> None:
    """The application need not support lifespan."""
    with serving(sink, *UVICORN, "asgi_service:without_lifespan") as server:
        server.get()
        server.get()
        server.stop(number)

    assert_all_arrive(sink, server)


@pytest.mark.parametrize("application", ["with_lifespan", "closing_itself"])
def test_uvicorn_with_lifespan(sink: SpanSink, application: str) -> None:
    """Spans of the application's own shutdown arrive as well."""
    command = (*UVICORN, "--lifespan", "on", f"asgi_service:{application}")
    with serving(sink, *command) as server:
        server.get()
        server.stop()

    assert_all_arrive(sink, server, "/stopping")


def test_uvicorn_with_workers(sink: SpanSink) -> None:
    """Each worker process closes its own tracer."""
    command = (*UVICORN, "--workers", "2", "asgi_service:without_lifespan")
    with serving(sink, *command) as server:
        get_from_both_workers(server)
        server.stop()

    assert_all_arrive(sink, server)


def test_gunicorn_with_asgi(sink: SpanSink) -> None:
    """The wrapper is for any ASGI server."""
    command = (*GUNICORN, "-k", "asgi", "asgi_service:with_lifespan")
    with serving(sink, *command) as server:
        server.get()
        server.stop()

    assert_all_arrive(sink, server, "/stopping")


@pytest.mark.parametrize("preload", [(), ("--preload",)], ids=["", "preload"])
@pytest.mark.parametrize("worker", ["sync", "gthread", "gevent"])
def test_gunicorn(sink: SpanSink, worker: str, preload: tuple[str, ...]) -> None:
    """Nothing needs to be closed, whether or not the workers are forked late."""
    command = (*GUNICORN, "-k", worker, "-w", "2", *preload, "wsgi_service")
    with serving(sink, *command) as server:
        get_from_both_workers(server)
        server.stop()

    assert_all_arrive(sink, server)


@pytest.mark.parametrize("worker", ["sync", "gthread", "gevent"])
def test_gunicorn_that_recycles_workers(sink: SpanSink, worker: str) -> None:
    """A worker that ends after a number of requests delivers all of them."""
    command = (*GUNICORN, "-k", worker, "--max-requests", "3", "wsgi_service")
    with serving(sink, *command) as server:
        get_from_successive_workers(server, 3)
        server.stop()

    assert_all_arrive(sink, server)


@pytest.mark.parametrize("tasks_per_child", ["3", "100"])
def test_celery_with_signals(
    sink: SpanSink,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tasks_per_child: str,
) -> None:
    """Children that are recycled, or shut down, close the tracer by Celery's signal."""
    monkeypatch.setenv("TEST_FOLDER", str(tmp_path))
    worker = ("-A", "celery_service", "worker", "--pool", "prefork", "-c", "1")
    quick = ("--without-mingle", "--without-gossip", "--without-heartbeat")
    options = (*quick, "--max-tasks-per-child", tasks_per_child)
    with serving(sink, "celery", *worker, *options) as server:
        server.paths = [f"/{number}" for number in range(4)]
        server.process.wait(PATIENCE)

    assert_all_arrive(sink, server)


def get_from_both_workers(server: Server) -> None:
    """Send requests to two workers, the second one while the first one is stopped."""
    first = server.get()
    os.kill(first, signal.SIGSTOP)
    try:
        assert first != server.get()
    finally:
        os.kill(first, signal.SIGCONT)


def get_from_successive_workers(server: Server, count: int) -> None:
    """Send requests until *count* processes have responded, one after the other."""
    pids: set[int] = set()
    deadline = time.monotonic() + PATIENCE
    while len(pids) < count:
        pids.add(server.get())
        assert time.monotonic() < deadline, f"only {pids} respond"
