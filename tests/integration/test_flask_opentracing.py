"""Flask-OpenTracing, as it is, with our tracer."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.foreign.decoders import tag_pairs
from tests.integration.conftest import PROGRAMS, environment_for

if TYPE_CHECKING:
    from tests.integration.span_sink import SpanSink


def test_requests_of_flask(sink: SpanSink, flask_python: str) -> None:
    """Each request is a span that continues the caller's trace and is active."""
    done = subprocess.run(
        # Flask-OpenTracing itself warns that it is no longer supported.
        [flask_python, PROGRAMS / "flask_opentracing_service.py"],
        env=environment_for(sink),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=50,
        check=False,
        text=True,
    )

    assert 0 == done.returncode, done.stdout
    assert sink.wait_for(5)
    assert ["bake 7", "bake 8", "boom", "cake", "cake"] == sink.names
    spans = {span.operationName: span for span in sink.spans}
    first, second = (span for span in sink.spans if span.operationName == "cake")
    assert (0xABC, 0xDEF) == (first.traceIdLow, first.parentSpanId)
    assert first.spanId == spans["bake 7"].parentSpanId
    assert second.spanId == spans["bake 8"].parentSpanId
    assert ("jaeger-debug-id", "ticket-42") in tag_pairs(second.tags)
    tags = dict(tag_pairs(first.tags))
    assert ("server", 200) == (tags["span.kind"], tags["http.status_code"])
    assert 500 == dict(tag_pairs(spans["boom"].tags))["http.status_code"]
