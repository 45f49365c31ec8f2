"""Metrics for Prometheus; the one module that imports `prometheus_client`."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from jaeger_client.constants import LOGGER_NAME
from jaeger_client.fork import call_after_fork
from jaeger_client.metrics.factory import (
    CountFunction,
    MeasureFunction,
    MetricsFactory,
)
from jaeger_client.metrics.table import Metric, metric_of

SERVICE_NAME_TAG: Final = "service"
"""Label that takes `service_name_label`."""

_LOGGER: Final = logging.getLogger(LOGGER_NAME)
_FORBIDDEN: Final = re.compile(r"[^a-zA-Z0-9_:]")
_MICROSECONDS: Final = 1e6

_MULTIPROCESS_MODE: Final = "liveall"
"""
How gauges show under PROMETHEUS_MULTIPROC_DIR: one for each process, with a label
`pid` as in 4.8, and no longer once `mark_process_dead` was called.
"""

_Collector: TypeAlias = Counter | Gauge | Histogram
_Made: TypeAlias = dict[tuple[str, tuple[str, ...]], _Collector]
_Kind = TypeVar("_Kind", Counter, Gauge, Histogram)


class PrometheusMetricsFactory(MetricsFactory):
    """
    Makes metrics of `prometheus_client`, named `namespace_jaeger:...`.

    Any number of factories may use one registry: metrics of one name and the
    same labels are one metric. Characters of *namespace* that Prometheus does
    not allow become `_`, whatever the version of `prometheus_client` does.

    Closing a tracer takes no metric out of the registry, for counters that vanish
    are gaps to Prometheus, and another tracer may use them.

    Args:
        namespace: What the names of all metrics begin with.
        service_name_label: Value of the label `service`; none without it.
        registry: Where the metrics go, if not to the default registry.
    """

    def __init__(
        self,
        namespace: str = "",
        service_name_label: str | None = None,
        *,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._namespace = _allowed_name(namespace)
        self._service_name_label = service_name_label
        self._registry = registry

    def create_counter(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> CountFunction:
        """Return a function that adds to the counter."""
        labels = self._labels(tags)
        counter = self._collector(Counter, name, labels)
        return (counter.labels(**labels) if labels else counter).inc

    def create_gauge(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> MeasureFunction:
        """Return a function that sets the gauge."""
        labels = self._labels(tags)
        gauge = self._collector(Gauge, name, labels)
        return (gauge.labels(**labels) if labels else gauge).set

    def create_timer(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> MeasureFunction:
        """Return a function that takes microseconds into a histogram of seconds."""
        labels = self._labels(tags)
        histogram = self._collector(Histogram, name, labels)
        observe = (histogram.labels(**labels) if labels else histogram).observe
        return lambda microseconds: observe(microseconds / _MICROSECONDS)

    def _labels(self, tags: Mapping[str, str] | None) -> dict[str, str]:
        labels = dict(tags or {})
        if self._service_name_label:
            labels[SERVICE_NAME_TAG] = self._service_name_label
        return labels

    def _collector(
        self,
        kind: type[_Kind],
        name: str,
        labels: Mapping[str, str],
    ) -> _Kind:
        full_name = f"{self._namespace}_{name}" if self._namespace else name
        allowed = _allowed_name(full_name)
        return _SHARED.get(self._registry, kind, allowed, name, tuple(sorted(labels)))


class SharedCollectors:
    """
    The collectors made so far, for a registry takes each name only once.

    A registry cannot be asked for the collector of a name through its public
    interface, so those made here are kept here, as long as their registry lives.
    """

    def __init__(self) -> None:
        self._made: WeakKeyDictionary[CollectorRegistry, _Made] = WeakKeyDictionary()
        self._lock = threading.Lock()
        call_after_fork(self)

    def after_fork_in_child(self) -> None:
        """
        Replace the locks that a thread of the parent may hold for ever.

        Those of the metrics, too: the library leaves them as they are, and one that
        was taken while it forked would stop the child at its first span.
        """
        self._lock = threading.Lock()
        for registry, made in list(self._made.items()):
            _replace_lock(registry)
            for collector in list(made.values()):
                for part in _parts_of(collector):
                    _replace_lock(part)

    def get(
        self,
        registry: CollectorRegistry,
        kind: type[_Kind],
        name: str,
        metric_name: str,
        labels: tuple[str, ...],
    ) -> _Kind:
        """
        Return the collector *name* of *registry*, made now if need be.

        *metric_name* is the name without a namespace, under which the table of
        metrics has its help.
        """
        with self._lock:
            made = self._made.setdefault(registry, {})
            # The registry is asked first: the application may have
            # unregistered what was made before.
            try:
                collector = _make(kind, name, metric_name, labels, registry)
            except ValueError:
                known = made.get((name, labels))
                if isinstance(known, kind):
                    return known
                # Taken by somebody else, or with other labels. A metric that
                # nobody reads is better than an application that cannot start.
                _LOGGER.warning(
                    "Metric %s with labels %s is not exported: the registry has "
                    "another of this name. Give all factories of a registry a "
                    "service_name_label or none, or each a namespace of its own",
                    name,
                    labels,
                )
                collector = _make(kind, name, metric_name, labels, None)
            made[name, labels] = collector
            return collector


def _make(
    kind: type[_Kind],
    name: str,
    metric_name: str,
    labels: tuple[str, ...],
    registry: CollectorRegistry | None,
) -> _Kind:
    """Return a new collector, with what the table has for it."""
    metric = metric_of(metric_name)
    meaning = metric_name if metric is None else metric.help
    options = _options(kind, metric)
    return kind(name, meaning, labels, registry=registry, **options)


def _options(kind: type[_Collector], metric: Metric | None) -> dict[str, Any]:
    """Return what only one kind of collectors takes."""
    if kind is Gauge:
        return {"multiprocess_mode": _MULTIPROCESS_MODE}
    if kind is Histogram and metric is not None and metric.buckets:
        return {"buckets": metric.buckets}
    return {}


def _parts_of(collector: object) -> Iterator[object]:
    """Yield what *collector* is made of: one of each label's values, and numbers."""
    # Private names of another library: where a version has others, the locks stay
    # as the library left them. A test forks with the locks held.
    by_label: dict[object, object] = getattr(collector, "_metrics", {})
    for metric in (collector, *by_label.values()):
        yield metric
        yield getattr(metric, "_value", None)
        yield getattr(metric, "_sum", None)
        yield from getattr(metric, "_buckets", ())


def _replace_lock(part: object) -> None:
    if hasattr(part, "_lock"):
        # Reentrant ones do for both kinds that the library's versions have.
        setattr(part, "_lock", threading.RLock())  # noqa: B010 - it is private


def _allowed_name(name: str) -> str:
    """Return *name* with what Prometheus does not allow replaced by `_`."""
    allowed = _FORBIDDEN.sub("_", name)
    return f"_{allowed}" if allowed[:1].isdigit() else allowed


_SHARED: Final = SharedCollectors()
