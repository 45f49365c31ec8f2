"""The other snippets of the old client's page, each as in an application."""

from __future__ import annotations

import http.client
import threading
import wsgiref.simple_server
from contextlib import contextmanager
from typing import TYPE_CHECKING

import opentracing
from opentracing.ext import tags as ext_tags
from prometheus_client import REGISTRY

from jaeger_client import Config, Tracer
from jaeger_client.constants import DEBUG_FLAG, SAMPLED_FLAG
from jaeger_client.metrics.prometheus import PrometheusMetricsFactory
from jaeger_client.reporter import InMemoryReporter
from jaeger_client.sampler import ConstSampler
from tests.foreign.decoders import tag_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from jaeger_client.span_context import SpanContext
    from tests.integration.span_sink import SpanSink

CONST = {"type": "const", "param": 1}


def test_the_port_of_the_agent_may_be_text(sink: SpanSink) -> None:
    """The page has `'reporting_port': 'your-reporting-port'`, which is text."""
    config = Config(
        {
            "sampler": CONST,
            "local_agent": {
                "reporting_host": "127.0.0.1",
                "reporting_port": str(sink.port),
            },
        },
        service_name="shop",
        validate=True,
    )
    tracer = config.new_tracer()

    tracer.start_span("op").finish()
    tracer.close()

    assert sink.wait_for(1)
    assert ["op"] == sink.names


def test_metrics_go_to_prometheus_under_the_applications_name() -> None:
    """Hyphens of the name become underscores, in any version of prometheus_client."""
    config = Config(
        {"sampler": CONST},
        service_name="your-app-name",
        metrics_factory=PrometheusMetricsFactory(namespace="your-app-name"),
    )
    tracer = config.new_tracer()

    tracer.start_span("op")
    tracer.close()

    sampled = {"state": "started", "sampled": "y"}
    assert 1.0 == REGISTRY.get_sample_value(
        "your_app_name_jaeger:traces_total", sampled
    )


def test_metrics_of_two_tracers_in_one_process_are_no_error() -> None:
    """Each tracer may have a factory of its own on the same registry."""
    for _ in range(2):
        Config(
            {"sampler": CONST},
            service_name="shop",
            metrics_factory=PrometheusMetricsFactory(
                namespace="twice",
                service_name_label="shop",
            ),
        ).new_tracer().close()


def test_a_trace_can_be_forced_by_its_priority() -> None:
    """`sampling.priority` 1 makes an unsampled trace a debug trace."""
    reporter = InMemoryReporter()
    tracer = Tracer("shop", reporter, ConstSampler(decision=False))

    span = tracer.start_span("op")
    span.set_tag(ext_tags.SAMPLING_PRIORITY, 1)
    span.finish()

    assert [span] == reporter.get_spans()
    assert SAMPLED_FLAG | DEBUG_FLAG == span.flags


def test_a_debug_id_in_a_request_makes_a_debug_trace(sink: SpanSink) -> None:
    """`curl -H "jaeger-debug-id: some-correlation-id"` against a WSGI server."""
    config = Config(
        {
            "sampler": {"type": "const", "param": 0},
            "local_agent": {"reporting_host": "127.0.0.1", "reporting_port": sink.port},
        },
        service_name="shop",
    )
    tracer = config.new_tracer()

    with server_of(traced_application(tracer)) as port:
        get(port, {"jaeger-debug-id": "some-correlation-id"})
        get(port, {})
    tracer.close()

    assert sink.wait_for(1)
    (span,) = sink.spans
    assert SAMPLED_FLAG | DEBUG_FLAG == span.flags
    assert ("jaeger-debug-id", "some-correlation-id") in tag_pairs(span.tags)


def test_a_context_travels_through_a_server_in_b3_headers() -> None:
    """`propagation: 'b3'` reads headers in lower case, as proxies write them."""
    config = Config({"sampler": CONST, "propagation": "b3"}, service_name="shop")
    reporter = InMemoryReporter()
    tracer = config.create_tracer(reporter, ConstSampler(decision=False))
    headers = {
        "x-b3-traceid": "463ac35c9f6413ad48485a3953bb6124",
        "x-b3-spanid": "a2fb4a1d1a96d312",
        "x-b3-sampled": "1",
    }

    with server_of(traced_application(tracer)) as port:
        get(port, headers)

    (span,) = reporter.get_spans()
    assert 0x463AC35C9F6413AD48485A3953BB6124 == span.trace_id
    assert 0xA2FB4A1D1A96D312 == span.parent_id
    tracer.close()


def test_b3_headers_are_written_for_the_next_service() -> None:
    """A span of this service becomes the parent in another service."""
    config = Config({"sampler": CONST, "propagation": "b3"}, service_name="shop")
    tracer = config.create_tracer(InMemoryReporter(), ConstSampler(decision=True))
    carrier: dict[str, str] = {}

    span = tracer.start_span("op")
    tracer.inject(span, opentracing.Format.HTTP_HEADERS, carrier)
    context = tracer.extract(opentracing.Format.HTTP_HEADERS, carrier)

    assert context is not None
    assert (span.trace_id, span.span_id) == (context.trace_id, context.span_id)
    tracer.close()


def traced_application(tracer: Tracer) -> WSGIApplication:
    """Return a WSGI application that traces each request."""

    def application(
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> list[bytes]:
        headers = {
            name[5:].replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        parent: SpanContext | None = tracer.extract(
            opentracing.Format.HTTP_HEADERS,
            headers,
        )
        with tracer.start_active_span("request", child_of=parent):
            start_response("200 OK", [])
            return [b"hello"]

    return application


class QuietHandler(wsgiref.simple_server.WSGIRequestHandler):
    """Responds without logging requests."""

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def server_of(application: WSGIApplication) -> Generator[int]:
    """Serve *application* on a free port of this machine."""
    make: Callable[..., wsgiref.simple_server.WSGIServer]
    make = wsgiref.simple_server.make_server
    with make("127.0.0.1", 0, application, handler_class=QuietHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def get(port: int, headers: dict[str, str]) -> None:
    """Send one request to the server."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/", headers=headers)
        assert 200 == connection.getresponse().status
    finally:
        connection.close()
