"""Ways in which a process ends, with spans in the queue."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
from collections import Counter

import pytest

from tests.integration.conftest import RunProgram, started
from tests.integration.http_servers import (
    Request,
    Server,
    make_response,
    serve_http,
    serve_raw,
)
from tests.integration.span_sink import SpanSink

TIMEOUT = 50.0
ORDERLY_ENDS = {
    "return": 0,
    "sys.exit": 3,
    "exception": 1,
    "sys.exit in a thread": 0,
    "KeyboardInterrupt": -signal.SIGINT,
    "sys.exit by SIGTERM": 0,
    "close by SIGTERM": -signal.SIGTERM,
}
SUDDEN_ENDS = {
    "os._exit": 3,
    "SIGTERM": -signal.SIGTERM,
    "SIGHUP": -signal.SIGHUP,
    "SIGKILL": -signal.SIGKILL,
    "os.abort": -signal.SIGABRT,
}


@pytest.mark.parametrize(("way", "code"), ORDERLY_ENDS.items())
def test_an_orderly_end_loses_nothing(
    run_program: RunProgram, sink: SpanSink, way: str, code: int
) -> None:
    """If the interpreter exits, or a handler closes the tracer, all spans are sent."""
    run_program("ways_to_end.py", way, code=code)

    assert sink.wait_for(2)
    assert ["flushed", "queued"] == sink.names


@pytest.mark.parametrize(("way", "code"), SUDDEN_ENDS.items())
def test_a_sudden_end_loses_what_is_queued(
    run_program: RunProgram, sink: SpanSink, way: str, code: int
) -> None:
    """A sudden end loses what is queued, and nothing that was flushed."""
    run_program("ways_to_end.py", way, code=code)

    assert sink.wait_for(1)
    assert ["flushed"] == sink.names


def test_exec_loses_what_is_queued(run_program: RunProgram, sink: SpanSink) -> None:
    """`os.execv` runs no exit handlers; flushed spans and the new program's arrive."""
    run_program("ways_to_end.py", "os.execv")

    assert sink.wait_for(2)
    assert ["after", "flushed"] == sink.names


@pytest.mark.parametrize("handler", ["exit", "close"])
def test_sigterm_under_load_loses_nothing(sink: SpanSink, handler: str) -> None:
    """A handler that exits or closes under load loses no span that was finished."""
    with started(sink, "terminated_under_load.py", handler) as program:
        assert sink.wait_for(1)
        program.terminate()
        output, _ = program.communicate(timeout=TIMEOUT)
    finished, closed = map(int, output.splitlines()[-1].split())
    arrived = len({span.spanId for span in sink.spans})

    assert 0 == program.returncode
    assert arrived == len(sink.spans)
    # The handler that exits may do so after a span was queued and before it is counted.
    assert arrived + closed - finished in ({0, 1} if handler == "exit" else {0})
    assert 0 == closed or handler == "close"


def test_daemon_threads_may_report_during_the_exit(
    run_program: RunProgram, sink: SpanSink
) -> None:
    """All that daemon threads have finished before the exit arrives once."""
    output = run_program("exit_with_daemon_threads.py")
    before = Counter(f"{thread}.{n}" for thread in range(4) for n in range(1_000))

    assert sink.wait_for(before.total())
    assert before == Counter(name for name in sink.names if name in before)
    assert "Traceback" not in output


def test_an_interrupt_ends_the_wait_of_the_exit(
    sink: SpanSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while the exit waits for a backend ends the process at once."""
    has_request = threading.Event()

    def hang(server: Server, connection: socket.socket, _number: int) -> None:
        assert connection.recv(1)
        has_request.set()
        server.stopping.wait(TIMEOUT)

    with serve_raw(hang) as server:
        monkeypatch.setenv("TEST_ENDPOINT", server.url("/v1/traces"))
        with started(sink, "exit_interrupted.py") as program:
            assert has_request.wait(TIMEOUT)
            program.send_signal(signal.SIGINT)
            output, _ = program.communicate(timeout=TIMEOUT)

    assert 0 == program.returncode
    assert "KeyboardInterrupt" in output
    assert "not all spans could be sent" not in output


def test_sigterm_during_the_exit_does_not_end_it(
    sink: SpanSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler that calls sys.exit() while the exit sends interrupts nothing."""
    has_request, goes_on = threading.Event(), threading.Event()

    def respond_later(_request: Request) -> bytes:
        has_request.set()
        goes_on.wait(TIMEOUT)
        return make_response(200)

    with serve_http(respond_later) as server:
        monkeypatch.setenv("TEST_ENDPOINT", server.url("/v1/traces"))
        with started(sink, "exit_terminated.py", "exit") as program:
            assert has_request.wait(TIMEOUT)
            program.terminate()
            with pytest.raises(subprocess.TimeoutExpired):
                program.wait(1)
            goes_on.set()
            output, _ = program.communicate(timeout=TIMEOUT)

    assert (0, "") == (program.returncode, output)


def test_exit_waits_for_the_request_of_a_closed_tracer(
    sink: SpanSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What close() leaves in flight is waited for at the exit, or logged as lost."""

    def hang(server: Server, _connection: socket.socket, _number: int) -> None:
        server.stopping.wait(TIMEOUT)

    with serve_raw(hang) as server:
        monkeypatch.setenv("TEST_ENDPOINT", server.url("/v1/traces"))
        with started(sink, "exit_terminated.py", "close") as program:
            output, _ = program.communicate(timeout=TIMEOUT)

    assert 0 == program.returncode
    assert "\n1\n" in f"\n{output}"
    assert 1 == output.count("were not sent before its timeout")
    assert 1 == output.count("not all spans could be sent at the end of the process")


def test_exit_does_not_wait_for_a_strategy(run_program: RunProgram) -> None:
    """A poller with a thread of its own has no spans; nothing is logged as lost."""
    assert not run_program("exit_polling.py")


def test_a_dropped_tracer_sends_its_spans(
    run_program: RunProgram, sink: SpanSink
) -> None:
    """A tracer without references stays until its spans are sent; no other one does."""
    output = run_program("abandoned_tracers.py")

    assert sink.wait_for(10)
    assert {"abandoned": 5, "closed": 5} == Counter(sink.names)
    assert "0 0 5\n" == output
