"""The hook for urllib3."""

from __future__ import annotations

import pytest
import urllib3
from urllib3.exceptions import MaxRetryError

from jaeger_client.testing import MemoryTracer
from tests.unit.instrumentation.legacy.conftest import (
    Install,
    Received,
    names_of,
    tags_of,
)


def test_a_request_of_a_pool_has_a_span(
    tracer: MemoryTracer, install: Install, url: str, received: Received
) -> None:
    """The caller's headers are not changed; the URL is complete."""
    install("urllib3")
    given = {"X-Cake": "tart"}

    with tracer.start_active_span("root"), urllib3.PoolManager() as pools:
        pools.request("GET", f"{url}/cake?a=1", headers=given)

    span = tracer.spans[0]
    assert ["GET", "root"] == names_of(tracer)
    assert {
        "span.kind": "client",
        "http.url": f"{url}/cake?a=1",
        "peer.ipv4": "127.0.0.1",
        "peer.port": int(url.rpartition(":")[2]),
        "http.status_code": 200,
    } == tags_of(span)
    assert {"X-Cake": "tart"} == given
    assert "1:2:1:1" == received[0][2]["uber-trace-id"]


def test_headers_of_the_pool_are_sent(
    tracer: MemoryTracer, install: Install, url: str, received: Received
) -> None:
    """If the call has none of its own."""
    install("urllib3")

    host, _, port = url.removeprefix("http://").partition(":")
    with urllib3.HTTPConnectionPool(host, int(port), headers={"X-Cake": "a"}) as pool:
        pool.urlopen("GET", "/")
        pool.urlopen("GET", f"{url}/full")

    assert ["a", "a"] == [headers["x-cake"] for _, _, headers in received]
    assert f"{url}/full" == tags_of(tracer.spans[1])["http.url"]


def test_attempts_that_are_repeated_belong_to_one_span(
    tracer: MemoryTracer, install: Install
) -> None:
    """The error of the last one is recorded."""
    install("urllib3")
    retries = urllib3.Retry(2, backoff_factor=0)

    with urllib3.PoolManager() as pools, pytest.raises(MaxRetryError):
        pools.request("GET", "http://127.0.0.1:1/", retries=retries)

    assert ["GET"] == names_of(tracer)
    assert tags_of(tracer.spans[0])["error"] is True


def test_a_fault_of_the_hook_does_not_prevent_the_request(
    tracer: MemoryTracer, install: Install, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request is sent without a span."""
    monkeypatch.setattr(install("urllib3"), "before_http_request", None)

    with urllib3.PoolManager() as pools:
        assert 200 == pools.request("GET", url).status

    assert [] == tracer.spans
