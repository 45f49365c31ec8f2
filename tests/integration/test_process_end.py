"""Ends of real processes: exit handlers, pools, recycled workers."""

from __future__ import annotations

import sys
import time
from collections import Counter

import pytest

from tests.integration.conftest import RunProgram, started
from tests.integration.span_sink import SpanSink

TIMEOUT = 40.0
EXIT_TIMEOUT = 5.0
TASKS = [f"task {number}" for number in range(10)]

PACKAGES = {"multiprocessing": ["fork", "spawn", "forkserver"], "billiard": ["fork"]}
POOLS = [
    (package, kind, method)
    for package, methods in PACKAGES.items()
    for kind in ["recycled", "closed", "processes", "executor"]
    for method in methods
    if (package, kind) != ("billiard", "executor")  # there is only one
]


@pytest.mark.parametrize("handler", ["early", "late"])
@pytest.mark.parametrize("before", ["cold", "warm"])
@pytest.mark.parametrize("tracers", ["one", "second"])
def test_spans_of_exit_handlers_arrive(
    run_program: RunProgram,
    sink: SpanSink,
    handler: str,
    before: str,
    tracers: str,
) -> None:
    """Exit handlers may report, whether registered before or after the tracer."""
    output = run_program("exit_handlers.py", handler, before, tracers)
    count = 2 if tracers == "one" else 4
    expected = Counter({handler: count, "warm": count if before == "warm" else 0})

    assert sink.wait_for(expected.total())
    assert +expected == Counter(sink.names)
    assert "lost" not in output


def test_exit_waits_for_all_tracers_at_once(
    run_program: RunProgram,
    sink: SpanSink,
) -> None:
    """Tracers that cannot send share 5 s at exit, others send; losses are logged."""
    output = run_program("exit_with_silent_backends.py")
    began = float(output.split()[0])

    assert time.monotonic() - began < 1.9 * EXIT_TIMEOUT
    assert sink.wait_for(1)
    assert ["last span"] == sink.names
    assert 2 == output.count("not all spans could be sent at the end of the process")
    assert 2 == output.count("finished at the end of the process, after tracing was")


@pytest.mark.parametrize(("package", "kind", "method"), POOLS)
def test_children_of_pools_report_at_their_end(
    run_program: RunProgram,
    sink: SpanSink,
    package: str,
    kind: str,
    method: str,
) -> None:
    """A child that a pool ends regularly reports all spans, however short its life."""
    if package == "billiard":
        pytest.importorskip("billiard")
    run_program("pool_children.py", package, kind, method)

    assert sink.wait_for(len(TASKS))
    assert TASKS == sink.names


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_child_that_reported_while_it_was_imported(
    run_program: RunProgram,
    sink: SpanSink,
    method: str,
) -> None:
    """A child whose first span precedes its setup reports that span and others."""
    run_program("pool_children.py", "multiprocessing", "early", method)
    expected = [*["early"] * len(TASKS), *TASKS]

    assert sink.wait_for(len(expected))
    assert expected == sink.names


@pytest.mark.skipif(
    sys.version_info >= (3, 13), reason="children wait for threads before finalizers"
)
def test_child_whose_first_span_comes_after_its_finalizers(
    run_program: RunProgram,
    sink: SpanSink,
) -> None:
    """Threads that a child waits for at its end may be the first to report."""
    run_program("first_span_in_late_thread.py")

    assert sink.wait_for(1)
    assert ["late"] == sink.names


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_child_reports_its_first_spans_at_once(sink: SpanSink, method: str) -> None:
    """The first span of a child that will be killed arrives without a delay."""
    with started(sink, "terminated_child.py", method) as program:
        arrived = sink.wait_for(1)
        program.communicate("now\n", timeout=TIMEOUT)

    assert arrived
    assert ["from a child"] == sink.names


@pytest.mark.parametrize("reason", ["limit", "files"])
def test_spans_leave_without_a_thread(
    run_program: RunProgram,
    sink: SpanSink,
    reason: str,
) -> None:
    """If no thread can start, flush() sends, and no span is logged as lost."""
    output = run_program("without_threads.py", reason)
    flushed, _, closed, _ = result_in(output)

    assert ("True", "True") == (flushed, closed)
    assert sink.wait_for(1 if reason == "files" else 2)
    assert "starved" in sink.names
    # Without file descriptors the thread starts, and can send as soon as there are
    # some.
    lines = 0 if reason == "files" else 1
    assert lines == output.count("cannot start the thread that sends spans")
    assert "lost" not in output


def test_flush_and_close_keep_their_timeout_without_a_thread(
    run_program: RunProgram,
) -> None:
    """Without a thread, and with a silent collector, both calls return in time."""
    output = run_program("without_threads.py", "silent")
    flushed, seconds_of_flush, closed, seconds_of_close = result_in(output)

    assert ("False", "False") == (flushed, closed)
    assert 0.4 < float(seconds_of_flush) < 30
    assert 0.4 < float(seconds_of_close) < 30


@pytest.mark.parametrize("early", [0, 1])
@pytest.mark.parametrize("call", ["close", "aclose"])
def test_closing_needs_no_file(
    run_program: RunProgram, sink: SpanSink, call: str, early: int
) -> None:
    """If no file descriptor is left, closing raises nothing, and sends or counts."""
    output = run_program("close_without_files.py", call, str(early))
    first, second, lost = result_in(output)

    # Without an earlier span, the modules that send are not imported and cannot be.
    assert first == second == str(early == 1)
    assert sink.wait_for(1 + early - int(lost))


@pytest.mark.parametrize("end", ["close", "exit"])
def test_subinterpreters_report(
    run_program: RunProgram, sink: SpanSink, end: str
) -> None:
    """Subinterpreters that permit no threads, or no daemon threads, report."""
    run_program("subinterpreter.py", end)

    assert sink.wait_for(3)
    expected = {"in the main interpreter": 1, "in a subinterpreter": 2}
    assert expected == Counter(sink.names)


def test_thread_that_uwsgi_does_not_run_is_logged(
    run_program: RunProgram,
    sink: SpanSink,
) -> None:
    """If uWSGI does not run threads, one line names the option, and spans are sent."""
    output = run_program("thread_not_run.py")

    assert sink.wait_for(1)
    assert 1 == output.count("--enable-threads")


def result_in(output: str) -> list[str]:
    """Return the words of the line RESULT of a program."""
    (line,) = [line for line in output.splitlines() if line.startswith("RESULT ")]
    return line.split()[1:]
