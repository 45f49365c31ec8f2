"""The demo: its services in processes, the trace that arrives, how it ends."""

from __future__ import annotations

import io
import os
import re
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from itertools import takewhile
from typing import IO

import pytest

from jaeger_client.cli.demo import run
from jaeger_client.cli.demo.backend import Backend, DemoSpan
from jaeger_client.cli.demo.jaeger import Jaeger
from jaeger_client.cli.demo.own_receiver import OwnReceiver
from jaeger_client.cli.demo.processes import ServiceError, ServiceProcess
from jaeger_client.cli.demo.run import find_jaeger, make_receiver, run_demo
from jaeger_client.testing import FakeClock
from tests.integration.http_servers import serve_http
from tests.integration.jaeger_fake import JaegerFake

DEMO = (sys.executable, "-m", "jaeger_client", "demo")
TIMEOUT = 30.0

OPERATIONS = [
    ("customers", "GET /customer"),
    ("customers", "SELECT customer"),
    ("frontend", "GET /customer"),
    ("frontend", "GET /dispatch"),
    ("frontend", "GET /route"),
    ("frontend", "GET /route"),
    ("frontend", "GET /route"),
    ("frontend", "find bicycle route"),
    ("frontend", "find van route"),
    ("routes", "GET /route"),
    ("routes", "GET /route"),
    ("routes", "GET /route"),
    ("routes", "plan route"),
    ("routes", "plan route"),
    ("routes", "plan route"),
]
"""Service and operation of each span of one request."""


def run_with(backend: Backend | None, requests: int = 1) -> tuple[int, str]:
    """Run the demo in this process; return its exit code and its output."""
    out = io.StringIO()
    code = run_demo(requests=requests, backend=backend, out=out)
    return code, out.getvalue()


class ListedReceiver(OwnReceiver):
    """The demo's own receiver, which stores the spans that it returned."""

    def __init__(self, maximum: int = run.SPANS_IN_TRACE) -> None:
        super().__init__()
        self.maximum = maximum
        """Maximum number of spans of a trace, as if the others were lost."""
        self.seen: list[DemoSpan] = []

    def trace(self, trace_id: str, spans: int) -> Sequence[DemoSpan]:
        """Return the first spans of the trace."""
        found = super().trace(trace_id, spans)[: self.maximum]
        self.seen.extend(found)
        return found


def test_the_command_runs_and_passes() -> None:
    """Settings for the user's own programs do not affect the demo."""
    elsewhere = {"JAEGER_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"}
    done = subprocess.run(
        [*DEMO, "--no-jaeger"],
        env={**os.environ, **elsewhere, "PYTHONWARNINGS": "error"},
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
        text=True,
    )

    assert "" == done.stderr
    assert 0 == done.returncode
    last = done.stdout.splitlines()[-1]
    assert re.fullmatch(r"demo: passed, 15 of 15 spans arrived, \d+\.\d s", last)


def test_every_call_is_a_span_of_one_trace() -> None:
    """The demo shows three services, both sides of each call, and the work in them."""
    receiver = ListedReceiver()

    code, text = run_with(receiver)

    assert 0 == code
    operations = sorted((span.service, span.operation) for span in receiver.seen)
    assert OPERATIONS == operations
    roots = [span.operation for span in receiver.seen if span.parent_id is None]
    assert ["GET /dispatch"] == roots
    # A StringIO has no encoding, so the tree is in ASCII.
    assert "customers  |     `- SELECT customer" in text


def test_a_refused_call_is_an_error_and_is_retried() -> None:
    """The spans of the work, the server and the client have the error."""
    receiver = ListedReceiver()

    run_with(receiver)

    errors = {span.error for span in receiver.seen if span.error is not None}
    expected = {
        "UnavailableError: all planners are busy",
        "status 503",
        "UnavailableError: /route returned 503: all planners are busy",
    }
    assert expected == errors


def test_each_request_is_a_trace() -> None:
    """`requests` is the number of requests that are traced."""
    code, text = run_with(None, requests=3)

    assert 0 == code
    assert 3 == text.count("\ntrace ")
    assert "demo: passed, 45 of 45 spans arrived" in text


@pytest.mark.parametrize("arrived", [0, 14])
def test_a_lost_span_is_a_failure(arrived: int) -> None:
    """The result line has the number of spans that arrived, and the exit code is 1."""
    code, text = run_with(ListedReceiver(arrived))

    assert 1 == code
    assert f"demo: failed, {arrived} of 15 spans arrived" in text


def test_without_thriftpy2_it_prints_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A plain `pip install jaeger-client` has no decoder; the demo names the extra."""
    monkeypatch.setitem(sys.modules, "thriftpy2", None)
    for name in ("cli.demo.own_receiver", "allinone.receive"):
        monkeypatch.delitem(sys.modules, f"jaeger_client.{name}", raising=False)

    code, text = run_with(None)

    assert 1 == code
    assert "pip install 'jaeger-client[allinone]'" in text


def test_another_missing_module_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only a missing thriftpy2 means that the extra is not installed."""
    monkeypatch.setitem(sys.modules, "jaeger_client.cli.demo.own_receiver", None)

    with pytest.raises(ModuleNotFoundError, match="own_receiver"):
        make_receiver()


def test_a_jaeger_that_runs_is_used() -> None:
    """Spans are sent by OTLP, the tree is read from Jaeger, and a link leads to it."""
    with serve_http(JaegerFake().respond) as server:
        backend = Jaeger(query_port=server.port, otlp_port=server.port)

        found = backend.is_running()
        code, text = run_with(backend)

    assert found
    assert 0 == code
    assert f"over OTLP on port {server.port}" in text
    assert "UnavailableError: all planners are busy" in text
    link = rf"open it: http://localhost:{server.port}/trace/[0-9a-f]+\n"
    assert re.search(link, text)


def test_a_jaeger_without_otlp_gets_its_spans_by_udp() -> None:
    """The services get the agent's host and no other setting."""
    with serve_http(JaegerFake().respond) as server:
        backend = Jaeger(query_port=server.port, otlp_port=unused_port())

        assert backend.is_running()
        assert {"JAEGER_AGENT_HOST": "localhost"} == backend.environment
        assert "over UDP port 6831" in backend.description


def test_other_servers_are_no_jaeger() -> None:
    """Servers that close the connection or do not send JSON, and closed ports."""
    with serve_http(lambda request: None) as server:
        assert not Jaeger(query_port=server.port).is_running()
    with serve_http(lambda request: b"HTTP/1.1 200 OK\r\n\r\n<html>") as server:
        assert not Jaeger(query_port=server.port).is_running()
    assert not Jaeger(query_port=unused_port()).is_running()


def test_the_wait_for_a_trace_is_limited() -> None:
    """After 8 seconds the spans that have arrived are returned."""
    clock = FakeClock()
    with serve_http(JaegerFake().respond) as server:
        backend = Jaeger(query_port=server.port, otlp_port=server.port, clock=clock)

        assert [] == backend.trace("ab", 15)
    assert clock.monotonic() > 8.0


def test_a_jaeger_is_found_if_it_runs() -> None:
    """If nothing listens on the port, no Jaeger is found."""
    with serve_http(JaegerFake().respond) as server:
        assert find_jaeger(server.port) is not None
    assert find_jaeger(unused_port()) is None


def test_a_service_that_does_not_start_is_named(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The error names the service, whose own messages go to standard error."""
    with (
        closing(ServiceProcess("nothing", environment={})) as service,
        pytest.raises(ServiceError, match="nothing did not start"),
    ):
        _ = service.port

    assert "jaeger_client.cli.demo.nothing" in capfd.readouterr().err


def test_a_demo_whose_services_fail_fails(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """If services fail, the exit code is 1, and those that had started have ended."""
    receiver = OwnReceiver()
    bad = {"JAEGER_AGENT_PORT": "none"}
    monkeypatch.setattr(OwnReceiver, "environment", bad)

    code, text = run_with(receiver)

    assert 1 == code
    assert "demo: failed, customers did not start" in text
    assert "JAEGER_AGENT_PORT" in capfd.readouterr().err


def test_a_service_ends_with_its_standard_input() -> None:
    """A service ends with its standard input, so it ends even if the demo is killed."""
    with closing(ServiceProcess("routes", environment={})) as service:
        assert service.port
        shown = repr(service)

    assert f"<ServiceProcess routes, pid {service.pid}>" == shown
    with pytest.raises(ProcessLookupError):
        os.kill(service.pid, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_demo_leaves_no_process(number: signal.Signals) -> None:
    """The services end after Ctrl-C, and even if the demo is killed."""
    with subprocess.Popen(
        [*DEMO, "--no-jaeger", "--requests", "100000"],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        text=True,
    ) as demo:
        assert demo.stdout is not None
        services = [os.pidfd_open(pid) for pid in pids_of(demo.stdout)]
        demo.send_signal(number)
        rest = demo.stdout.read()
        code = demo.wait(TIMEOUT)

    assert [True] * 3 == [has_ended(service) for service in services]
    if number == signal.SIGINT:
        assert 130 == code
        assert rest.endswith("demo: interrupted, all services have ended\n")


def pids_of(stdout: IO[str]) -> list[int]:
    """Return the pids that the demo prints before its first request."""
    lines = iter(stdout.readline, "")
    introductions = takewhile(lambda line: " returned " not in line, lines)
    return [int(line.split()[-1]) for line in introductions if ", pid " in line]


def has_ended(service: int) -> bool:
    """Wait for the end of a process; return whether it has ended."""
    try:
        return bool(select.select([service], [], [], TIMEOUT)[0])
    finally:
        os.close(service)


def unused_port() -> int:
    """Return a port where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
