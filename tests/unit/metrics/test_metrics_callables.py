"""The factory for functions `(name, value, tags)`."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from jaeger_client.metrics import (
    CallableMetricsFactory,
    ReporterMetrics,
    TracerMetrics,
)

Taken = list[tuple[str, float, dict[str, str]]]


class Recorder:
    """Records the arguments of the functions."""

    def __init__(self) -> None:
        self.counts: Taken = []
        self.gauges: Taken = []
        self.timings: Taken = []
        self.factory = CallableMetricsFactory(
            count=lambda name, value, tags: self.counts.append(
                (name, value, dict(tags))
            ),
            gauge=lambda name, value, tags: self.gauges.append(
                (name, value, dict(tags))
            ),
            timing=lambda name, value, tags: self.timings.append(
                (name, value, dict(tags))
            ),
        )


def test_a_count_is_passed_with_its_tags() -> None:
    """The name has a dot for the colon, which would end it in statsd."""
    recorder = Recorder()

    TracerMetrics(recorder.factory).traces_started_sampled(1)

    assert [
        ("jaeger.traces", 1, {"state": "started", "sampled": "y"})
    ] == recorder.counts


def test_a_gauge_is_passed_unchanged() -> None:
    """A metric without tags passes an empty mapping."""
    recorder = Recorder()

    ReporterMetrics(recorder.factory).reporter_queue_length(3.0)

    assert [("jaeger.reporter_queue_length", 3.0, {})] == recorder.gauges


def test_durations_are_passed_in_milliseconds() -> None:
    """Milliseconds are the unit of statsd."""
    recorder = Recorder()

    ReporterMetrics(recorder.factory).send_seconds(0.25)

    assert [("jaeger.reporter_send_seconds", 250.0, {})] == recorder.timings


def test_functions_are_optional() -> None:
    """Any of the three may be omitted."""
    factory = CallableMetricsFactory()

    assert [None, None, None] == [
        make("jaeger:m")(1)
        for make in (
            factory.create_counter,
            factory.create_gauge,
            factory.create_timer,
        )
    ]


def test_tags_cannot_be_changed() -> None:
    """All calls share the same mapping."""

    def spoil(name: str, value: int, tags: Mapping[str, str]) -> None:
        tags["more"] = "x"  # type: ignore[index]  # the mistake that is tested

    count = CallableMetricsFactory(count=spoil).create_counter("jaeger:m")

    with pytest.raises(TypeError):
        count(1)


def test_the_tags_are_a_copy() -> None:
    """The caller may reuse the dict of tags for the next metric."""
    recorder = Recorder()
    tags = {"a": "b"}
    count = recorder.factory.create_counter("jaeger:m", tags)

    tags["a"] = "c"
    count(1)

    assert [("jaeger.m", 1, {"a": "b"})] == recorder.counts
