"""The hook for requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from jaeger_client.span import Span
from jaeger_client.testing import MemoryTracer
from tests.unit.instrumentation.legacy.conftest import (
    Install,
    Received,
    names_of,
    tags_of,
)

if TYPE_CHECKING:
    import pytest


def test_a_request_has_one_span_and_carries_it(
    tracer: MemoryTracer, install: Install, url: str, received: Received
) -> None:
    """Also if the hook for urllib3, which requests uses, is installed."""
    install("urllib3")
    install("requests")

    with tracer.start_active_span("root"), requests.Session() as session:
        assert 404 == session.get(f"{url}/status/404", timeout=30).status_code

    assert ["GET", "root"] == names_of(tracer)
    assert 404 == tags_of(tracer.spans[0])["http.status_code"]
    ((_, _, headers),) = received
    assert "1:2:1:1" == headers["uber-trace-id"]


def set_size(response: requests.Response, span: Span) -> None:
    """Record the size of a response."""
    span.set_tag("size", len(response.content))


def test_a_response_hook_sets_tags(
    tracer: MemoryTracer, install: Install, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """If it raises, that is logged, and the caller has the response."""
    patcher = install("requests").patcher
    try:
        with requests.Session() as session:
            patcher.set_response_handler_hook(set_size)
            session.get(url, timeout=30)
            patcher.set_response_handler_hook(lambda: None)
            assert 200 == session.get(url, timeout=30).status_code
    finally:
        patcher.set_response_handler_hook(None)

    assert [7, None] == [tags_of(span).get("size") for span in tracer.spans]
    assert "set_response_handler_hook, raised" in caplog.text


def test_without_the_hook_nothing_is_traced(
    tracer: MemoryTracer, install: Install, url: str
) -> None:
    """It can be removed and installed again."""
    hook = install("requests")
    hook.reset_patches()
    with requests.Session() as session:
        session.get(url, timeout=30)
        hook.install_patches()
        session.get(url, timeout=30)

    assert ["GET"] == names_of(tracer)


def test_a_fault_of_the_hook_does_not_prevent_the_request(
    tracer: MemoryTracer,
    install: Install,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The request is sent without a span, and the fault is logged."""
    hook = install("requests")
    monkeypatch.setattr(hook, "before_http_request", None)

    with requests.Session() as session:
        assert 200 == session.get(url, timeout=30).status_code

    assert [] == tracer.spans
    assert "the hook failed" in caplog.text
