"""The table of metrics, and the metrics created from it."""

from __future__ import annotations

import ast
import logging
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import jaeger_client
from jaeger_client.metrics import (
    METRICS,
    LegacyMetricsFactory,
    Metric,
    Metrics,
)
from jaeger_client.metrics.instruments import (
    ReporterMetrics,
    RpcMetrics,
    SamplerMetrics,
    ThrottlerMetrics,
    TracerMetrics,
)
from jaeger_client.metrics.metrics import MetricsFactory
from jaeger_client.metrics.table import (
    COUNTER,
    DROP_CAUSES,
    GAUGE,
    TIMER,
    TRACES,
    dotted,
    metric_of,
)
from jaeger_client.model import SpanLosses
from tests.unit.metrics.recording_factory import RecordingFactory

SOURCE = Path(jaeger_client.__file__).parent


def test_names_are_unique() -> None:
    """No two names are equal, even with a dot for the colon."""
    names = Counter(dotted(metric.name) for metric in METRICS)

    assert {1} == set(names.values())


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_row_is_complete(metric: Metric) -> None:
    """A row has kind, help and unit; timers have seconds and rising bounds."""
    assert metric.kind in {COUNTER, GAUGE, TIMER}
    assert metric.help[0].isupper()
    assert metric.help.endswith(".")
    assert metric.unit == "s" or metric.unit.startswith("{")
    assert (metric.kind == TIMER) == (metric.unit == "s") == bool(metric.buckets)
    assert sorted(set(metric.buckets)) == list(metric.buckets)


def test_the_causes_of_losses_are_those_that_are_counted() -> None:
    """Every field of the losses is a value of the label `cause`."""
    known = set(SpanLosses().as_dict()) - {"truncated"}

    assert known == set(DROP_CAUSES)


@pytest.fixture
def full_factory() -> RecordingFactory:
    """Return a factory that has created the metrics of every part."""
    factory = RecordingFactory()
    for metrics in (TracerMetrics, ReporterMetrics, SamplerMetrics, ThrottlerMetrics):
        metrics(factory)
    RpcMetrics(factory, "bake")
    return factory


def test_every_row_is_created(full_factory: RecordingFactory) -> None:
    """Every metric in the table exists."""
    assert {metric.name for metric in METRICS} == {
        name for _, name, _ in full_factory.created
    }


def test_a_metric_has_kind_and_labels_of_its_row(
    full_factory: RecordingFactory,
) -> None:
    """No other name, kind, label or value is created."""
    for kind, name, tags in full_factory.created:
        metric = metric_of(name)
        assert metric is not None
        assert metric.kind == kind
        assert metric.labels.keys() == tags.keys()
        for label, values in metric.labels.items():
            assert not values or tags[label] in values


def test_every_value_of_a_label_is_created() -> None:
    """All values of a label exist from the start, at zero."""
    factory = RecordingFactory()

    ReporterMetrics(factory)

    causes = {f"jaeger:reporter_dropped{{cause={cause}}}" for cause in DROP_CAUSES}
    assert causes <= set(factory.made)


def test_only_the_maker_calls_a_factory() -> None:
    """No other module creates metrics."""
    creators = {"create_counter", "create_gauge", "create_timer"}
    callers = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in creators
    }

    # What OpenTelemetry's meter makes is named alike.
    assert {"metrics/instruments.py", "metrics/opentelemetry.py"} == callers


def test_a_name_that_is_not_in_the_table_has_no_row() -> None:
    """Applications may create their own metrics with a factory."""
    assert metric_of("bakery:cakes") is None
    assert TRACES is metric_of("jaeger:traces")


def refuse(key: str, value: float) -> None:
    """Raise an error, like a statsd client that has lost its socket."""
    raise ConnectionError(key)


def test_functions_that_raise_are_logged_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No error reaches the caller; the first one is logged."""
    factory = LegacyMetricsFactory(Metrics(count=refuse, gauge=refuse, timing=refuse))
    metrics = ReporterMetrics(factory)

    with caplog.at_level(logging.WARNING):
        for _ in range(10):
            metrics.reporter_success(1)
            metrics.reporter_queue_length(1.0)
            metrics.send_seconds(0.1)

    (record,) = caplog.records
    assert "jaeger:reporter_spans was not counted" in record.message
    assert "ConnectionError('jaeger:reporter_spans.result_ok')" in record.message


@pytest.mark.parametrize(
    "metrics", [ReporterMetrics, SamplerMetrics, ThrottlerMetrics], ids=repr
)
def test_nothing_that_is_counted_in_the_background_raises(
    metrics: Callable[[MetricsFactory], object],
) -> None:
    """Otherwise a batch that was sent would be sent again and again."""
    factory = LegacyMetricsFactory(Metrics(count=refuse, gauge=refuse, timing=refuse))

    created = [value for value in vars(metrics(factory)).values() if callable(value)]

    assert [None] * len(created) == [function(1) for function in created]
