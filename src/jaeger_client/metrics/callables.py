"""Metrics for functions, as the clients of statsd and its relatives have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from jaeger_client.metrics.factory import (
    CountFunction,
    MeasureFunction,
    MetricsFactory,
)
from jaeger_client.metrics.table import dotted

TakeCount: TypeAlias = Callable[[str, int, Mapping[str, str]], object]
"""Takes the name of a counter, what to add, and the tags."""

TakeMeasure: TypeAlias = Callable[[str, float, Mapping[str, str]], object]
"""Takes the name of a gauge or a timer, the value, and the tags."""


class CallableMetricsFactory(MetricsFactory):
    """
    Passes everything to functions `(name, value, tags)`.

    Names have a dot where the table has a colon, for statsd ends a name with a
    colon: `jaeger.traces`. The functions are called from any thread, often, and
    should not block; what they raise is logged once a minute and never reaches the
    application. A lock in them can hang a forked child or a signal handler; the page
    "How it works" describes what to do.

    Args:
        count: Takes what is added to counters.
        gauge: Takes what gauges are set to.
        timing: Takes measured times, in milliseconds.
    """

    def __init__(
        self,
        *,
        count: TakeCount | None = None,
        gauge: TakeMeasure | None = None,
        timing: TakeMeasure | None = None,
    ) -> None:
        self._take_count = count
        self._take_gauge = gauge
        self._take_timing = timing

    def create_counter(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> CountFunction:
        """Return a function that adds to the counter."""
        take = self._take_count
        if take is None:
            return self._noop
        shown, kept = dotted(name), _kept(tags)

        def count(value: int) -> None:
            take(shown, value, kept)

        return count

    def create_timer(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> MeasureFunction:
        """Return a function that takes microseconds and passes milliseconds on."""
        take = self._take_timing
        if take is None:
            return self._noop
        shown, kept = dotted(name), _kept(tags)

        def time(microseconds: float) -> None:
            take(shown, microseconds / 1000, kept)

        return time

    def create_gauge(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> MeasureFunction:
        """Return a function that sets the gauge."""
        take = self._take_gauge
        if take is None:
            return self._noop
        shown, kept = dotted(name), _kept(tags)

        def gauge(value: float) -> None:
            take(shown, value, kept)

        return gauge


def _kept(tags: Mapping[str, str] | None) -> Mapping[str, str]:
    # One for all calls, so it must not be changed.
    return MappingProxyType(dict(tags or {}))
