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
    """Keeps what the functions take."""

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


def test_a_count_comes_with_its_tags() -> None:
    """The name has a dot where the table has a colon, which would end it in statsd."""
    recorder = Recorder()

    TracerMetrics(recorder.factory).traces_started_sampled(1)

    assert [
        ("jaeger.traces", 1, {"state": "started", "sampled": "y"})
    ] == recorder.counts


def test_a_gauge_comes_as_it_is() -> None:
    """Metrics without tags have none."""
    recorder = Recorder()

    ReporterMetrics(recorder.factory).reporter_queue_length(3.0)

    assert [("jaeger.reporter_queue_length", 3.0, {})] == recorder.gauges


def test_times_come_in_milliseconds() -> None:
    """As statsd has them."""
    recorder = Recorder()

    ReporterMetrics(recorder.factory).send_seconds(0.25)

    assert [("jaeger.reporter_send_seconds", 250.0, {})] == recorder.timings


def test_functions_that_are_not_given_are_not_missed() -> None:
    """Any of the three may be left out."""
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
    """They are the same for every call."""

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
