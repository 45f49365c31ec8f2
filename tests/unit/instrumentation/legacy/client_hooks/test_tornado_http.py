"""The hook for Tornado's HTTP client."""

from __future__ import annotations

import asyncio
import sys
from types import ModuleType

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

from jaeger_client.instrumentation.legacy.client_hooks import tornado_http
from jaeger_client.instrumentation.legacy.request_context import span_in_stack_context
from jaeger_client.testing import MemoryTracer
from tests.unit.instrumentation.legacy.conftest import (
    Install,
    Received,
    names_of,
    parent_of,
    tags_of,
)
from tests.unit.spans import Anything, fields_of


async def fetch(address: str, **options: Anything) -> int:
    """Fetch a page with a client of its own."""
    client = AsyncHTTPClient(force_instance=True)
    try:
        return (await client.fetch(address, **options)).code
    finally:
        client.close()


def test_concurrent_requests_have_spans(
    tracer: MemoryTracer, install: Install, url: str, received: Received
) -> None:
    """Each is a child of the span in its context; the status is text, as in 3.3.1."""
    install("tornado_http")

    async def both() -> list[int]:
        with tracer.start_active_span("root") as scope:
            with span_in_stack_context(scope.span):
                running = asyncio.gather(fetch(f"{url}/a"), fetch(f"{url}/b"))
            return list(await running)

    assert [200, 200] == asyncio.run(both())
    assert ["root", "root", None] == [parent_of(span, tracer) for span in tracer.spans]
    assert "200" == tags_of(tracer.spans[0])["http.status_code"]
    assert all("uber-trace-id" in headers for *_, headers in received)


def test_a_redirect_is_a_child_of_the_same_span(
    tracer: MemoryTracer, install: Install, url: str
) -> None:
    """In 3.3.1 it started a trace of its own."""
    install("tornado_http")

    async def run() -> None:
        with tracer.start_active_span("root"):
            await fetch(f"{url}/status/302")

    asyncio.run(run())

    assert ["root", "root", None] == [parent_of(span, tracer) for span in tracer.spans]


def test_an_error_is_recorded(tracer: MemoryTracer, install: Install, url: str) -> None:
    """Of the response, or of the connection."""
    install("tornado_http")

    with pytest.raises(HTTPClientError):
        asyncio.run(fetch(f"{url}/status/404"))
    with pytest.raises(OSError, match="refused"):
        asyncio.run(fetch("http://127.0.0.1:1/"))

    assert ["404", "599"] == [
        tags_of(span)["http.status_code"] for span in tracer.spans
    ]
    assert [True, True] == [tags_of(span)["error"] for span in tracer.spans]
    (log,) = tracer.spans[0].logs
    assert {"event": "error", "payload": "HTTP 404: Not Found"} == fields_of(log)


def test_a_client_that_raises_at_once(tracer: MemoryTracer) -> None:
    """The error is recorded and raised."""
    request: Anything = HTTPRequest("http://bakery/")

    def refuse(*_: object) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        tornado_http.traced_fetch_impl(refuse)(None, request, print)

    assert tags_of(tracer.spans[0])["error"] is True


def test_the_client_of_pycurl_is_traced_too(
    tracer: MemoryTracer, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If Tornado can import it."""
    module: Anything = ModuleType("tornado.curl_httpclient")
    client: Anything = type("Client", (), {"fetch_impl": original})
    module.CurlAsyncHTTPClient = client
    monkeypatch.setitem(sys.modules, module.__name__, module)

    hook = install("tornado_http")
    assert original is not client.fetch_impl
    hook.reset_patches()
    assert original is client.fetch_impl


def original(client: object, request: object, callback: object) -> None:
    """Do nothing."""


def test_the_hook_can_be_removed_by_its_old_name(
    tracer: MemoryTracer, install: Install, url: str
) -> None:
    """`reset_patchers`, with an r."""
    install("tornado_http")
    tornado_http.reset_patchers()

    asyncio.run(fetch(url))

    assert [] == names_of(tracer)


def test_a_fault_of_the_hook_does_not_prevent_the_request(
    tracer: MemoryTracer, install: Install, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request is sent without a span."""
    install("tornado_http")
    monkeypatch.setattr(tornado_http, "get_current_span", None)

    assert 200 == asyncio.run(fetch(url))
    assert [] == tracer.spans
