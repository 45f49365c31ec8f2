"""Batches that a real Jaeger and a real Zipkin receive twice, but show once."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import pytest

from jaeger_client import Config
from tests.integration.http_servers import Request, make_response, serve_http
from tests.real.http_get import get
from tests.real.jaeger_server import OTLP_URL, THRIFT_URL

if TYPE_CHECKING:
    from tests.real.jaeger_query import JaegerQuery
    from tests.real.zipkin_query import ZipkinQuery

ENDPOINTS: Final = {
    "thrift": THRIFT_URL,
    "otlp": OTLP_URL,
    "zipkin": "http://127.0.0.1:9411/api/v2/spans",
}
TIMEOUT: Final = 50.0
NAMES: Final = ["a", "b", "c"]


def send_twice(endpoint: str) -> str:
    """Send a trace through a relay that loses a response; return the trace's id."""
    url = urlsplit(endpoint)
    assert url.hostname is not None

    def relay(request: Request) -> bytes | None:
        backend = http.client.HTTPConnection(url.hostname or "", url.port, timeout=10)
        headers = dict(request.headers)
        backend.request(request.method, url.path, request.body, headers)
        response = backend.getresponse()
        body = response.read()
        backend.close()
        assert response.status in range(200, 300), body
        # The first response is lost.
        return make_response(202) if request.connection > 1 else None

    with serve_http(relay) as server:
        settings = {
            "sampler": {"type": "const", "param": 1},
            "collector": {"endpoint": server.url(url.path)},
            "reporter_batch_size": len(NAMES),
            "reporter_flush_interval": 60,
        }
        tracer = Config(settings, service_name="repeated").new_tracer()
        root = tracer.start_span(NAMES[0])
        for name in NAMES[1:]:
            tracer.start_span(name, child_of=root).finish()
        root.finish()
        tracer.close(TIMEOUT)

    assert [1, 2] == [request.connection for request in server.requests]
    return f"{root.trace_id:x}"


@pytest.mark.parametrize("route", ENDPOINTS)
def test_jaeger_shows_a_repeated_span_once(jaeger: JaegerQuery, route: str) -> None:
    """Jaeger stores what it receives, and omits copies when it shows a trace."""
    trace_id = send_twice(ENDPOINTS[route])
    stored = jaeger.trace(trace_id, 2 * len(NAMES))
    assert stored is not None
    _, body = get(f"{jaeger.api}/api/traces/{trace_id}")
    (shown,) = json.loads(body)["data"]

    assert NAMES == sorted(span["operationName"] for span in shown["spans"])


def test_zipkin_shows_a_repeated_span_once(zipkin: ZipkinQuery) -> None:
    """Zipkin merges spans of equal ids."""
    trace_id = send_twice(zipkin.endpoint)
    shown = zipkin.trace(trace_id, len(NAMES))

    assert Counter(NAMES) == Counter(span["name"] for span in shown)
