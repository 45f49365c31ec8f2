"""Threads and processes: start, fork, exit, event loops and greenlets."""

from __future__ import annotations

import asyncio
import gzip
import math
import os
import socket
import sys
import threading
from collections import Counter

import pytest

from jaeger_client import Config, Span, Tracer
from tests.foreign.decoders import decode_otlp
from tests.integration.conftest import RunProgram
from tests.integration.http_servers import Request, make_response, serve_http
from tests.integration.span_sink import SpanSink

needs_fork = pytest.mark.skipif(
    not hasattr(os, "fork"),
    reason="os.fork is missing: this system starts every process anew",
)


def make_tracer(sink: SpanSink, **config: object) -> Tracer:
    """Return a tracer that samples everything and reports to *sink*."""
    settings = {
        "sampler": {"type": "const", "param": 1},
        "local_agent": {"reporting_port": sink.port},
        **config,
    }
    return Config(settings, service_name="lifecycle").new_tracer()


def test_import_and_construction_start_nothing(run_program: RunProgram) -> None:
    """Import and a new tracer add no HTTP client, loop, thread or handler."""
    lines = run_program("import_only.py").splitlines()

    expected = ["imported []", "made []", "threads 1", "handlers [] []"]
    assert expected == lines[:4]


@pytest.mark.parametrize("timeout", [1e10, math.inf, sys.maxsize, None])
def test_a_timeout_beyond_the_platform_is_a_long_one(
    sink: SpanSink, timeout: float
) -> None:
    """Flush and close wait as long as is needed, and raise nothing."""
    tracer = make_tracer(sink)

    tracer.start_span("first").finish()
    flushed = tracer.flush(timeout)
    tracer.start_span("second").finish()
    closed = tracer.close(timeout).result()

    assert (True, True) == (flushed, closed)
    assert sink.wait_for(2)


def test_settings_beyond_the_platform_keep_the_thread_alive(sink: SpanSink) -> None:
    """A full batch is sent although the flush interval never ends."""
    tracer = make_tracer(
        sink,
        reporter_flush_interval=1e10,
        reporter_batch_size=10,
        sampler={"type": "remote", "param": 1},
        sampling_refresh_interval=sys.maxsize,
    )

    for _ in range(20):
        tracer.start_span("op").finish()

    assert sink.wait_for(20)
    assert tracer.close().result()


def test_exit_tries_a_waiting_batch_once_more(
    run_program: RunProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of a process sends what waits for `Retry-After`; flush() does not."""
    responses = [make_response(503, headers={"Retry-After": "30"})]

    def respond(request: Request) -> bytes:
        return responses.pop() if responses else make_response()

    with serve_http(respond) as server:
        monkeypatch.setenv("TEST_ENDPOINT", server.url("/v1/traces"))
        output = run_program("exit_while_backend_is_busy.py")
        requests = len(server.requests)

    assert str([False] * 8) in output
    assert 2 == requests


@needs_fork
def test_fork_of_a_busy_parent(run_program: RunProgram, sink: SpanSink) -> None:
    """Parent and child of a fork under load both report everything once."""
    run_program("fork_busy_parent.py")

    assert sink.wait_for(1_000)
    assert {"parent": 800, "child": 200} == Counter(sink.names)
    assert 1_000 == len({span.spanId for span in sink.spans})


@needs_fork
def test_spans_before_over_and_after_a_fork(
    run_program: RunProgram,
    sink: SpanSink,
) -> None:
    """Spans before, during and after a fork arrive once, the child's by its exit."""
    run_program("fork_open_spans.py")

    assert sink.wait_for(4)
    assert ["after", "before", "child", "over"] == sink.names


@needs_fork
def test_fork_while_a_tracer_is_initialized(run_program: RunProgram) -> None:
    """The child does not wait for the thread of its parent that was initializing."""
    assert "child\n" == run_program("fork_while_initializing.py")


@needs_fork
def test_fork_while_the_http_library_is_imported(
    run_program: RunProgram,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fork during an import in the background affects neither process."""
    with serve_http(lambda request: make_response()) as server:
        monkeypatch.setenv("TEST_ENDPOINT", server.url("/v1/traces"))
        run_program("fork_while_http_is_imported.py")
        names = [
            span.name
            for request in server.requests
            for resource in decode_otlp(gzip.decompress(request.body)).resource_spans
            for span in resource.scope_spans[0].spans
        ]

    assert ["child", "parent"] == sorted(names)


def test_hanging_name_server_stops_no_other_tracer(
    run_program: RunProgram,
    sink: SpanSink,
) -> None:
    """While one tracer waits for its name server, another sends."""
    run_program("hanging_name_server.py", "another tracer")

    assert sink.wait_for(1)
    assert ["other"] == sink.names


@needs_fork
def test_fork_while_a_name_server_hangs(
    run_program: RunProgram,
    sink: SpanSink,
) -> None:
    """A fork waits 2 s for a thread in the resolver; then both processes report."""
    run_program("hanging_name_server.py", "fork")

    assert sink.wait_for(2)
    assert ["child", "parent"] == sink.names


def test_flush_and_close_keep_their_timeout_while_a_name_server_hangs(
    run_program: RunProgram,
) -> None:
    """flush() and close() return in time if the name server of the tracer hangs."""
    run_program("hanging_name_server.py", "itself")


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_children_report(
    run_program: RunProgram,
    sink: SpanSink,
    method: str,
) -> None:
    """Children of multiprocessing report at their end, with each start method."""
    run_program("multiprocessing_children.py", method)

    expected = [*(f"child {n}" for n in range(3)), "parent after", "parent before"]
    assert sink.wait_for(5)
    assert expected == sink.names
    assert 5 == len({span.spanId for span in sink.spans})


def test_partial_batch_leaves_without_close(sink: SpanSink) -> None:
    """A single span arrives after the flush interval, without close()."""
    tracer = make_tracer(sink, reporter_flush_interval=0.01)
    tracer.start_span("alone").finish()

    assert sink.wait_for(1)
    tracer.close()


def test_burst_arrives_whole(run_program: RunProgram, sink: SpanSink) -> None:
    """A burst of 20,000 spans loses nothing with default settings."""
    run_program("burst.py")

    assert sink.wait_for(20_000)
    assert 20_000 == len({span.spanId for span in sink.spans})


def test_close_can_be_awaited_in_any_loop(sink: SpanSink) -> None:
    """aclose() can be awaited, and so can what close() returns."""

    async def main() -> tuple[bool, bool]:
        tracer = make_tracer(sink)
        tracer.start_span("x").finish()
        return await tracer.aclose(), await tracer.close()

    assert (True, True) == asyncio.run(main())
    assert sink.wait_for(1)


def test_aclose_lets_the_loop_run(sink: SpanSink) -> None:
    """While aclose() waits for a backend, the event loop runs."""

    async def main() -> int:
        settings = {
            "sampler": {"type": "const", "param": 1},
            "collector": {"endpoint": "http://127.0.0.1:9/v1/traces"},
        }
        tracer = Config(settings, service_name="loop").new_tracer()
        tracer.start_span("x").finish()
        closing = asyncio.create_task(tracer.aclose(timeout=0.3))
        turns = 0
        while not closing.done():
            turns += 1
            await asyncio.sleep(0.01)
        assert not await closing
        return turns

    assert asyncio.run(main()) > 1


def test_tasks_inherit_the_active_span(sink: SpanSink) -> None:
    """A task begins with its creator's active span; its own is not seen elsewhere."""

    async def child(tracer: Tracer, name: str) -> int | None:
        with tracer.start_active_span(name) as scope:
            await asyncio.sleep(0)
            assert tracer.active_span is scope.span
            assert isinstance(scope.span, Span)
            return scope.span.parent_id

    async def main() -> None:
        tracer = make_tracer(sink)
        with tracer.start_active_span("parent") as scope:
            parents = await asyncio.gather(*(child(tracer, f"{n}") for n in range(5)))
            assert isinstance(scope.span, Span)
            assert [scope.span.span_id] * 5 == parents
            assert tracer.active_span is scope.span
        await tracer.aclose()

    asyncio.run(main())
    assert sink.wait_for(6)


def test_close_blocks_no_longer_than_its_timeout() -> None:
    """If a backend never responds, close() returns False at its timeout."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        settings = {
            "sampler": {"type": "const", "param": 1},
            "collector": {"endpoint": f"http://127.0.0.1:{port}/v1/traces"},
            # Longer than any test may take: a test that waits this long fails.
            "reporter_timeout": 300,
        }
        tracer = Config(settings, service_name="silent").new_tracer()
        tracer.start_span("x").finish()

        assert not tracer.close(timeout=0.5).result()


def test_threads_start_without_an_active_span(sink: SpanSink) -> None:
    """A new thread has no active span, and its own is not visible in others."""
    tracer = make_tracer(sink)
    seen: list[object] = []

    def work() -> None:
        seen.append(tracer.active_span)
        with tracer.start_active_span("in thread"):
            pass

    with tracer.start_active_span("in main") as scope:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert tracer.active_span is scope.span

    assert [None] == seen
    tracer.close()
    assert sink.wait_for(2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork is missing")
@pytest.mark.parametrize("hook", ["raise", "none"])
def test_a_sender_that_fails_after_a_fork_stops_no_tracer(
    run_program: RunProgram, sink: SpanSink, hook: str
) -> None:
    """The other tracers of the child report, and a sender needs no fork hook."""
    run_program("fork_own_sender.py", hook)

    assert sink.wait_for(2)
    assert ["child", "parent"] == sorted(span.operationName for span in sink.spans)
