"""gunicorn: stops, reloads and replaces its workers without loss."""

from __future__ import annotations

import os
import signal

import pytest

from tests.integration.server_processes import (
    assert_all_arrive,
    serving,
    wait_for_ends,
)
from tests.integration.span_sink import SpanSink

GUNICORN = ("gunicorn", "--bind", "fd://{fd}", "--no-control-socket")
UVICORN_WORKER = "uvicorn_worker.UvicornWorker"
PRELOAD = {"each loads": (), "preload": ("--preload",)}
SERVICES = {
    "sync": "wsgi_service",
    "gthread": "wsgi_service",
    "gevent": "wsgi_service",
    "asgi": "asgi_service:without_lifespan",
    UVICORN_WORKER: "asgi_service:without_lifespan",
}
"""The application that each class of workers serves."""


def gunicorn(worker: str, *options: str) -> tuple[str, ...]:
    """Return the command that serves the application for a class of workers."""
    return (*GUNICORN, "-k", worker, *options, SERVICES[worker])


@pytest.mark.parametrize("preload", PRELOAD.values(), ids=PRELOAD.keys())
@pytest.mark.parametrize(
    "worker",
    [
        "sync",
        "gthread",
        pytest.param("gevent", marks=pytest.mark.long),
        pytest.param("asgi", marks=pytest.mark.long),
        UVICORN_WORKER,
    ],
)
def test_graceful_stop_loses_nothing(
    sink: SpanSink,
    worker: str,
    preload: tuple[str, ...],
) -> None:
    """Workers send their spans at SIGTERM, and so does the process that loads them."""
    command = gunicorn(worker, "-w", "2", *preload)
    with serving(sink, *command, environ={"TEST_SPAN_AT_LOAD": "1"}) as server:
        server.get_from_both_workers()
        server.stop()

    assert_all_arrive(sink, server, *["/load"] * (1 if preload else 2))


@pytest.mark.long
@pytest.mark.parametrize("worker", ["sync", "gthread", "gevent", UVICORN_WORKER])
def test_graceful_stop_waits_for_requests(sink: SpanSink, worker: str) -> None:
    """A request that is in progress at SIGTERM is completed, and its span arrives."""
    with serving(sink, *gunicorn(worker)) as server:
        server.get()
        with server.open_request() as request:
            server.send_signal(signal.SIGTERM)
            assert server.log.wait_for("Handling signal: term")
            request.finish()
        server.wait()

    assert_all_arrive(sink, server, "/open")


@pytest.mark.long
@pytest.mark.parametrize("worker", ["sync", "gevent"])
def test_quick_stop_loses_no_finished_span(sink: SpanSink, worker: str) -> None:
    """Workers send their spans at SIGINT, when gunicorn waits for no request."""
    with serving(sink, *gunicorn(worker, "-w", "2")) as server:
        server.get_from_both_workers()
        server.stop(signal.SIGINT)

    assert_all_arrive(sink, server)


@pytest.mark.parametrize(
    "worker",
    [
        "sync",
        "gthread",
        pytest.param("gevent", marks=pytest.mark.long),
        pytest.param(UVICORN_WORKER, marks=pytest.mark.long),
    ],
)
def test_recycled_workers_lose_nothing(sink: SpanSink, worker: str) -> None:
    """A worker that ends after `--max-requests` sends the spans of all its requests."""
    with serving(sink, *gunicorn(worker, "--max-requests", "3")) as server:
        first = server.get_or_retry()
        second = server.get_from_other_than(first)
        server.get_from_other_than(first, second)
        server.stop()

    assert_all_arrive(sink, server)


@pytest.mark.long
@pytest.mark.parametrize(
    ("worker", "preload"),
    [
        ("sync", ()),
        ("sync", ("--preload",)),
        ("gthread", ()),
        ("gevent", ("--preload",)),
        (UVICORN_WORKER, ()),
    ],
)
def test_reload_under_requests_loses_nothing(
    sink: SpanSink,
    worker: str,
    preload: tuple[str, ...],
) -> None:
    """At SIGHUP the old workers send their spans, and the new ones report."""
    with serving(sink, *gunicorn(worker, "-w", "2", *preload)) as server:
        old = server.get_from_both_workers()
        with server.under_requests():
            server.send_signal(signal.SIGHUP)
            wait_for_ends(old)
        new = server.get_from_both_workers()
        server.stop()

    assert old.isdisjoint(new)
    assert_all_arrive(sink, server)


@pytest.mark.long
@pytest.mark.parametrize("worker", ["sync", "gevent"])
def test_aborted_worker_sends_all(sink: SpanSink, worker: str) -> None:
    """SIGABRT, sent at a timeout, ends the request in Python code; its span arrives."""
    with serving(sink, *gunicorn(worker)) as server:
        server.get()
        with server.open_request("/hang") as request:
            # As the master does; it also sends SIGKILL a second later.
            os.kill(request.pid, signal.SIGABRT)
            assert server.log.wait_for("SystemExit: 1")
        server.get_from_other_than(request.pid)
        server.stop()

    assert_all_arrive(sink, server, "/hang")


@pytest.mark.long
@pytest.mark.parametrize(
    ("worker", "path"),
    [("sync", "/hang-in-c"), (UVICORN_WORKER, "/hang")],
)
def test_killed_worker_loses_one_flush_interval(
    sink: SpanSink,
    worker: str,
    path: str,
) -> None:
    """SIGKILL, or SIGABRT without a handler, loses what is open or just finished."""
    command = gunicorn(worker, "--preload", "--timeout", "2")
    with serving(sink, *command, environ={"TEST_FLUSH_INTERVAL": "0.1"}) as server:
        server.get()
        assert sink.wait_for(1)
        with server.open_request(path) as request:
            assert server.log.wait_for("WORKER TIMEOUT")
            server.get_from_other_than(request.pid)
        server.stop()

    assert_all_arrive(sink, server)
