"""All metrics of the table, counted by tracers that meet every failure."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)
from opentracing import Format, SpanContextCorruptedException

from jaeger_client import Config, Span, SpanContext, Tracer
from jaeger_client.metrics import METRICS, CallableMetricsFactory, Metrics
from jaeger_client.metrics.table import dotted
from tests.integration.http_servers import Request, make_response, serve_http
from tests.integration.span_sink import SpanSink

TIMEOUT = 20.0
SERVER: dict[str, object] = {"span.kind": "server", "http.status_code": 200}
STRATEGY: object = {"probabilisticSampling": {"samplingRate": 1.0}}
NO_STRATEGY: object = {"strategyType": "NONE"}
BALANCES: object = {"balances": [{"operation": "bake", "balance": 0}]}

Key = tuple[str, frozenset[tuple[str, str]]]


def key_of(name: str, **tags: str) -> Key:
    """Return the name and labels that identify a metric."""
    return name, frozenset(tags.items())


class Seen:
    """Stores which metrics have received a value other than zero."""

    def __init__(self) -> None:
        self.keys: set[Key] = set()
        self._changed = threading.Condition()
        self.factory = CallableMetricsFactory(
            count=self._take, gauge=self._take_any, timing=self._take
        )

    def _take(self, name: str, value: float, tags: Mapping[str, str]) -> None:
        if value:
            self._take_any(name, value, tags)

    def _take_any(self, name: str, value: float, tags: Mapping[str, str]) -> None:
        with self._changed:
            self.keys.add((name, frozenset(tags.items())))
            self._changed.notify_all()

    def wait_for(self, name: str, **tags: str) -> None:
        """Return when the metric has received a value; fail after a timeout."""
        key = key_of(name, **tags)
        with self._changed:
            assert self._changed.wait_for(lambda: key in self.keys, TIMEOUT), key


class Agent:
    """Serves strategies and credits; `None` is an outage."""

    def __init__(self) -> None:
        self.strategy: object = STRATEGY
        self.balances: object = BALANCES

    def __call__(self, request: Request) -> bytes:
        """Return the response for the path."""
        is_credits = request.target.startswith("/credits")
        response = self.balances if is_credits else self.strategy
        if response is None:
            return make_response(503)
        return make_response(body=json.dumps(response).encode())


@contextmanager
def make_tracer(
    seen: Seen, sink: SpanSink, **config: object
) -> Generator[Tracer, None, None]:
    """Yield a tracer that samples everything by default, and close it."""
    settings = {
        "sampler": {"type": "const", "param": 1},
        "local_agent": {"reporting_port": sink.port},
        "rpc_metrics": True,
        **config,
    }
    made = Config(settings, service_name="bakery", metrics_factory=seen.factory)
    with made.new_tracer() as tracer:
        yield tracer


def serve(tracer: Tracer, **tags: object) -> None:
    """Handle a request."""
    tracer.start_span("bake", tags={**SERVER, **tags}).finish()


def trace(seen: Seen, sink: SpanSink) -> None:
    """Start, join and refuse traces; serve; lose a caller's context and baggage."""
    with make_tracer(seen, sink) as tracer:
        tracer.start_span("bake").finish()
        serve(tracer, error=True)
        for status in (200, 302, 404, 503):
            serve(tracer, **{"http.status_code": status})
        with pytest.raises(SpanContextCorruptedException):
            tracer.extract(Format.TEXT_MAP, {"uber-trace-id": "rubbish"})
        baggage = {str(number): "x" for number in range(1_000)}
        tracer.inject(SpanContext(1, 2, None, 1, baggage), Format.TEXT_MAP, {})
    with make_tracer(seen, sink, sampler={"type": "const", "param": 0}) as tracer:
        tracer.start_span("bake").finish()
        serve(tracer)


def lose_spans(seen: Seen, sink: SpanSink) -> None:
    """Create spans that are too large, too many or too late; send to a bad address."""
    with make_tracer(seen, sink) as tracer:
        fill(tracer.start_span("large"), 100, "x" * 1_000).finish()
        span = fill(tracer.start_span("over the limits"), 5_000, "x")
        for number in range(5_000):
            span.log_kv({"event": number})
    with make_tracer(seen, sink, max_tags_per_span=10_000) as tracer:
        fill(tracer.start_span("too large"), 10_000, "x").finish()
    tracer.start_span("late").finish()
    with make_tracer(seen, sink, reporter_queue_size=1) as tracer:
        for _ in range(500):
            tracer.start_span("bake").finish()
    with serve_http(lambda request: make_response(400)) as server:
        url = f"http://127.0.0.1:{server.port}/api/traces"
        with make_tracer(seen, sink, collector={"endpoint": url}) as tracer:
            tracer.start_span("bake").finish()


def fill(span: Span, count: int, value: str) -> Span:
    """Give *span* many tags."""
    for number in range(count):
        span.set_tag(f"tag-{number}", value)
    return span


def poll_for_strategies(seen: Seen, sink: SpanSink, agent: Agent, port: int) -> None:
    """Follow a strategy, receive an invalid one, and none."""
    with make_tracer(
        seen,
        sink,
        sampler={},
        sampling_refresh_interval=0.01,
        local_agent={"reporting_port": sink.port, "sampling_port": port},
    ) as tracer:
        tracer.start_span("bake")
        seen.wait_for("jaeger.sampler_updates", result="ok")
        agent.strategy = NO_STRATEGY
        seen.wait_for("jaeger.sampler_updates", result="err")
        agent.strategy = None
        seen.wait_for("jaeger.sampler_queries", result="err")


def poll_for_credits(seen: Seen, sink: SpanSink, agent: Agent, port: int) -> None:
    """Refuse a debug trace, then poll for credits until the server is gone."""
    throttler = {"port": port, "refresh_interval": 0.01}
    with make_tracer(seen, sink, throttler=throttler) as tracer:
        tracer.start_span("bake", child_of=SpanContext.with_debug_id("ticket-42"))
        seen.wait_for("jaeger.throttler_update", result="ok")
        agent.balances = None
        seen.wait_for("jaeger.throttler_update", result="err")


def test_everything_in_the_table_is_counted(sink: SpanSink) -> None:
    """
    Each metric has each value of its labels, and there are no others.

    Except for spans that cannot be encoded: no input is known that causes one.
    """
    seen, agent = Seen(), Agent()

    trace(seen, sink)
    lose_spans(seen, sink)
    with serve_http(agent) as server:
        poll_for_strategies(seen, sink, agent, server.port)
        poll_for_credits(seen, sink, agent, server.port)

    unseen = key_of("jaeger.reporter_dropped", cause="not_encodable")
    assert keys_of_the_table() - {unseen} == seen.keys


def keys_of_the_table() -> set[Key]:
    """Return each metric with each value of its labels; `bake` is the one endpoint."""
    return {
        (dotted(metric.name), frozenset(tags))
        for metric in METRICS
        for tags in itertools.product(
            *(
                [(name, value) for value in values or ("bake",)]
                for name, values in metric.labels.items()
            )
        )
    }


def refuse(key: str, value: float) -> None:
    """A statsd client that has lost its socket."""
    raise ConnectionError(key)


def test_functions_that_raise_cost_no_span(sink: SpanSink) -> None:
    """Each span arrives once, although counting fails before, during and after."""
    metrics = Metrics(count=refuse, gauge=refuse, timing=refuse)
    settings = {
        "sampler": {"type": "const", "param": 1},
        "local_agent": {"reporting_port": sink.port},
        "rpc_metrics": True,
    }
    tracer = Config(settings, service_name="bakery", metrics=metrics).new_tracer()

    for number in range(3):
        tracer.start_span(f"bake-{number}", tags=SERVER).finish()
        assert tracer.flush(TIMEOUT)

    assert tracer.close(TIMEOUT).result()
    assert sink.wait_for(3)
    assert ["bake-0", "bake-1", "bake-2"] == sink.names


def test_no_counter_follows_a_number_of_the_backend() -> None:
    """If a backend rejects 2**63 - 1 spans of a batch of two, two are counted."""
    response = ExportTraceServiceResponse(
        partial_success=ExportTracePartialSuccess(rejected_spans=(1 << 63) - 1)
    )
    reported = list[tuple[str, float]]()

    def count(name: str, value: float, tags: Mapping[str, str]) -> None:
        if name == dotted("jaeger:reporter_spans"):
            reported.append((tags["result"], value))

    with serve_http(
        lambda _: make_response(200, response.SerializeToString())
    ) as server:
        config = Config(
            {
                "sampler": {"type": "const", "param": 1},
                "collector": {"endpoint": server.url("/v1/traces")},
            },
            service_name="bakery",
            metrics_factory=CallableMetricsFactory(count=count),
        )
        with config.new_tracer() as tracer:
            for _ in range(2):
                tracer.start_span("bake").finish()
            assert not tracer.flush(TIMEOUT)

    assert {("err", 2)} == {each for each in reported if each[1]}
    assert min(value for _, value in reported) >= 0
