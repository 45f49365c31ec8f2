"""A backend that is gone, fails or sends invalid responses, over real sockets."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from jaeger_client import Config, Tracer
from jaeger_client.reporter import Reporter
from tests.integration.http_servers import Request, make_response, serve_http
from tests.integration.span_sink import SpanSink

if TYPE_CHECKING:
    import pytest


def make_tracer(**config: object) -> Tracer:
    """Return a tracer that samples everything."""
    settings = {"sampler": {"type": "const", "param": 1}, **config}
    return Config(settings, service_name="outage").new_tracer()


def flush_one_span(tracer: Tracer) -> bool:
    """Report a span; return whether it was sent."""
    tracer.start_span("op").finish()
    return tracer.flush()


def test_an_agent_that_comes_later_gets_what_is_reported_then(
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without an agent, spans are lost and counted; a later agent receives others."""
    with SpanSink() as sink:
        port = sink.port
    # Not the default host: a Jaeger that runs on this machine would get the spans.
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
    """If a function flushes after each call, spans wait while a backend is busy."""
    busy = make_response(503, headers={"Retry-After": "30"})
    responses = [busy]

    def respond(request: Request) -> bytes:
        return responses.pop() if responses else make_response()

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
