"""The programs of `examples/` and of README.md, run as a user runs them."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from jaeger_client.constants import DEBUG_FLAG, SAMPLED_FLAG
from tests.foreign.decoders import tag_pairs
from tests.integration.span_sink import SpanSink

ROOT = Path(__file__).parents[2]
TIMEOUT = 50.0


def command(sink: SpanSink, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """Return how a program is run with *sink* as its agent."""
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JAEGER_", "OTEL_"))
    }
    return (
        [sys.executable, "-W", "error", *arguments],
        {**environ, "JAEGER_AGENT_PORT": str(sink.port)},
    )


def run(sink: SpanSink, *arguments: str) -> str:
    """Run a program to its end and return what it printed."""
    line, environ = command(sink, *arguments)
    done = subprocess.run(
        line,
        env=environ,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=TIMEOUT,
        check=False,
        text=True,
    )
    assert 0 == done.returncode, done.stdout
    return done.stdout


@contextmanager
def running(
    sink: SpanSink,
    *arguments: str,
) -> Generator[subprocess.Popen[str]]:
    """Run a program until the block ends, at the latest."""
    line, environ = command(sink, *arguments)
    with subprocess.Popen(
        line,
        env=environ,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_the_program_of_the_readme(sink: SpanSink) -> None:
    """The program creates a parent and a child, and both arrive."""
    readme = (ROOT / "README.md").read_text("utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)

    run(sink, "-c", program)

    assert sink.wait_for(2)
    parent, child = sorted(sink.spans, key=lambda span: span.operationName)
    assert ["bake-bread", "knead-dough"] == sink.names
    assert parent.spanId == child.parentSpanId


def test_the_explanation_on_the_configuration_page(sink: SpanSink) -> None:
    """Each line of the excerpt is printed with the settings that the page shows."""
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    blocks = re.findall(r"```(python|text)\n(.*?)```", page, re.DOTALL)
    (_, config), (_, explain), (_, excerpt) = blocks
    (variables,) = re.findall(r"With the settings above,(.*?):\n", page, re.DOTALL)
    environ = dict(re.findall(r"`(JAEGER_\w+)=(\S+)`", variables))
    environment = f"import os\nos.environ.update({environ!r})\n"

    lines = run(sink, "-c", environment + config + explain).splitlines()

    assert excerpt.splitlines() == [line for line in lines if line in excerpt]


def test_a_wsgi_application_goes_on_with_the_callers_trace(sink: SpanSink) -> None:
    """
    The application continues the caller's trace, and one of a debug id.

    Headers that are not a context are not an error.
    """
    with running(sink, "examples/wsgi_application.py", "0") as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        send_request(f"{url}called", "uber-trace-id", "abc:def:0:1")
        send_request(f"{url}debugged", "jaeger-debug-id", "ticket-42")
        send_request(f"{url}refused", "uber-trace-id", "not a context")
        server.send_signal(signal.SIGINT)
        assert "sent\n" == server.stdout.read()
        assert 0 == server.wait(TIMEOUT)

    assert sink.wait_for(4)
    requests = [span for span in sink.spans if span.operationName == "GET"]
    spans = {
        urlsplit(str(dict(tag_pairs(span.tags))["http.url"])).path: span
        for span in requests
    }
    assert (0xABC, 0xDEF) == (
        spans["/called"].traceIdLow,
        spans["/called"].parentSpanId,
    )
    debugged = spans["/debugged"]
    assert ("jaeger-debug-id", "ticket-42") in tag_pairs(debugged.tags)
    assert SAMPLED_FLAG | DEBUG_FLAG == debugged.flags


def send_request(url: str, header: str, value: str) -> None:
    """
    Request *url* from the application, whose response must be its only one.

    Returns once the server has closed the connection, because wsgiref ignores an
    interrupt while it serves a request.
    """
    parts = urlsplit(url)
    address = (parts.hostname, int(parts.port or 0))
    with socket.create_connection(address, TIMEOUT) as connection:
        request = f"GET {parts.path} HTTP/1.0\r\n{header}: {value}\r\n\r\n"
        connection.sendall(request.encode())
        response = b"".join(iter(lambda: connection.recv(4096), b""))
    assert response.endswith(b"\r\n\r\na cake\n")


def test_an_asgi_application_that_is_terminated(sink: SpanSink) -> None:
    """The last span continues the caller's trace, and is sent before the end."""
    request_and_stop(sink, "asgi_application", "/cake", signal.SIGTERM)

    assert sink.wait_for(2)
    request, bake = sorted(sink.spans, key=lambda span: span.operationName)
    assert ("GET", 0xABC, 0xDEF) == (
        request.operationName,
        request.traceIdLow,
        request.parentSpanId,
    )
    assert request.spanId == bake.parentSpanId


@pytest.mark.parametrize(
    ("example", "route"),
    [
        ("flask", "GET /cakes/<int:number>"),
        ("django", "GET /cakes/<int:number>"),
        ("fastapi", "GET /cakes/{number}"),
    ],
)
def test_applications_of_frameworks(sink: SpanSink, example: str, route: str) -> None:
    """The request is named by its route, and its trace id is in the response."""
    response = request_and_stop(
        sink, f"{example}_application", "/cakes/7", signal.SIGINT
    )

    assert sink.wait_for(2)
    request, bake = sorted(sink.spans, key=lambda span: span.operationName)
    assert (route, 0xABC, 0xDEF) == (
        request.operationName,
        request.traceIdLow,
        request.parentSpanId,
    )
    assert request.spanId == bake.parentSpanId
    assert f"{0xABC:016x}" == response.headers["x-trace-id"]


def _wait_for_next_request(address: str) -> None:
    # wsgiref catches every exception until a request is finished, KeyboardInterrupt
    # too. A malformed request is refused outside of that block.
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port)), TIMEOUT) as connection:
        connection.sendall(b"malformed\r\n\r\n")
        assert connection.recv(1)


def request_and_stop(
    sink: SpanSink, example: str, path: str, number: signal.Signals
) -> HTTPResponse:
    """Run an example, request *path* and stop it; return the response."""
    with running(sink, f"examples/{example}.py", "0") as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip().removeprefix("http://").strip("/")
        client = HTTPConnection(address, timeout=TIMEOUT)
        headers = {"uber-trace-id": "abc:def:0:1", "connection": "close"}
        client.request("GET", path, headers=headers)
        response = client.getresponse()
        assert 200 == response.status
        response.read()
        client.close()
        _wait_for_next_request(address)
        server.send_signal(number)
        server.wait(TIMEOUT)
    return response


def test_tasks_of_asyncio_are_children_of_the_active_span(sink: SpanSink) -> None:
    """Three concurrent tasks have spans under one root."""
    assert "sent\n" == run(sink, "examples/asyncio_tasks.py")

    assert sink.wait_for(4)
    assert Counter({"bake": 3, "bake-order": 1}) == Counter(sink.names)
    (root,) = (span for span in sink.spans if span.operationName == "bake-order")
    parents = {span.parentSpanId for span in sink.spans if span is not root}
    assert {root.spanId} == parents


def test_a_format_of_ones_own(sink: SpanSink) -> None:
    """A span continues the gateway's trace, which is passed on in both formats."""
    traceparent, gateway = run(sink, "examples/own_codec.py").splitlines()

    assert sink.wait_for(1)
    (span,) = sink.spans
    assert (0xABC, 0xDEF) == (span.traceIdLow, span.parentSpanId)
    span_id = span.spanId & (1 << 64) - 1
    assert f"x-gateway-trace: abc/{span_id:x}" == gateway
    assert f"traceparent: 00-{0xABC:032x}-{span_id:016x}-01" == traceparent


def test_metrics_for_prometheus(sink: SpanSink) -> None:
    """Three spans were started, finished and sent."""
    lines = run(sink, "examples/prometheus_metrics.py").splitlines()

    assert "bakery_jaeger:finished_spans_total 3.0" in lines
    assert 'bakery_jaeger:reporter_spans_total{result="ok"} 3.0' in lines


def test_decisions_that_wait(sink: SpanSink) -> None:
    """The route and the customer decide, though both are known only after the start."""
    assert run(sink, "examples/late_sampling.py").splitlines() == [
        "POST /orders of bob: recorded",
        "GET /health of bob: not recorded",
        "GET /health of ann: recorded",
        "sent",
    ]

    assert sink.wait_for(2)
    decisions = {
        span.operationName: dict(tag_pairs(span.tags))["sampler.type"]
        for span in sink.spans
    }
    assert decisions == {
        "POST /orders": "probabilistic",
        "GET /health": "TagEqualsSampler",
    }


def test_a_program_for_opentracing_instrumentation(sink: SpanSink) -> None:
    """The client's call, the server and its query are in one trace."""
    output = run(sink, "examples/legacy_instrumentation.py")

    # The server's own line may come anywhere, even within another.
    assert "a tart" in output
    assert output.endswith("sent\n")
    assert sink.wait_for(5)
    spans = {span.spanId: span for span in sink.spans}
    parents = Counter(
        (span.operationName, getattr(spans.get(span.parentSpanId), "operationName", ""))
        for span in sink.spans
    )
    assert (
        Counter(
            [
                *(("order", ""), ("GET", "order"), ("GET", "GET")),
                *(("sqlite3:connect", "GET"), ("sqlite3:select", "GET")),
            ]
        )
        == parents
    )
