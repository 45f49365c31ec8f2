"""uvicorn: stops, reloads and replaces its processes without loss."""

from __future__ import annotations

import os
import signal
from itertools import count
from pathlib import Path

import pytest

from tests.integration.server_processes import (
    Server,
    assert_all_arrive,
    serving,
    wait_for_ends,
)
from tests.integration.span_sink import SpanSink

UVICORN = ("uvicorn", "--fd", "{fd}")
WORKERS = (*UVICORN, "--workers", "2", "asgi_service:without_lifespan")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_loses_nothing(sink: SpanSink, number: signal.Signals) -> None:
    """The application need not support lifespan."""
    with serving(sink, *UVICORN, "asgi_service:without_lifespan") as server:
        server.get()
        server.get()
        server.stop(number)

    assert_all_arrive(sink, server)


@pytest.mark.parametrize("application", ["with_lifespan", "closing_itself"])
def test_stop_loses_nothing_of_the_lifespan(sink: SpanSink, application: str) -> None:
    """Spans of the application's own shutdown arrive as well."""
    command = (*UVICORN, "--lifespan", "on", f"asgi_service:{application}")
    with serving(sink, *command) as server:
        server.get()
        server.stop()

    assert_all_arrive(sink, server, "/stopping")


def test_stop_waits_for_requests(sink: SpanSink) -> None:
    """A request that is in progress at SIGTERM is completed, and its span arrives."""
    with serving(sink, *UVICORN, "asgi_service:without_lifespan") as server:
        with server.open_request() as request:
            server.send_signal(signal.SIGTERM)
            assert server.log.wait_for("Waiting for connections to close")
            request.finish()
        server.wait()

    assert_all_arrive(sink, server, "/open")


def test_without_lifespan_loses_one_flush_interval(sink: SpanSink) -> None:
    """With `--lifespan off` SIGTERM kills the process; spans sent before arrive."""
    command = (*UVICORN, "--lifespan", "off", "asgi_service:without_lifespan")
    with serving(sink, *command, environ={"TEST_FLUSH_INTERVAL": "0.1"}) as server:
        server.get()
        assert sink.wait_for(1)
        server.stop()

    assert_all_arrive(sink, server)
    assert -signal.SIGTERM == server.process.returncode


def test_workers_lose_nothing(sink: SpanSink) -> None:
    """Each worker process closes its own tracer."""
    with serving(sink, *WORKERS, environ={"TEST_SPAN_AT_LOAD": "1"}) as server:
        server.get_from_both_workers()
        server.stop()

    assert_all_arrive(sink, server, "/load", "/load")


@pytest.mark.long
def test_workers_are_replaced_under_requests(sink: SpanSink) -> None:
    """At SIGHUP the old workers send their spans, and the new ones report."""
    with serving(sink, *WORKERS) as server:
        old = server.get_from_both_workers()
        with server.under_requests():
            server.send_signal(signal.SIGHUP)
            wait_for_ends(old)
        new = server.get_from_both_workers()
        server.stop()

    assert old.isdisjoint(new)
    assert_all_arrive(sink, server)


@pytest.mark.long
def test_recycled_workers_lose_nothing(sink: SpanSink) -> None:
    """A worker that ends after `--limit-max-requests` sends all its spans."""
    with serving(sink, *WORKERS, "--limit-max-requests", "3") as server:
        workers = server.get_from_both_workers()
        third = server.get_from_other_than(*workers)
        server.get_from_other_than(*workers, third)
        server.stop()

    assert_all_arrive(sink, server)


@pytest.mark.long
def test_process_of_a_changed_source_reports(sink: SpanSink, tmp_path: Path) -> None:
    """With `--reload`, spans of the old source and of the new one arrive."""
    source = tmp_path / "bakery.py"
    source.write_text("from asgi_service import without_lifespan as app\n")
    command = (*UVICORN, "--reload", "--reload-dir", str(tmp_path))
    with serving(sink, *command, "--app-dir", str(tmp_path), "bakery:app") as server:
        old = server.get()
        change(source, server)
        server.get_from_other_than(old)
        server.stop()

    assert_all_arrive(sink, server, "/changed")


def change(source: Path, server: Server) -> None:
    """Change a source file until uvicorn, which may not watch it yet, notices that."""
    source.write_text(
        "from asgi_service import tracer, without_lifespan as app\n"
        "tracer.start_span('/changed').finish()\n"
    )
    changed = source.stat().st_mtime
    for seconds in count(1):
        os.utime(source, (changed + seconds, changed + seconds))
        if server.log.wait_for("Reloading...", timeout=1.0):
            return
        assert seconds < 45, "no reload"
