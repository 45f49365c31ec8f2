"""The interface to a metrics system, and the two kinds that need no library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

CountFunction: TypeAlias = Callable[[int], None]
"""Adds to a counter."""

MeasureFunction: TypeAlias = Callable[[float], None]
"""Sets a gauge, or adds one measured time to a timer."""


class MetricsFactory:
    """
    Makes counters, gauges and timers; this one makes some that do nothing.

    Derive from it to connect another metrics system. The methods are called
    once for each metric when a tracer is made. What they return is called from
    any thread, often, and should neither block nor raise. A lock in it can hang a
    forked child or a signal handler; the page "How it works" describes what to do.
    """

    @staticmethod
    def _noop(*_: object) -> None:
        """Do nothing."""

    def create_counter(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> CountFunction:
        """Return a function that adds to the counter."""
        del name, tags
        return self._noop

    def create_timer(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> MeasureFunction:
        """Return a function that takes one measured time in microseconds."""
        del name, tags
        return self._noop

    def create_gauge(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> MeasureFunction:
        """Return a function that sets the gauge."""
        del name, tags
        return self._noop


class Metrics:
    """Three functions `(key, value)` that take counts, gauges and times."""

    def __init__(
        self,
        count: Callable[[str, int], object] | None = None,
        gauge: Callable[[str, float], object] | None = None,
        timing: Callable[[str, float], object] | None = None,
    ) -> None:
        # What cannot be called is left out in silence, as ever.
        self._count = count if callable(count) else None
        self._gauge = gauge if callable(gauge) else None
        self._timing = timing if callable(timing) else None

    def count(self, key: str, value: int) -> None:
        """Add *value* to the counter *key*."""
        if self._count is not None:
            self._count(key, value)

    def gauge(self, key: str, value: float) -> None:
        """Set the gauge *key* to *value*."""
        if self._gauge is not None:
            self._gauge(key, value)

    def timing(self, key: str, value: float) -> None:
        """Take one measured time of *value* milliseconds."""
        if self._timing is not None:
            self._timing(key, value)


class LegacyMetricsFactory(MetricsFactory):
    """
    Passes everything to a `Metrics`, the tags written into the key.

    The key is the name, then `.tag_value` for each tag in the order of tags:
    `jaeger:traces.sampled_y.state_started`.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def _get_key(self, name: str, tags: Mapping[str, str] | None = None) -> str:
        parts = [f"{tag}_{value}" for tag, value in sorted((tags or {}).items())]
        return ".".join([name, *parts])

    def create_counter(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> CountFunction:
        """Return a function that adds to the counter."""
        key = self._get_key(name, tags)
        return lambda value: self._metrics.count(key, value)

    def create_timer(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> MeasureFunction:
        """Return a function that takes microseconds and passes milliseconds on."""
        key = self._get_key(name, tags)
        return lambda microseconds: self._metrics.timing(key, microseconds / 1000)

    def create_gauge(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> MeasureFunction:
        """Return a function that sets the gauge."""
        key = self._get_key(name, tags)
        return lambda value: self._metrics.gauge(key, value)
