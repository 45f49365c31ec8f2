"""Requests and latencies of server spans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from jaeger_client import ConstSampler, Tracer
from jaeger_client.config.rpc_metrics import MAX_ENDPOINTS, RpcMetricsReporter
from jaeger_client.metrics import LegacyMetricsFactory, Metrics, MetricsFactory
from jaeger_client.metrics.factory import CountFunction


class Counts:
    """Keeps counts and times by their keys."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.timings: dict[str, float] = {}
        metrics = Metrics(count=self._count, timing=self.timings.__setitem__)
        self.factory = LegacyMetricsFactory(metrics)

    def _count(self, key: str, value: int) -> None:
        self.counts[key] = self.counts.get(key, 0) + value


def report(
    reporter: RpcMetricsReporter,
    operation: str = "get /shop",
    finish_time: float = 12.5,
    **tags: object,
) -> None:
    """Report a span of 2.5 seconds with *tags*, `_` in a key standing for a dot."""
    tracer = Tracer("shop", reporter, ConstSampler(decision=True))
    named = {key.replace("_", ".", 1): value for key, value in tags.items()}
    span = tracer.start_span(operation, tags=named, start_time=10.0)
    span.finish(finish_time)


def test_a_server_span_is_a_request_with_a_latency() -> None:
    """Endpoint, error and status become tags of the metrics."""
    counts = Counts()

    report(RpcMetricsReporter(counts.factory), span_kind="server", http_status_code=200)

    assert {
        "jaeger-rpc:requests.endpoint_get-/shop.error_false": 1,
        "jaeger-rpc:http_requests.endpoint_get-/shop.status_code_2xx": 1,
    } == counts.counts
    assert {
        "jaeger-rpc:request_latency.endpoint_get-/shop.error_false": 2500.0,
    } == counts.timings


def test_a_failed_server_span_is_a_failed_request() -> None:
    """Its `error` is true."""
    counts = Counts()

    report(RpcMetricsReporter(counts.factory), span_kind="server", error=True)

    assert {"jaeger-rpc:requests.endpoint_get-/shop.error_true": 1} == counts.counts


@pytest.mark.parametrize("tags", [{}, {"span_kind": "client"}])
def test_other_spans_are_not_counted(tags: dict[str, Any]) -> None:
    """Only servers have requests."""
    counts = Counts()

    report(RpcMetricsReporter(counts.factory), **tags)

    assert {} == counts.counts


def test_a_finish_before_the_start_is_no_time() -> None:
    """Clocks are set back; latencies are never negative."""
    counts = Counts()

    report(RpcMetricsReporter(counts.factory), finish_time=1.0, span_kind="server")

    assert [0.0] == list(counts.timings.values())


def test_endpoints_beyond_the_most_are_counted_together() -> None:
    """Operation names that hold ids must not fill memory."""
    counts = Counts()
    reporter = RpcMetricsReporter(counts.factory)

    for number in range(MAX_ENDPOINTS + 5):
        report(reporter, f"op{number}", span_kind="server")

    assert 5 == counts.counts["jaeger-rpc:requests.endpoint_other.error_false"]
    assert MAX_ENDPOINTS + 1 == len(counts.counts)


def test_a_factory_that_fails_costs_no_span(caplog: pytest.LogCaptureFixture) -> None:
    """The log tells, and nothing is raised into the application."""

    class Broken(MetricsFactory):
        def create_counter(
            self,
            name: str,
            tags: Mapping[str, str] | None = None,
        ) -> CountFunction:
            """Fail."""
            raise OSError(name)

    report(RpcMetricsReporter(Broken()), span_kind="server")

    assert "counting a request failed" in caplog.text
