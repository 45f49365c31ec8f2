"""A backend that is gone, fails or sends invalid responses, over real sockets."""

from __future__ import annotations

import gzip
import logging
import random
import threading

import pytest

from jaeger_client import Config, Tracer
from jaeger_client.reporter import Reporter
from tests.foreign.decoders import decode_otlp
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


BAD_ANSWERS = [
    make_answer(503, headers={"Retry-After": "0"}),
    make_answer(413),
    make_answer(500),
    None,
]


@pytest.mark.parametrize("seed", range(4))
def test_every_span_arrives_or_is_counted_once(seed: int) -> None:
    """Whatever a backend responds, each span arrives or is counted, and once."""
    choose = random.Random(seed)
    kept: list[int] = []

    def respond(request: Request) -> bytes | None:
        if choose.random() < 0.3:
            return choose.choice(BAD_ANSWERS)
        (spans,) = decode_otlp(gzip.decompress(request.body)).resource_spans
        kept.append(len(spans.scope_spans[0].spans))
        return make_answer()

    def work() -> None:
        for number in range(1000):
            with tracer.start_span("op") as span:
                if number % 50 == 0:
                    span.set_tag("k" * choose.choice([9_000, 5_000_000]), 1)

    with serve_http(respond) as server:
        tracer = make_tracer(
            collector={"endpoint": server.url("/v1/traces")}, reporter_queue_size=300
        )
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        tracer.close(timeout=30.0)
    assert isinstance(tracer.reporter, Reporter)

    assert 3_000 == sum(kept) + tracer.reporter.losses.dropped
    assert tracer.reporter.losses.too_large <= 60
