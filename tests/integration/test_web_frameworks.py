"""Flask, FastAPI and Django behind real servers: spans, parents, ends of responses."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.foreign.decoders import tag_pairs
from tests.integration.server_processes import serving

if TYPE_CHECKING:
    from tests.integration.server_processes import Server
    from tests.integration.span_sink import SpanSink

GUNICORN = ("gunicorn", "--bind", "fd://{fd}", "--no-control-socket")
UVICORN = ("uvicorn", "--fd", "{fd}")
SERVERS = {
    "flask": (*GUNICORN, "-k", "gthread", "--threads", "8", "web_flask:app"),
    "django": (*GUNICORN, "-k", "gthread", "--threads", "8", "web_django:wsgi"),
    "django-asgi": (*UVICORN, "web_django:asgi"),
    "fastapi": (*UVICORN, "web_fastapi:app"),
}


def test_services_in_one_trace(sink: SpanSink) -> None:
    """Each request is a child of the call that another service has made."""
    servers: list[Server] = []
    with ExitStack() as stack:
        for name in ("fastapi", "flask", "django", "django-asgi"):
            following = [f"http://127.0.0.1:{server.port}" for server in servers[-1:]]
            environ = {"TEST_NEXT": " ".join(following)}
            servers.append(
                stack.enter_context(serving(sink, *SERVERS[name], environ=environ))
            )
        servers[-1].get("/cakes/7")
        assert sink.wait_for(7), sink.names

    services = {
        span.spanId: batch.process.serviceName
        for batch in sink.batches
        for span in batch.spans
    }
    spans = {span.spanId: span for span in sink.spans}
    chain = []
    (leaf,) = (span for span in spans.values() if services[span.spanId] == "fastapi")
    current: Any = leaf
    while current is not None:
        chain.append((services[current.spanId], current.operationName))
        current = spans.get(current.parentSpanId)

    assert [
        ("fastapi", "GET /cakes/{number}"),
        ("flask", "call /cakes/7"),
        ("flask", "GET /cakes/<int:number>"),
        ("django", "call /cakes/7"),
        ("django", "GET /cakes/<int:number>"),
        ("django", "call /cakes/7"),
        ("django", "GET /cakes/<int:number>"),
    ] == chain
    assert 1 == len({span.traceIdLow for span in sink.spans})
    assert dict(tag_pairs(leaf.tags))["http.status_code"] == 200
