"""
Uses names, keys and values that never repeat, and prints how memory grows.

The argument is the name of one of the functions in `SCENES`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import count
from typing import Final

import opentracing
from prometheus_client import CollectorRegistry

from jaeger_client import Config, ConstSampler, SpanContext, Tracer
from jaeger_client.encoding.base import Encoder
from jaeger_client.encoding.jaeger_binary import JaegerBinaryEncoder
from jaeger_client.encoding.otlp import OtlpEncoder
from jaeger_client.encoding.zipkin_json import ZipkinJsonEncoder
from jaeger_client.metrics import CallableMetricsFactory
from jaeger_client.metrics.prometheus import PrometheusMetricsFactory
from jaeger_client.reporter import NullReporter, Reporter
from jaeger_client.reporter.base import SimpleChannel
from jaeger_client.senders import MemorySender
from jaeger_client.throttler import LocalThrottler
from tests.integration.programs.memory_meter import (
    discarding_agent,
    flushed,
    measure,
    repeat,
)

SCENE: Final = sys.argv[1]

OPERATIONS: Final = 250 if SCENE == "carriers" else 2_000
ENCODERS: Final[dict[str, Callable[[], Encoder]]] = {
    "binary": JaegerBinaryEncoder,
    "otlp": OtlpEncoder,
    "zipkin": ZipkinJsonEncoder,
}


def make_tracer(**settings: object) -> Tracer:
    """Return a tracer that samples everything and sends it by UDP."""
    config = {
        "sampler": {"type": "const", "param": 1},
        "local_agent": {"reporting_port": discarding_agent()},
        **settings,
    }
    return Config(config, service_name="memory").new_tracer()


def record(tracer: Tracer, text: str) -> None:
    """Record a span with names, keys and values that are all new."""
    span = tracer.start_span(text, tags={f"first {text}": text})
    span.set_tag(text, text)
    span.set_tag("hash", hash(text)).set_tag("bytes", text.encode())
    span.set_tag("float", hash(text) / 3)
    span.log_kv({text: text, "event": f"event {text}"})
    span.finish()


def names() -> Callable[[], None]:
    """Send spans whose names, tags and logs never repeat, to an agent."""
    tracer = make_tracer()
    return flushed(tracer, repeat(OPERATIONS, lambda text: record(tracer, text)))


def encoder(kind: str) -> Callable[[], None]:
    """Encode the same spans, by each encoder."""
    channel = SimpleChannel(ENCODERS[kind](), MemorySender(capacity=1))
    tracer = Tracer("memory", Reporter(channel), ConstSampler(decision=True))
    return flushed(tracer, repeat(OPERATIONS, lambda text: record(tracer, text)))


def carriers() -> Callable[[], None]:
    """Extract and inject what other services send; nothing occurs twice."""
    tracer = make_tracer(propagation="jaeger,b3,w3c", throttler={"type": "local"})

    def pass_on(text: str) -> None:
        name = f"name-{hash(text)}"
        trace_id = f"{abs(hash(text)):032x}"
        carrier = {
            f"uberctx-{name}": text,
            f"baggage-{name}": name,
            "jaeger-baggage": f"{name}={text}",
            "baggage": f"{name}={name}",
            "tracestate": f"{name}={name}",
            "traceparent": f"00-{trace_id}-{trace_id[:16]}-01",
            "jaeger-debug-id": text,
        }
        carrier |= {f"foreign-{each}-{name}": text for each in range(20)}
        carrier |= {f"uberctx-{each}-{name}": name for each in range(5)}
        for form in (opentracing.Format.HTTP_HEADERS, opentracing.Format.TEXT_MAP):
            received = tracer.extract(form, carrier)
            with tracer.start_active_span("request", child_of=received) as scope:
                scope.span.set_baggage_item(f"own-{name}", text)
                tracer.inject(scope.span, form, dict[str, str]())
                packed = bytearray()
                tracer.inject(scope.span, opentracing.Format.BINARY, packed)
            tracer.extract(opentracing.Format.BINARY, packed)

    return flushed(tracer, repeat(OPERATIONS, pass_on))


def corrupt() -> Callable[[], None]:
    """Extract contexts that cannot be read; each error message is new."""
    tracer = make_tracer()

    def refuse(text: str) -> None:
        try:
            tracer.extract(opentracing.Format.TEXT_MAP, {"uber-trace-id": text})
        except opentracing.SpanContextCorruptedException:
            return
        raise AssertionError(text)

    return repeat(OPERATIONS, refuse)


def debug_ids() -> Callable[[], None]:
    """Start debug traces of operations that never repeat, with a throttler."""
    reporter, sampler = NullReporter(), ConstSampler(decision=False)
    tracer = Tracer("memory", reporter, sampler, throttler=LocalThrottler())

    def debug(text: str) -> None:
        context = SpanContext.with_debug_id(text)
        tracer.start_span(text, child_of=context).finish()

    return repeat(OPERATIONS, debug)


def prometheus() -> Callable[[], None]:
    """Count requests of endpoints that never repeat, for Prometheus."""
    factory = PrometheusMetricsFactory(registry=CollectorRegistry())
    return requests(factory)


def statsd() -> Callable[[], None]:
    """Count the same by a function."""
    return requests(CallableMetricsFactory(count=lambda _name, _value, _tags: None))


def requests(factory: object) -> Callable[[], None]:
    """Report server spans whose names, errors and statuses never repeat."""
    settings = {
        "sampler": {"type": "const", "param": 1},
        "local_agent": {"reporting_port": discarding_agent()},
        "rpc_metrics": True,
    }
    config = Config(settings, service_name="memory", metrics_factory=factory)  # type: ignore[arg-type]  # either
    tracer, statuses = config.new_tracer(), count()

    def serve(text: str) -> None:
        tags = {
            "span.kind": "server",
            "error": text,
            "http.status_code": next(statuses),
        }
        tracer.start_span(text, tags=tags).finish()

    return flushed(tracer, repeat(OPERATIONS, serve))


SCENES: Final[dict[str, Callable[[], Callable[[], None]]]] = {
    scene.__name__: scene
    for scene in (names, carriers, corrupt, debug_ids, prometheus, statsd)
}

if __name__ == "__main__":
    make = SCENES.get(SCENE) or (lambda: encoder(SCENE))
    measure(make(), OPERATIONS)
