"""Factories of metrics: the interface, and those that need no library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from jaeger_client.metrics.table import dotted

_Value = TypeVar("_Value", int, float)

Tags: TypeAlias = "Mapping[str, str] | None"
"""The tags that distinguish metrics of the same name."""

CountFunction: TypeAlias = Callable[[int], None]
"""Adds to a counter."""

MeasureFunction: TypeAlias = Callable[[float], None]
"""Sets a gauge, or adds one measured time to a timer."""


def _ignore(*_: object) -> None:
    """Do nothing."""


class MetricsFactory:
    """
    Creates counters, gauges and timers; those of this class do nothing.

    Derive from it to connect another metrics system. The methods are called once for
    each metric when a tracer is created. The functions they return are called often,
    from any thread, and should neither block nor raise. A lock in them can hang a
    forked child or a signal handler; the page "How it works" describes what to do.
    """

    _noop = staticmethod(_ignore)

    def create_counter(self, name: str, tags: Tags = None) -> CountFunction:
        """Return a function that adds to the counter."""
        del name, tags
        return self._noop

    def create_timer(self, name: str, tags: Tags = None) -> MeasureFunction:
        """Return a function that records one duration in microseconds."""
        del name, tags
        return self._noop

    def create_gauge(self, name: str, tags: Tags = None) -> MeasureFunction:
        """Return a function that sets the gauge."""
        del name, tags
        return self._noop


class Metrics:
    """Three functions `(key, value)` that receive counts, gauges and durations."""

    def __init__(
        self,
        count: Callable[[str, int], object] | None = None,
        gauge: Callable[[str, float], object] | None = None,
        timing: Callable[[str, float], object] | None = None,
    ) -> None:
        # As in 4.8, an argument that cannot be called is ignored.
        self._count = count if callable(count) else _ignore
        self._gauge = gauge if callable(gauge) else _ignore
        self._timing = timing if callable(timing) else _ignore

    def count(self, key: str, value: int) -> None:
        """Add *value* to the counter *key*."""
        self._count(key, value)

    def gauge(self, key: str, value: float) -> None:
        """Set the gauge *key* to *value*."""
        self._gauge(key, value)

    def timing(self, key: str, value: float) -> None:
        """Record one duration of *value* milliseconds."""
        self._timing(key, value)


class LegacyMetricsFactory(MetricsFactory):
    """
    Passes everything to a `Metrics`, with the tags in the key.

    The key is the name, then `.tag_value` for each tag in alphabetical order:
    `jaeger:traces.sampled_y.state_started`.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def _get_key(self, name: str, tags: Tags = None) -> str:
        parts = [f"{tag}_{value}" for tag, value in sorted((tags or {}).items())]
        return ".".join([name, *parts])

    def create_counter(self, name: str, tags: Tags = None) -> CountFunction:
        """Return a function that adds to the counter."""
        key = self._get_key(name, tags)
        return lambda value: self._metrics.count(key, value)

    def create_timer(self, name: str, tags: Tags = None) -> MeasureFunction:
        """Return a function that converts microseconds to milliseconds."""
        key = self._get_key(name, tags)
        return lambda microseconds: self._metrics.timing(key, microseconds / 1000)

    def create_gauge(self, name: str, tags: Tags = None) -> MeasureFunction:
        """Return a function that sets the gauge."""
        key = self._get_key(name, tags)
        return lambda value: self._metrics.gauge(key, value)


class CallableMetricsFactory(MetricsFactory):
    """
    Passes everything to functions `(name, value, tags)`, as statsd clients have them.

    Names have a dot where the table has a colon, because a colon ends a name in statsd:
    `jaeger.traces`. The functions are called often, from any thread, and should not
    block; their errors are logged once a minute and never reach the application. A lock
    in them can hang a forked child or a signal handler; the page "How it works"
    describes what to do.

    Args:
        count: Receives the number to add to a counter.
        gauge: Receives the new value of a gauge.
        timing: Receives a duration in milliseconds.
    """

    def __init__(
        self,
        *,
        count: Callable[[str, int, Mapping[str, str]], object] | None = None,
        gauge: Callable[[str, float, Mapping[str, str]], object] | None = None,
        timing: Callable[[str, float, Mapping[str, str]], object] | None = None,
    ) -> None:
        self._count = _ignore if count is None else count
        self._gauge = _ignore if gauge is None else gauge
        self._timing = _ignore if timing is None else timing

    def create_counter(self, name: str, tags: Tags = None) -> CountFunction:
        """Return a function that adds to the counter."""
        return _bound(self._count, name, tags)

    def create_timer(self, name: str, tags: Tags = None) -> MeasureFunction:
        """Return a function that converts microseconds to milliseconds."""
        record = _bound(self._timing, name, tags)
        return lambda microseconds: record(microseconds / 1000)

    def create_gauge(self, name: str, tags: Tags = None) -> MeasureFunction:
        """Return a function that sets the gauge."""
        return _bound(self._gauge, name, tags)


def _bound(
    update: Callable[[str, _Value, Mapping[str, str]], object], name: str, tags: Tags
) -> Callable[[_Value], None]:
    # All calls share the tags, so the function must not be able to change them.
    key, shared = dotted(name), MappingProxyType(dict(tags or {}))

    def pass_on(value: _Value) -> None:
        update(key, value, shared)

    return pass_on
