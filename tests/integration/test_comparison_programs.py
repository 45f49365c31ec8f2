"""The benchmark's programs that use sockets, each with a small load."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from benchmarks.comparison.growth_outage import measure_outage
from benchmarks.comparison.latency_load import Load, LoadError, run_load
from benchmarks.comparison.latency_work import Work
from benchmarks.comparison.programs import ProgramError, Programs
from tests.integration.http_servers import Request, make_response, serve_http

STALL = 0.3
"""Seconds for which a test's server does not respond."""


def this_python(peer: str) -> Path:
    """Return this interpreter, where the package is installed, for every peer."""
    del peer
    return Path(sys.executable)


def test_a_stall_shows_in_every_request_that_was_due_in_it() -> None:
    """
    A request is timed from when it was due.

    At 100 requests per second, a server that does not respond for 0.3 s delays thirty
    of them, although only four could be sent meanwhile.
    """
    stalled, over = threading.Event(), threading.Event()

    def respond(request: Request) -> bytes:
        if not stalled.is_set():
            stalled.set()
            threading.Timer(STALL, over.set).start()
        over.wait(5)
        return make_response(body=b"ok")

    with serve_http(respond) as server:
        load = Load(server.port, rate=100, seconds=0.5, warm_up=0, connections=4)
        times = run_load(load)
    slow = [latency for latency in times.latencies_us if latency > STALL / 10 * 1e6]

    assert 50 == len(times.latencies_us) == len(times.late_us)
    assert 20 <= len(slow)


def test_requests_of_the_warm_up_are_left_out() -> None:
    """Requests of the warm-up get a response, but their times are left out."""
    with serve_http(lambda request: make_response()) as server:
        times = run_load(Load(server.port, rate=200, seconds=0.1, warm_up=0.1))

    assert 40 == len(server.requests)
    assert 20 == len(times.latencies_us)


@pytest.mark.parametrize(
    ("response", "message"),
    [(None, "closed a connection"), (make_response(500), "expected status 200")],
)
def test_a_server_that_does_not_serve_ends_the_load(
    response: bytes | None,
    message: str,
) -> None:
    """A response without status 200 is an error, because its time means nothing."""
    with serve_http(lambda request: response) as server:
        load = Load(server.port, rate=100, seconds=0.1, warm_up=0)

        with pytest.raises(LoadError, match=message):
            run_load(load)


def test_a_load_without_a_server_ends() -> None:
    """A port where nothing listens is an error that names it."""
    with serve_http(lambda request: make_response()) as server:
        port = server.port

    with pytest.raises(LoadError, match=f"port {port}"):
        run_load(Load(port, rate=100, seconds=0.1, warm_up=0))


def test_spans_for_a_stalled_server_are_counted_as_lost() -> None:
    """If a server accepts no span, every span is counted as lost."""
    outage = measure_outage(Programs(this_python), seconds=1)

    assert outage.is_counted
    assert 20_000 <= outage.figures.held <= 21_000
    assert outage.figures.close_s < 10


def test_a_program_that_hangs_is_ended() -> None:
    """A program that exceeds its timeout is killed."""
    with pytest.raises(ProgramError, match=r"did not end within 0\.01 seconds"):
        Programs(this_python).run("ours", "latency_work", Work(), timeout=0.01)


def test_a_program_without_an_interpreter_is_named(tmp_path: Path) -> None:
    """A peer whose environment does not exist is an error that names the peer."""
    programs = Programs(lambda peer: tmp_path / "python")

    with pytest.raises(ProgramError, match="cannot start latency_work of ours"):
        programs.run("ours", "latency_work", Work())
