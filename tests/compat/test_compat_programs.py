"""The programs of the old client's page, unchanged, each in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.compat.conftest import PROGRAMS, TIMEOUT, RunProgram
from tests.foreign.decoders import tag_pairs

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from tests.integration.span_sink import SpanSink


def test_the_getting_started_program_reports_both_spans(
    run_program: RunProgram,
    sink: SpanSink,
) -> None:
    """Parent and child arrive, with their logs; each span is logged."""
    printed = run_program("getting_started.py")

    assert sink.wait_for(2)
    outer, inner = sorted(sink.spans, key=lambda span: span.startTime)
    assert ("OuterSpan", "InnerSpan") == (outer.operationName, inner.operationName)
    assert inner.parentSpanId == outer.spanId
    assert [("event", "begin"), ("life", 42)] == tag_pairs(outer.logs[0].fields)
    assert "your-app-name" == sink.batches[0].process.serviceName
    assert 2 == len(
        re.findall(r"Reporting span .*your-app-name.(Outer|Inner)", printed)
    )


def test_the_production_program_reports_at_its_end(
    run_program: RunProgram,
    sink: SpanSink,
) -> None:
    """Without close and without sleep, no span is lost."""
    run_program("production.py")

    assert sink.wait_for(1)
    assert ["global"] == sink.names


def test_a_second_tracer_reports_beside_the_first(
    run_program: RunProgram,
    sink: SpanSink,
) -> None:
    """`new_tracer()` creates a tracer with a service name of its own."""
    run_program("second_tracer.py")

    assert sink.wait_for(2)
    assert {"first": "of first", "second": "of second"} == {
        batch.process.serviceName: batch.spans[0].operationName
        for batch in sink.batches
    }


def test_a_tracer_made_at_import_reports(
    run_program: RunProgram,
    sink: SpanSink,
) -> None:
    """Reporting under the import lock neither hangs nor loses spans."""
    run_program("uses_traced_library.py")

    assert sink.wait_for(2)
    assert ["call", "import"] == sink.names


def test_a_tracer_made_before_a_server_forks_reports_from_each_worker(
    sink: SpanSink,
) -> None:
    """`gunicorn --preload`: both workers and the parent report, all ids differ."""
    with gunicorn(sink) as port:
        responders = request_until_both_workers_respond(port)

    assert sink.wait_for(len(responders) + 1)
    pids = [dict(tag_pairs(span.tags))["pid"] for span in sink.spans]
    assert 2 == len(set(responders))
    assert 3 == len(set(pids))
    assert set(responders) < set(pids)
    assert ["preload", *["request"] * len(responders)] == sink.names
    assert len(pids) == len({span.spanId for span in sink.spans})


def request_until_both_workers_respond(port: int) -> list[int]:
    """Return the ids of the processes that responded, of two at least."""
    responders: list[int] = []
    deadline = time.monotonic() + TIMEOUT
    with ThreadPoolExecutor(4) as pool:
        while len(set(responders)) < 2 and time.monotonic() < deadline:
            responders += pool.map(request_pid, [port] * 8)
    return responders


def request_pid(port: int) -> int:
    """Return the process id in the response to a request."""
    url = f"http://127.0.0.1:{port}/"
    with urllib.request.urlopen(url, timeout=TIMEOUT) as response:
        return int(response.read())


@contextmanager
def gunicorn(sink: SpanSink) -> Generator[int]:
    """Run the server with two workers; yield the port it listens on."""
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "--preload", "--workers=2"),
            *("--bind=127.0.0.1:0", "preforked:application"),
        ],
        cwd=PROGRAMS,
        env={**os.environ, "JAEGER_AGENT_PORT": str(sink.port)},
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stderr is not None
        reader = threading.Thread(target=server.stderr.read)
        try:
            yield port_of(server.stderr)
        finally:
            # Its output must be read until it ends, or it would block.
            reader.start()
            server.send_signal(signal.SIGTERM)
            server.wait(TIMEOUT)
            reader.join(TIMEOUT)


def port_of(lines: Iterable[str]) -> int:
    """Return the port that the server prints."""
    said: list[str] = []
    for line in lines:
        said.append(line)
        listening = re.search(r"Listening at: http://127.0.0.1:(\d+)", line)
        if listening is not None:
            return int(listening[1])
    raise AssertionError("".join(said))
