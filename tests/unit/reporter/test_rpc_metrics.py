"""Requests and latencies of server spans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from jaeger_client import ConstSampler, Tracer
from jaeger_client.metrics import LegacyMetricsFactory, Metrics, MetricsFactory
from jaeger_client.metrics.metrics import CountFunction
from jaeger_client.metrics.table import MAX_ENDPOINTS
from jaeger_client.reporter import NullReporter
from jaeger_client.reporter.rpc_metrics import RpcMetricsReporter
from tests.unit.reporter.counting_metrics import CountingMetrics


class Counts:
    """Stores counts and times by their keys."""

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
    """Report a span of 2.5 seconds with *tags*, `_` in a key is written as a dot."""
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
    """A request has failed if its tag `error` is true."""
    counts = Counts()

    report(RpcMetricsReporter(counts.factory), span_kind="server", error=True)

    assert {"jaeger-rpc:requests.endpoint_get-/shop.error_true": 1} == counts.counts


@pytest.mark.parametrize(
    ("error", "counted"),
    [
        (True, "true"),
        ("true", "true"),
        ("True", "true"),
        ("1", "true"),
        (False, "false"),
        ("false", "false"),
        ("no such product", "false"),
        (1, "false"),
    ],
)
def test_an_error_may_be_text(error: object, counted: str) -> None:
    """Texts that the Go client reads as true are failures, others are not."""
    counts = Counts()

    report(RpcMetricsReporter(counts.factory), span_kind="server", error=error)

    assert {f"jaeger-rpc:requests.endpoint_get-/shop.error_{counted}": 1} == (
        counts.counts
    )


@pytest.mark.parametrize(
    ("status", "counted"),
    [
        (200, ["2xx"]),
        (399, ["3xx"]),
        ("404", ["4xx"]),
        (599, ["5xx"]),
        (101, []),
        (600, []),
        (20, []),
        (2000, []),
        ("4xx", []),
        (True, []),
        ("", []),
    ],
)
def test_statuses_are_counted_by_their_class(
    status: object, counted: list[str]
) -> None:
    """Three digits from 200 to 599, as a number or as text; others are none."""
    counts = Counts()

    report(
        RpcMetricsReporter(counts.factory),
        span_kind="server",
        http_status_code=status,
    )

    begin = "jaeger-rpc:http_requests.endpoint_get-/shop.status_code_"
    assert counted == [
        key.removeprefix(begin) for key in counts.counts if key.startswith(begin)
    ]


def test_the_status_may_have_opentelemetrys_newer_name() -> None:
    """Instrumentors that follow the stable conventions set that tag."""
    counts = Counts()
    tags = {"span.kind": "server", "http.response.status_code": 503}

    tracer = Tracer(
        "shop", RpcMetricsReporter(counts.factory), ConstSampler(decision=True)
    )
    tracer.start_span("get", tags=tags).finish()

    assert 1 == counts.counts["jaeger-rpc:http_requests.endpoint_get.status_code_5xx"]


def test_a_span_without_a_name_is_no_endpoint() -> None:
    """As in the Go client it is not counted."""
    counts = Counts()

    report(RpcMetricsReporter(counts.factory), "", span_kind="server")

    assert {} == counts.counts


def test_requests_that_are_not_sampled_are_not_counted() -> None:
    """Their spans record nothing and are not reported."""
    counts = Counts()
    tracer = Tracer(
        "shop", RpcMetricsReporter(counts.factory), ConstSampler(decision=False)
    )

    tracer.start_span("get", tags={"span.kind": "server"}).finish()

    assert {} == counts.counts


@pytest.mark.parametrize("tags", [{}, {"span_kind": "client"}])
def test_other_spans_are_not_counted(tags: dict[str, Any]) -> None:
    """Spans of other kinds are not requests."""
    counts = Counts()

    report(RpcMetricsReporter(counts.factory), **tags)

    assert {} == counts.counts


def test_a_finish_before_the_start_is_no_time() -> None:
    """A clock may be set back, but a latency is never negative."""
    counts = Counts()

    report(RpcMetricsReporter(counts.factory), finish_time=1.0, span_kind="server")

    assert [0.0] == list(counts.timings.values())


def test_endpoints_beyond_the_maximum_are_counted_together() -> None:
    """Operation names that hold ids must not fill memory."""
    counts = Counts()
    reporter = RpcMetricsReporter(counts.factory)

    for number in range(MAX_ENDPOINTS + 5):
        report(reporter, f"op{number}", span_kind="server")

    assert 5 == counts.counts["jaeger-rpc:requests.endpoint_other.error_false"]
    assert MAX_ENDPOINTS + 1 == len(counts.counts)


def test_long_endpoints_are_counted_together() -> None:
    """Those of more than 1,024 characters are not stored."""
    counts = Counts()
    reporter = RpcMetricsReporter(counts.factory)

    for letter in "ab":
        report(reporter, letter * 1025, span_kind="server")
    report(reporter, "c" * 1024, span_kind="server")

    assert {
        "jaeger-rpc:requests.endpoint_other.error_false": 2,
        f"jaeger-rpc:requests.endpoint_{'c' * 1024}.error_false": 1,
    } == counts.counts


def test_the_counters_of_an_endpoint_are_created_once() -> None:
    """Later requests use the first ones."""
    created: list[str] = []

    class Recording(CountingMetrics):
        def create_counter(
            self, name: str, tags: Mapping[str, str] | None = None
        ) -> CountFunction:
            created.append(f"{name} {tags}")
            return super().create_counter(name, tags)

    reporter = RpcMetricsReporter(Recording())
    report(reporter, span_kind="server")
    count = len(created)
    report(reporter, span_kind="server")

    assert 0 < count == len(created)


def test_a_request_without_a_status_is_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing about it is logged."""
    counts = Counts()

    report(RpcMetricsReporter(counts.factory), span_kind="server")

    assert {"jaeger-rpc:requests.endpoint_get-/shop.error_false": 1} == counts.counts
    assert [] == caplog.messages


def test_a_span_that_is_not_finished_has_no_latency() -> None:
    """An application may report it; it counts as a request of no duration."""
    counts = Counts()
    tracer = Tracer("shop", NullReporter(), ConstSampler(decision=True))
    span = tracer.start_span("get", tags={"span.kind": "server"})

    RpcMetricsReporter(counts.factory).report_span(span)

    assert [0.0] == list(counts.timings.values())


def test_a_factory_that_fails_costs_no_span(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, and nothing is raised into the application."""

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
    assert "OSError('jaeger-rpc:" in caplog.text
