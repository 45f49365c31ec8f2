"""What a real Jaeger shows of values that JSON has no numbers for."""

from __future__ import annotations

import math

import pytest

from jaeger_client import Config, Span
from tests.real.jaeger_query import JaegerQuery, Json
from tests.real.jaeger_server import OTLP_URL, THRIFT_URL

ZIPKIN_URL = "http://127.0.0.1:9411/api/v2/spans"
NUMBERS = {"nan": math.nan, "up": math.inf, "down": -math.inf, "half": 0.5}
TEXTS = {"nan": "NaN", "up": "Infinity", "down": "-Infinity"}


def send(endpoint: str | None, service_name: str) -> Span:
    """Send a span with `NUMBERS` in tags, a log and the process; return it."""
    config = {
        "sampler": {"type": "const", "param": 1},
        "collector": {"endpoint": endpoint} if endpoint else {},
        "tags": NUMBERS,
    }
    tracer = Config(config, service_name=service_name).new_tracer()
    with tracer.start_span("odd", tags=NUMBERS) as span:
        span.log_kv({"event": "measured", **NUMBERS})
    assert tracer.close().result()
    return span


def shown(pairs: list[Json]) -> dict[str, object]:
    """Return the pairs that Jaeger shows under the keys of `TEXTS`."""
    return {pair["key"]: pair["value"] for pair in pairs if pair["key"] in TEXTS}


@pytest.mark.parametrize(
    ("way", "endpoint"),
    [("udp", None), ("thrift", THRIFT_URL), ("otlp", OTLP_URL), ("zipkin", ZIPKIN_URL)],
)
def test_nan_and_infinities(
    jaeger: JaegerQuery, way: str, endpoint: str | None
) -> None:
    """The trace, and the list of the service's traces, can be read; values are text."""
    service_name = f"odd-values-{way}"
    trace_id = f"{send(endpoint, service_name).trace_id:x}"

    trace = jaeger.trace(trace_id, 1)
    assert trace is not None
    (listed,) = jaeger.traces(service_name, 1)
    assert trace["traceID"] == listed["traceID"]
    (span,) = trace["spans"]
    assert TEXTS == shown(span["tags"])
    if way != "zipkin":  # Zipkin has annotations of text, and no process tags
        assert TEXTS == shown(span["logs"][0]["fields"])
        assert TEXTS == shown(trace["processes"][span["processID"]]["tags"])
