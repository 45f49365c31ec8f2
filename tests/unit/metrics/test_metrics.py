"""The factories that need no library."""

from __future__ import annotations

from jaeger_client.metrics import LegacyMetricsFactory, Metrics, MetricsFactory
from jaeger_client.metrics import metrics as old_place


class Recorder:
    """Records what a `Metrics` passes on."""

    def __init__(self) -> None:
        self.counts: list[tuple[str, int]] = []
        self.gauges: list[tuple[str, float]] = []
        self.timings: list[tuple[str, float]] = []

    def metrics(self) -> Metrics:
        """Return a `Metrics` that passes everything to this recorder."""
        return Metrics(
            count=lambda key, value: self.counts.append((key, value)),
            gauge=lambda key, value: self.gauges.append((key, value)),
            timing=lambda key, value: self.timings.append((key, value)),
        )


def test_the_base_factory_creates_metrics_that_do_nothing() -> None:
    """Its functions accept a value and return nothing."""
    factory = MetricsFactory()

    factory.create_counter("name", {"a": "b"})(1)
    factory.create_gauge("name")(1.0)
    factory.create_timer("name")(1.0)
    assert factory.create_counter("one") == factory.create_counter("other")


def test_tags_are_written_into_the_key_in_order() -> None:
    """The key of 4.8 is the name and `.tag_value` for each tag, sorted by tag."""
    recorder = Recorder()

    LegacyMetricsFactory(recorder.metrics()).create_counter(
        "jaeger:traces",
        {"state": "started", "sampled": "y"},
    )(3)

    assert [("jaeger:traces.sampled_y.state_started", 3)] == recorder.counts


def test_a_metric_without_tags_has_its_name_as_key() -> None:
    """No tags and empty tags add nothing to the name."""
    recorder = Recorder()
    factory = LegacyMetricsFactory(recorder.metrics())

    factory.create_gauge("length")(2.5)
    factory.create_gauge("length", {})(3.5)

    assert [("length", 2.5), ("length", 3.5)] == recorder.gauges


def test_timers_convert_microseconds_to_milliseconds() -> None:
    """As in 4.8, `timing` receives milliseconds."""
    recorder = Recorder()

    LegacyMetricsFactory(recorder.metrics()).create_timer("t", {"a": "b"})(2500.0)

    assert [("t.a_b", 2.5)] == recorder.timings


def test_the_function_is_looked_up_at_each_call() -> None:
    """A test that replaces `metrics.count` later receives the counts."""
    metrics = Metrics()
    count = LegacyMetricsFactory(metrics).create_counter("name")
    seen: list[tuple[str, int]] = []

    def take(key: str, value: int) -> None:
        seen.append((key, value))

    setattr(metrics, "count", take)  # noqa: B010 - as a mock does it
    count(1)

    assert [("name", 1)] == seen


def test_arguments_that_cannot_be_called_are_ignored() -> None:
    """Metrics without functions, or with invalid ones, do nothing."""
    for metrics in (Metrics(), Metrics(count=3, gauge="x", timing=[])):  # type: ignore[arg-type]  # the mistake that is tested
        metrics.count("key", 1)
        metrics.gauge("key", 1.0)
        metrics.timing("key", 1.0)


def test_the_module_of_4_8_has_the_same_classes() -> None:
    """`jaeger_client.metrics.metrics` exports the same classes."""
    assert MetricsFactory is old_place.MetricsFactory
    assert LegacyMetricsFactory is old_place.LegacyMetricsFactory
    assert Metrics is old_place.Metrics
