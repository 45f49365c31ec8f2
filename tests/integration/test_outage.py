"""A backend that is gone, fails or sends invalid responses, over real sockets."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator

import pytest

from jaeger_client import Config, Tracer
from jaeger_client.reporter import Reporter
from tests.integration.http_servers import Request, make_answer, serve_http
from tests.integration.span_sink import SpanSink


def make_tracer(**config: object) -> Tracer:
    """Return a tracer that samples everything."""
    settings = {"sampler": {"type": "const", "param": 1}, **config}
    return Config(settings, service_name="outage").new_tracer()


def flush_one_span(tracer: Tracer) -> bool:
    """Report a span; return whether it left."""
    tracer.start_span("op").finish()
    return tracer.flush()


@pytest.mark.parametrize(
    "bad",
    [
        make_answer(500, b"out of disk"),
        make_answer(400, b"no JSON"),
        make_answer(404),
        make_answer(302, headers={"Location": "http://192.0.2.1/"}),
        make_answer(200, b"<!doctype html>", {"Content-Type": "text/html"}),
        b"SSH-2.0-rubbish\r\n\r\n",
        b"HTTP/1.1 999999 \xff\xfe\r\n\r\n",
    ],
)
@pytest.mark.parametrize("path", ["/api/traces", "/v1/traces", "/api/v2/spans"])
def test_an_outage_is_counted_and_logged_twice(
    caplog: pytest.LogCaptureFixture,
    path: str,
    bad: bytes,
) -> None:
    """While the backend fails, spans are lost and counted; two lines are logged."""
    responses: Iterator[bytes] = iter([bad, bad, make_answer(), make_answer()])

    def respond(request: Request) -> bytes:
        return next(responses, make_answer())

    with serve_http(respond) as server, caplog.at_level(logging.WARNING):
        tracer = make_tracer(collector={"endpoint": server.url(path)})
        left = [flush_one_span(tracer) for _ in range(4)]
        closed = tracer.close().result()
    assert isinstance(tracer.reporter, Reporter)
    lost = tracer.reporter.losses.send_failed
    began, ended = caplog.messages

    assert closed
    assert 4 == lost + sum(left)
    assert "JAEGER_ENDPOINT" in began
    assert f"{lost} spans were lost" in ended


@pytest.mark.parametrize("path", ["/api/traces", "/api/v2/spans"])
def test_a_refused_connection_is_counted_and_logged(
    caplog: pytest.LogCaptureFixture, path: str
) -> None:
    """If nothing listens, all spans are lost and counted; one line advises."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        # Bound and not listening: refused, and used by no other process meanwhile.
        endpoint = f"http://127.0.0.1:{probe.getsockname()[1]}{path}"
        with caplog.at_level(logging.WARNING):
            tracer = make_tracer(collector={"endpoint": endpoint})
            for _ in range(3):
                tracer.start_span("op").finish()
            closed = tracer.close().result()
    assert isinstance(tracer.reporter, Reporter)
    logged = [line for line in caplog.messages if endpoint in line]

    assert not closed
    assert 3 == tracer.reporter.losses.send_failed
    assert 1 == len(logged)
    assert "JAEGER_ENDPOINT" in logged[0]


def test_spans_sent_to_jaegers_web_interface_are_lost_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It responds 200 with its page; the line names the ports of the collector."""
    page = make_answer(200, b"<!doctype html>", {"Content-Type": "text/html"})

    with serve_http(lambda _request: page) as server, caplog.at_level(logging.WARNING):
        tracer = make_tracer(collector={"endpoint": server.url("/api/traces")})
        assert not flush_one_span(tracer)
        tracer.close()
    assert isinstance(tracer.reporter, Reporter)
    (line,) = [line for line in caplog.messages if "web page" in line]

    assert 1 == tracer.reporter.losses.send_failed
    assert "port 14268" in line


def test_an_agent_that_comes_later_gets_what_is_reported_then(
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without an agent spans are lost and counted; once there is one they arrive."""
    with SpanSink() as sink:
        port = sink.port
    # Elsewhere than a Jaeger that this machine may run, or spans go there.
    monkeypatch.setattr("jaeger_client._internal.http_channel.OTLP_PORT", port)
    with caplog.at_level(logging.WARNING):
        tracer = make_tracer(local_agent={"reporting_port": port})
        assert not flush_one_span(tracer)
        with SpanSink(port) as sink:
            assert flush_one_span(tracer)
            assert sink.wait_for(1)
            assert tracer.close().result()
    began, ended = caplog.messages

    assert "nothing listens there" in began
    assert "1 spans were lost" in ended


def test_short_flushes_lose_no_batch() -> None:
    """A function that flushes after each call keeps what a busy backend put off."""
    busy = make_answer(503, headers={"Retry-After": "30"})
    responses = [busy]

    def respond(request: Request) -> bytes:
        return responses.pop() if responses else make_answer()

    with serve_http(respond) as server:
        tracer = make_tracer(collector={"endpoint": server.url("/v1/traces")})
        flushed = [tracer.flush(timeout=1.0)]
        tracer.start_span("op").finish()
        flushed += [tracer.flush(timeout=1.0) for _ in range(10)]
        assert 1 == len(server.requests)
        closed = tracer.close().result()
    assert isinstance(tracer.reporter, Reporter)

    assert [True, *[False] * 10] == flushed
    assert closed
    assert 0 == tracer.reporter.losses.dropped
