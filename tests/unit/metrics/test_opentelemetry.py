"""The factory for OpenTelemetry, tested with the real SDK."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from jaeger_client.metrics import ReporterMetrics, RpcMetrics, TracerMetrics
from jaeger_client.metrics.opentelemetry import OpenTelemetryMetricsFactory
from jaeger_client.metrics.table import METRICS, REPORTER_SEND_SECONDS, dotted

Points = dict[tuple[str, frozenset[tuple[str, object]]], Any]


class RecordingSdk:
    """An SDK that records everything."""

    def __init__(self) -> None:
        self.reader = InMemoryMetricReader()
        self.provider = MeterProvider([self.reader])
        self.factory = self.make_factory()

    def make_factory(self) -> OpenTelemetryMetricsFactory:
        """Return a factory on the same meter as the others."""
        return OpenTelemetryMetricsFactory(self.provider.get_meter("of a test"))

    def metrics(self) -> dict[str, Any]:
        """Return the SDK's record of each metric, by name."""
        data: Any = self.reader.get_metrics_data()
        return {
            metric.name: metric
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def points(self) -> Points:
        """Return the points of all metrics, by name and attributes."""
        return {
            (name, frozenset(point.attributes.items())): point
            for name, metric in self.metrics().items()
            for point in metric.data.data_points
        }


@pytest.fixture
def sdk() -> Iterator[RecordingSdk]:
    """Return an SDK that is shut down afterwards."""
    sdk = RecordingSdk()
    yield sdk
    sdk.provider.shutdown()


def test_a_counter_has_the_tags_as_attributes(sdk: RecordingSdk) -> None:
    """Its name has a dot, because the API rejects a colon."""
    metrics = TracerMetrics(sdk.factory)
    metrics.traces_started_sampled(2)
    metrics.traces_joined_not_sampled(3)

    started = frozenset({"state": "started", "sampled": "y"}.items())
    joined = frozenset({"state": "joined", "sampled": "n"}.items())
    points = sdk.points()
    assert 2 == points["jaeger.traces", started].value
    assert 3 == points["jaeger.traces", joined].value


def test_a_gauge_has_the_last_value(sdk: RecordingSdk) -> None:
    """The queue length is the last value set."""
    metrics = ReporterMetrics(sdk.factory)
    metrics.reporter_queue_length(7)
    metrics.reporter_queue_length(4)

    assert 4 == sdk.points()["jaeger.reporter_queue_length", frozenset()].value


def test_a_timer_is_a_histogram_of_seconds(sdk: RecordingSdk) -> None:
    """Its buckets are those of the table."""
    ReporterMetrics(sdk.factory).send_seconds(0.25)

    point = sdk.points()["jaeger.reporter_send_seconds", frozenset()]
    assert 0.25 == point.sum
    assert REPORTER_SEND_SECONDS.buckets == tuple(point.explicit_bounds)


def test_every_metric_has_the_unit_and_the_help_of_the_table(sdk: RecordingSdk) -> None:
    """Backends display both."""
    for metric in METRICS:
        make = {
            "counter": sdk.factory.create_counter,
            "gauge": sdk.factory.create_gauge,
            "timer": sdk.factory.create_timer,
        }[metric.kind]
        make(metric.name)(1)

    known = {
        name: (metric.unit, metric.description)
        for name, metric in sdk.metrics().items()
    }
    assert {
        dotted(metric.name): (metric.unit, metric.help) for metric in METRICS
    } == known


def test_several_tracers_share_the_instruments(
    sdk: RecordingSdk, caplog: pytest.LogCaptureFixture
) -> None:
    """Counts are added, and the SDK does not warn about duplicates."""
    with caplog.at_level(logging.WARNING):
        for factory in (sdk.factory, sdk.make_factory()):
            TracerMetrics(factory).spans_finished(1)
            ReporterMetrics(factory)
            RpcMetrics(factory, "bake")

    assert not caplog.records
    assert 2 == sdk.points()["jaeger.finished_spans", frozenset()].value


def test_metrics_of_the_application_have_their_name_as_description(
    sdk: RecordingSdk,
) -> None:
    """Characters that OpenTelemetry rejects become `_`."""
    sdk.factory.create_counter("bakery:cakes baked")(1)
    sdk.factory.create_gauge("oven", {"side": "left"})(200.0)
    sdk.factory.create_timer("bakery:wait")(1_500_000.0)

    metrics = sdk.metrics()
    assert {"bakery.cakes_baked", "oven", "bakery.wait"} == set(metrics)
    assert "bakery:cakes baked" == metrics["bakery.cakes_baked"].description
    assert 1.5 == sdk.points()["bakery.wait", frozenset()].sum


PROVIDER_SET_LATER = """
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from jaeger_client.metrics import TracerMetrics
from jaeger_client.metrics.opentelemetry import OpenTelemetryMetricsFactory

counts = TracerMetrics(OpenTelemetryMetricsFactory())
reader = InMemoryMetricReader()
metrics.set_meter_provider(MeterProvider([reader]))
counts.spans_finished(3)
(resource,) = reader.get_metrics_data().resource_metrics
(scope,) = resource.scope_metrics
(metric,) = scope.metrics
(point,) = metric.data.data_points
print(scope.scope.name, metric.name, point.value)
"""


def test_the_global_provider_may_be_set_after_the_tracer_is_created() -> None:
    """Without a meter, the global provider is used, even if set later."""
    # A process of its own: the provider can be set once.
    done = subprocess.run(
        [sys.executable, "-c", PROVIDER_SET_LATER],
        capture_output=True,
        check=True,
        text=True,
    )

    assert "jaeger_client jaeger.finished_spans 3\n" == done.stdout
