"""The comparison's sink as a separate process, over its real sockets."""

from __future__ import annotations

import pytest

from benchmarks.comparison.sink.client import Sink, SinkError
from jaeger_client import Config

SPANS = 300


def send_spans(settings: dict[str, object]) -> None:
    """Send spans by a tracer with these settings, and close it."""
    settings["sampler"] = {"type": "const", "param": 1}
    tracer = Config(settings, service_name="shop", validate=True).new_tracer()
    for _ in range(SPANS):
        tracer.start_span("GET").finish()
    tracer.close()


def test_spans_are_counted_over_every_protocol() -> None:
    """Spans sent by UDP and by HTTP are all counted, and a reset discards them."""
    with Sink() as sink:
        agent = {
            "reporting_host": "127.0.0.1",
            "reporting_port": sink.addresses.udp_port,
        }
        url = f"http://127.0.0.1:{sink.addresses.http_port}/v1/traces"

        send_spans({"local_agent": agent})
        by_udp = sink.wait(SPANS, quiet=5)
        sink.reset()
        send_spans({"collector": {"endpoint": url}})
        by_http = sink.wait(SPANS, quiet=5)

        assert {"GET": SPANS} == by_udp.names == by_http.names


def test_sink_reports_what_it_cannot_read() -> None:
    """After a payload that cannot be decoded, every response is an error."""
    with Sink() as sink:
        url = f"http://127.0.0.1:{sink.addresses.http_port}/v0.4/traces"
        send_spans({"collector": {"endpoint": url}})

        with pytest.raises(SinkError, match="cannot decode"):
            sink.count()
