"""OpenTelemetry's SDK with our exporters, over real sockets."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExportResult,
)

from jaeger_client.otel.exporters import (
    JaegerOtlpExporter,
    JaegerThriftHttpExporter,
    JaegerThriftUdpExporter,
)
from tests.foreign.otel_spans import make_span, many_spans
from tests.integration.conftest import command_of, printed_json
from tests.integration.http_servers import Request, Server, make_response, serve_http
from tests.integration.receivers import ROUTES, Receiver, on_linux
from tests.integration.span_sink import SpanSink

TIMEOUT: Final = 40.0
PATHS: Final = {"thrift": "/api/traces", "otlp": "/v1/traces"}
Exporter = JaegerThriftUdpExporter | JaegerThriftHttpExporter | JaegerOtlpExporter

each_route = pytest.mark.parametrize("route", ["udp", "thrift", "otlp-gzip"])
each_http = pytest.mark.parametrize("route", PATHS)


def make_exporter(route: str, port: int, **options: Any) -> Exporter:
    """Return an exporter to a port of this machine."""
    if route == "udp":
        return JaegerThriftUdpExporter("127.0.0.1", port, **options)
    name = route.partition("-")[0]
    url = f"http://127.0.0.1:{port}{PATHS[name]}"
    if name == "thrift":
        return JaegerThriftHttpExporter(url, **options)
    return JaegerOtlpExporter(url, **options)


@contextmanager
def exporting(
    route: str, **options: Any
) -> Generator[tuple[Receiver, Exporter], None, None]:
    """Run a receiver, and an exporter to it."""
    with ROUTES[route].receive() as receiver:
        exporter = make_exporter(route, receiver.port, **options)
        yield receiver, exporter
        exporter.shutdown()


@contextmanager
def http_exporter(
    route: str, respond: Callable[[Request], bytes | None], **options: Any
) -> Generator[tuple[Server, Exporter], None, None]:
    """Run a server that responds by *respond*, and an exporter to it."""
    with serve_http(respond) as server:
        exporter = make_exporter(route, server.port, **options)
        yield server, exporter
        exporter.shutdown()


@each_route
def test_spans_of_the_batch_processor_arrive(route: str) -> None:
    """All of 3,000 spans, in several batches, each once."""
    with exporting(route) as (receiver, exporter):
        provider = TracerProvider(resource=Resource({"service.name": "bakery"}))
        provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=4_000))
        tracer = provider.get_tracer("baking")
        ids = set[int]()
        for _ in range(3_000):
            with tracer.start_as_current_span("bake") as span:
                ids.add(span.get_span_context().span_id)
        provider.shutdown()

        assert receiver.wait_for(3_000)
        assert ids == {*receiver.span_ids}
        assert 3_000 == len(receiver.span_ids)
        assert 0 == exporter.losses.dropped


@each_route
def test_spans_of_the_simple_processor_arrive(route: str) -> None:
    """Each is sent before the application continues."""
    with exporting(route) as (receiver, exporter):
        provider = TracerProvider(resource=Resource({"service.name": "bakery"}))
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        for count in (1, 2, 3):
            provider.get_tracer("baking").start_span("bake").end()
            assert receiver.wait_for(count)
        provider.shutdown()


@each_http
def test_a_receiver_that_is_down(route: str) -> None:
    """The export fails; when the receiver is up again, it works."""
    with exporting(route, timeout=3.0) as (receiver, exporter):
        assert SpanExportResult.SUCCESS == exporter.export(many_spans(1))
        receiver.down()
        assert SpanExportResult.FAILURE == exporter.export(many_spans(2))
        receiver.up()
        assert SpanExportResult.SUCCESS == exporter.export(many_spans(3))
        assert 2 == exporter.losses.send_failed


@on_linux
def test_an_agent_that_is_down() -> None:
    """A refused datagram is counted, because the kernel reports it."""
    with exporting("udp") as (receiver, exporter):
        receiver.down()
        assert SpanExportResult.FAILURE == exporter.export(many_spans(2))
        receiver.up()
        assert SpanExportResult.SUCCESS == exporter.export(many_spans(3))
        assert receiver.wait_for(3)
        assert 2 == exporter.losses.send_failed


@each_http
def test_a_server_that_does_not_respond(route: str) -> None:
    """The export ends with its timeout, and the spans are counted."""
    running: list[Server] = []

    def wait(_: Request) -> None:
        running[0].stopping.wait(TIMEOUT)

    with http_exporter(route, wait, timeout=0.5) as (server, exporter):
        running.append(server)
        start = time.monotonic()
        result = exporter.export(many_spans(2))
        elapsed = time.monotonic() - start
        server.stopping.set()

    assert SpanExportResult.FAILURE == result
    assert 2 == exporter.losses.send_failed
    assert elapsed < TIMEOUT


def test_a_busy_server_gets_the_spans_again() -> None:
    """Status 503 is temporary in OTLP."""
    answers = [make_response(503), make_response(200)]
    with http_exporter("otlp", lambda _: answers.pop(0)) as (server, exporter):
        assert SpanExportResult.SUCCESS == exporter.export(many_spans(1))

    first, second = server.requests
    assert first.body == second.body


def test_spans_that_the_backend_rejects_are_lost() -> None:
    """Status 200 with a count of rejected spans is a failure; they are counted."""
    partial = b"\x0a\x02\x08\x02"  # partial_success, rejected_spans: 2
    with http_exporter("otlp", lambda _: make_response(200, partial)) as (_, exporter):
        assert SpanExportResult.FAILURE == exporter.export(many_spans(3))
        assert 2 == exporter.losses.send_failed


@each_http
def test_credentials_and_headers(route: str) -> None:
    """They are sent with each request."""
    options = {"user": "ada", "password": "secret", "headers": {"X-Own": "yes"}}
    with http_exporter(route, lambda _: make_response(), **options) as (
        server,
        exporter,
    ):
        exporter.export(many_spans(1))

    (request,) = server.requests
    assert "Basic YWRhOnNlY3JldA==" == request.headers["authorization"]
    assert "yes" == request.headers["x-own"]
    assert PATHS[route] == request.target


def test_datagrams_have_at_most_65_000_bytes() -> None:
    """Of a batch with one huge span, all spans arrive; that one is truncated."""
    with SpanSink() as sink:
        exporter = make_exporter("udp", sink.port)
        huge = make_span("huge", attributes={"long": "x" * 200_000})
        sizes = many_spans(600, attributes={"some": "y" * 500})
        result = exporter.export([*sizes, huge])
        assert sink.wait_for(601)
        exporter.shutdown()

    (shown,) = (span for span in sink.spans if span.operationName == "huge")
    keys = [tag.key for tag in shown.tags]
    assert SpanExportResult.SUCCESS == result
    assert "jaeger.truncated" in keys
    assert 1 == exporter.losses.truncated
    assert 5 < len(sink.batches)


def test_one_span_that_no_datagram_can_hold() -> None:
    """It is counted; the others arrive."""
    with SpanSink() as sink:
        exporter = make_exporter("udp", sink.port)
        attributes = {f"key {number}": "" for number in range(10_000)}
        result = exporter.export(
            [*many_spans(3), make_span("huge", attributes=attributes)]
        )
        assert sink.wait_for(3)
        exporter.shutdown()

    assert SpanExportResult.FAILURE == result
    assert 1 == exporter.losses.too_large
    assert ["bake 0", "bake 1", "bake 2"] == sink.names


TIMEOUTS: Final = {"thrift": "OTEL_EXPORTER_JAEGER", "otlp-gzip": "OTEL_EXPORTER_OTLP"}
VARIABLES: Final = {
    "udp": {"OTEL_TRACES_EXPORTER": "jaeger_thrift_udp"},
    "thrift": {"OTEL_TRACES_EXPORTER": "jaeger_thrift_http"},
    "otlp-gzip": {"OTEL_TRACES_EXPORTER": "jaeger_otlp"},
}


def variables_of(route: str, port: int, family: str) -> dict[str, str]:
    """Return the variables that send spans to *port*."""
    endpoint = f"http://127.0.0.1:{port}"
    if route == "otlp-gzip":
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
    if route == "thrift":
        return {f"{family}ENDPOINT": endpoint}
    return {f"{family}AGENT_HOST": "127.0.0.1", f"{family}AGENT_PORT": str(port)}


def environment(variables: dict[str, str]) -> dict[str, str]:
    """Return an environment with nothing but *variables* set for tracing."""
    foreign = ("JAEGER_", "OTEL_")
    rest = {key: os.environ[key] for key in os.environ if not key.startswith(foreign)}
    return rest | {"OTEL_SERVICE_NAME": "bakery"} | variables


def run(what: str, variables: dict[str, str]) -> Any:
    """Run the program."""
    done = subprocess.run(
        command_of("otel_exporters.py", what),
        env=environment(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=TIMEOUT,
        check=False,
        text=True,
    )
    assert 0 == done.returncode, done.stdout
    return printed_json(done.stdout)["ours"]


@each_route
@pytest.mark.parametrize("family", ["JAEGER_", "OTEL_EXPORTER_JAEGER_"])
def test_variables_are_enough(route: str, family: str) -> None:
    """The SDK's own configuration finds the exporter and its settings."""
    with ROUTES[route].receive() as receiver:
        run("once", VARIABLES[route] | variables_of(route, receiver.port, family))
        assert receiver.wait_for(1)


def test_without_variables_nothing_is_imported() -> None:
    """Entry points that no variable names do not load this package."""
    assert [] == run("once", {})


def test_a_wrong_variable_does_not_end_tracing(sink: SpanSink) -> None:
    """It is logged and ignored, and spans arrive."""
    variables = variables_of("udp", sink.port, "JAEGER_") | {
        "JAEGER_REPORTER_TIMEOUT": "soon"
    }
    run("once", VARIABLES["udp"] | variables)

    assert sink.wait_for(1)
    (batch,) = sink.batches
    assert "bakery" == batch.process.serviceName


@pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork is missing")
@each_route
@pytest.mark.parametrize("how", ["fork", "fork-in-c"])
def test_a_forked_child_sends_its_own_spans(route: str, how: str) -> None:
    """Spans of parent and child arrive, each once; also if C code forks."""
    with ROUTES[route].receive() as receiver:
        run(how, VARIABLES[route] | variables_of(route, receiver.port, "JAEGER_"))

        assert receiver.wait_for(3)
        assert 3 == len(receiver.span_ids)
        # Without Python's hooks the SDK makes the same ids in parent and child.
        assert (3 if how == "fork" else 2) == len({*receiver.span_ids})


@pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork is missing")
@each_http
@pytest.mark.parametrize("how", ["fork", "fork-in-c"])
def test_a_forked_child_uses_a_connection_of_its_own(route: str, how: str) -> None:
    """The parent's connection is used by the parent only, also after the fork."""
    key = "thrift" if route == "thrift" else "otlp-gzip"
    with serve_http(lambda _: make_response()) as server:
        run(how, VARIABLES[key] | variables_of(key, server.port, "JAEGER_"))

    connections = [request.connection for request in server.requests]
    assert [1, 1, 2] == sorted(connections)
    assert 1 == connections[0]


class WaitingBackend:
    """Responds to the first request when it has the second."""

    def __init__(self) -> None:
        self.has_first = threading.Event()
        self._has_second = threading.Event()

    def respond(self, request: Request) -> bytes:
        """Wait if it is the first request."""
        if self.has_first.is_set():
            self._has_second.set()
        else:
            self.has_first.set()
            self._has_second.wait(TIMEOUT)
        return make_response()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork is missing")
@each_http
def test_a_child_does_not_wait_for_an_export_of_its_parent(route: str) -> None:
    """It is forked while the parent's thread exports, and sends its own span."""
    key = "thrift" if route == "thrift" else "otlp-gzip"
    backend = WaitingBackend()
    with serve_http(backend.respond) as server:
        variables = VARIABLES[key] | variables_of(key, server.port, "JAEGER_")
        soon = {"OTEL_BSP_SCHEDULE_DELAY": "10"}
        with subprocess.Popen(
            command_of("otel_exporters.py", "busy"),
            env=environment(variables | soon | {f"{TIMEOUTS[key]}_TIMEOUT": "30s"}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as program:
            assert backend.has_first.wait(TIMEOUT)
            output, _ = program.communicate("fork\n", timeout=TIMEOUT)

    assert 0 == program.returncode, output
    assert 3 == len(server.requests)
