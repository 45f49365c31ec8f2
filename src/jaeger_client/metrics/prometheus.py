"""Metrics for Prometheus; the one module that imports `prometheus_client`."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping
from typing import Final, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from jaeger_client.constants import LOGGER_NAME
from jaeger_client.fork import call_after_fork
from jaeger_client.metrics.factory import (
    CountFunction,
    MeasureFunction,
    MetricsFactory,
)

SERVICE_NAME_TAG: Final = "service"
"""Label that takes `service_name_label`."""

_LOGGER: Final = logging.getLogger(LOGGER_NAME)
_FORBIDDEN: Final = re.compile(r"[^a-zA-Z0-9_:]")
_MICROSECONDS: Final = 1e6

_Collector: TypeAlias = Counter | Gauge | Histogram
_Made: TypeAlias = dict[tuple[str, tuple[str, ...]], _Collector]
_Kind = TypeVar("_Kind", Counter, Gauge, Histogram)


class PrometheusMetricsFactory(MetricsFactory):
    """
    Makes metrics of `prometheus_client`, named `namespace_jaeger:...`.

    Any number of factories may use one registry: metrics of one name and the
    same labels are one metric. Characters of *namespace* that Prometheus does
    not allow become `_`, whatever the version of `prometheus_client` does.

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
        """Replace the lock, which a thread of the parent may hold for ever."""
        self._lock = threading.Lock()

    def get(
        self,
        registry: CollectorRegistry,
        kind: type[_Kind],
        name: str,
        meaning: str,
        labels: tuple[str, ...],
    ) -> _Kind:
        """Return the collector *name* of *registry*, made now if need be."""
        with self._lock:
            made = self._made.setdefault(registry, {})
            # The registry is asked first: the application may have
            # unregistered what was made before.
            try:
                collector = kind(name, meaning, labels, registry=registry)
            except ValueError:
                known = made.get((name, labels))
                if isinstance(known, kind):
                    return known
                # Taken by somebody else, or with other labels. A metric that
                # nobody reads is better than an application that cannot start.
                _LOGGER.warning(
                    "Metric %s with labels %s is not exported: the registry has "
                    "another of this name",
                    name,
                    labels,
                )
                collector = kind(name, meaning, labels, registry=None)
            made[name, labels] = collector
            return collector


def _allowed_name(name: str) -> str:
    """Return *name* with what Prometheus does not allow replaced by `_`."""
    allowed = _FORBIDDEN.sub("_", name)
    return f"_{allowed}" if allowed[:1].isdigit() else allowed


_SHARED: Final = SharedCollectors()
