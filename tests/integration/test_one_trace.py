"""Django, Flask, FastAPI, gRPC and Celery, each in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.one_trace import (
    EXPECTED,
    PATH,
    SeenSpan,
    chain_of,
    five_services,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.span_sink import SpanSink

# Five servers are started, each of which imports a framework.
pytestmark = pytest.mark.timeout(300)


def test_five_services_in_one_trace(sink: SpanSink, tmp_path: Path) -> None:
    """Each service continues the trace of its caller, down to the worker's task."""
    with five_services(sink, tmp_path) as django:
        django.get(PATH)
        assert sink.wait_for(len(EXPECTED)), sink.names

    assert EXPECTED == chain_of(
        SeenSpan(
            (span.traceIdHigh, span.traceIdLow),
            span.spanId,
            span.parentSpanId,
            batch.process.serviceName,
            span.operationName,
        )
        for batch in sink.batches
        for span in batch.spans
    )
