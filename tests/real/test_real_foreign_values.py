"""What a real Jaeger shows of unusual values and baggage."""

from __future__ import annotations

import http.client
import math
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from opentracing import Format

from jaeger_client import Config
from tests.integration.http_servers import make_response, serve_http
from tests.real.jaeger_server import OTLP_URL, THRIFT_URL

if TYPE_CHECKING:
    from jaeger_client import Span, Tracer
    from tests.real.jaeger_query import JaegerQuery, Json

ZIPKIN_URL: Final = "http://127.0.0.1:9411/api/v2/spans"
ROUTES: Final = {
    "udp": {},
    "thrift": {"endpoint": THRIFT_URL},
    "otlp": {"endpoint": OTLP_URL},
    "zipkin": {"endpoint": ZIPKIN_URL},
}
VALUES: Final = {
    "nan": math.nan,
    "infinity": math.inf,
    "minus infinity": -math.inf,
    "numpy nan": np.float32("nan"),
    "numpy infinity": np.float64("inf"),
    "numpy float": np.float64(0.5),
    "numpy integer": np.int64(7),
    "numpy boolean": np.bool_(True),
}
SHOWN: Final = {
    "nan": "NaN",
    "infinity": "Infinity",
    "minus infinity": "-Infinity",
    "numpy nan": "NaN",
    "numpy infinity": "Infinity",
    "numpy float": 0.5,
    "numpy integer": 7,
    "numpy boolean": True,
}
BROKEN_KEY: Final = "line\r\nX-Injected: yes\r\nbreak"


def call(tracer: Tracer, span: Span) -> tuple[str, ...]:
    """Call a service with the context of *span*; return the names of its headers."""
    headers: dict[str, str] = {}
    tracer.inject(span, Format.HTTP_HEADERS, headers)
    with serve_http(lambda request: make_response()) as server:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        client.request("GET", "/", headers=headers)
        client.getresponse().read()
        client.close()
        received = dict(server.requests[0].headers)
    context = tracer.extract(Format.HTTP_HEADERS, received)
    with tracer.start_span("called", child_of=context, tags=VALUES) as called:
        called.log_kv({"event": "measured", **VALUES})
    return tuple(name.lower() for name in received)


def shown(pairs: list[Json]) -> dict[str, object]:
    """Return the pairs that Jaeger shows under the keys of `SHOWN`."""
    return {pair["key"]: pair["value"] for pair in pairs if pair["key"] in SHOWN}


@pytest.mark.parametrize("route", ROUTES)
def test_odd_values_beside_baggage_with_a_line_break(
    jaeger: JaegerQuery,
    route: str,
) -> None:
    """The trace and the list of the service show both spans, and all values."""
    service = f"foreign-values-{route}"
    settings = {
        "sampler": {"type": "const", "param": 1},
        "collector": ROUTES[route],
        "tags": VALUES,
    }
    tracer = Config(settings, service_name=service).new_tracer()
    with tracer.start_span("calling", tags=VALUES) as span:
        span.log_kv({"event": "measured", **VALUES})
        span.set_baggage_item("customer", "ada")
        span.set_baggage_item(BROKEN_KEY, "one")
        names = call(tracer, span)
    assert tracer.close().result()

    assert "uberctx-customer" in names
    assert "x-injected" not in names
    trace = jaeger.trace(f"{span.trace_id:x}", spans=2)
    assert trace is not None
    (listed,) = jaeger.traces(service, 1)
    for found in (trace, listed):
        assert {"calling", "called"} == {
            shown_span["operationName"] for shown_span in found["spans"]
        }
        for shown_span in found["spans"]:
            assert_shown(found, shown_span, as_text=route == "zipkin")


def assert_shown(trace: Json, span: Json, *, as_text: bool) -> None:
    """Check tags, log fields and process tags; Zipkin's format has text tags only."""
    if as_text:
        texts = {key: str(value) for key, value in shown(span["tags"]).items()}
        assert {key: str(value) for key, value in SHOWN.items()} == {
            key: value.replace("true", "True") for key, value in texts.items()
        }
        return
    assert SHOWN == shown(span["tags"])
    measured = [fields for log in span["logs"] if (fields := shown(log["fields"]))]
    assert [SHOWN] == measured
    assert SHOWN == shown(trace["processes"][span["processID"]]["tags"])
