"""The one door through which this library makes its metrics: rows of the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from jaeger_client.diagnostics import Notice
from jaeger_client.metrics.factory import (
    CountFunction,
    MeasureFunction,
    MetricsFactory,
)
from jaeger_client.metrics.table import COUNTER, GAUGE, TIMER, Metric, metric_of

_Value = TypeVar("_Value", int, float)

_MICROSECONDS: Final = 1e6
_FAILED: Final = Notice(
    "%s was not counted: the function of the metrics factory raised %r"
)


class MetricMaker:
    """
    Makes metrics of the table by a factory, which may be the application's.

    What is made never raises: whatever the factory's functions raise is said in the
    log, once a minute. What the factory itself raises goes through, at start-up.
    """

    def __init__(self, factory: MetricsFactory) -> None:
        self._factory = factory

    def counter(self, metric: Metric, **labels: str) -> CountFunction:
        """Return a function that adds to the counter."""
        return guarded(metric.name, self.bare_counter(metric, **labels))

    def bare_counter(self, metric: Metric, **labels: str) -> CountFunction:
        """Return the factory's own function, for who catches what it raises."""
        _check(metric, COUNTER, labels)
        if labels:
            return self._factory.create_counter(name=metric.name, tags=labels)
        return self._factory.create_counter(name=metric.name)

    def gauge(self, metric: Metric) -> MeasureFunction:
        """Return a function that sets the gauge."""
        _check(metric, GAUGE, {})
        return guarded(metric.name, self._factory.create_gauge(name=metric.name))

    def timer(self, metric: Metric, **labels: str) -> MeasureFunction:
        """Return a function that takes seconds; timers themselves take microseconds."""
        _check(metric, TIMER, labels)
        take = self._factory.create_timer(name=metric.name, tags=labels or None)
        return guarded(metric.name, lambda seconds: take(seconds * _MICROSECONDS))


def guarded(
    name: str,
    take: Callable[[_Value], object],
) -> Callable[[_Value], None]:
    """Return *take* with what it raises said in the log and forgotten."""

    def take_or_tell(value: _Value) -> None:
        try:
            take(value)
        except Exception as error:  # noqa: BLE001 - the factory is the application's
            _FAILED.warn(name, error)

    return take_or_tell


def _check(metric: Metric, kind: str, labels: dict[str, str]) -> None:
    """Refuse what the table does not have: a mistake of this library."""
    known = {label.name: label.values for label in metric.labels}
    is_known = metric_of(metric.name) is metric
    if not is_known or metric.kind != kind or known.keys() != labels.keys():
        msg = f"the table of metrics has no {kind} {metric.name!r} with {labels!r}"
        raise ValueError(msg)
    for name, value in labels.items():
        if known[name] and value not in known[name]:
            msg = f"{metric.name}: {name} is one of {known[name]!r}, got {value!r}"
            raise ValueError(msg)
