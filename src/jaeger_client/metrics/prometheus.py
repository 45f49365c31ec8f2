"""
Metrics for Prometheus; the only module that imports `prometheus_client`.

The library guards each value with a lock, and with PROMETHEUS_MULTIPROC_DIR all values
of the process with a single one. Counting a span must never hang at them:

- in a forked child, where a thread that was not copied may hold them for ever: all are
  replaced there. The library itself then opens a file for the child's own pid;
- in a signal handler or finalizer that interrupted the holder: they are replaced by
  reentrant ones when the metric is created.

A call that interrupts another one must not see an update that is half made. A value in
memory is updated by `self._value += amount`: from Python 3.11 on nothing can interrupt
that, because the interpreter handles signals and finalizers at calls and jumps only.
Values in files, and all values in Python 3.10, are updated one at a time, through
`SharedCollectors.run` (1 us a count). It does not wait: a handler that waited for a
thread which itself waits for the library's lock, held by the interrupted frame, would
hang.

All of this applies to every version of the library since 0.11. The names used are
private; in a version with other names its locks stay as they are.
"""

from __future__ import annotations

import re
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from types import CellType
from typing import Any, Final, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from jaeger_client._internal.diagnostics import logger
from jaeger_client._internal.fork import call_after_fork
from jaeger_client._internal.signal_safe import Exclusive
from jaeger_client.metrics.metrics import (
    CountFunction,
    MeasureFunction,
    MetricsFactory,
    Tags,
)
from jaeger_client.metrics.table import metric_of

try:
    from prometheus_client import (
        REGISTRY,
        CollectorRegistry,
        Counter,
        Gauge,
        Histogram,
    )
except ModuleNotFoundError as error:
    msg = f"{error}: it is part of the extra, pip install 'jaeger-client[prometheus]'"
    raise ModuleNotFoundError(msg, name=error.name) from error

SERVICE_NAME_TAG: Final = "service"
"""Label for `service_name_label`."""

_FORBIDDEN: Final = re.compile(r"[^a-zA-Z0-9_:]")
_MICROSECONDS: Final = 1e6

_MULTIPROCESS_MODE: Final = "liveall"
"""
Mode of gauges with PROMETHEUS_MULTIPROC_DIR: one for each process, with a label
`pid` as in 4.8, until `mark_process_dead` is called.
"""

_IS_INTERRUPTED_ANYWHERE: Final[bool] = sys.version_info < (3, 11)
"""Whether the interpreter may handle signals at any bytecode."""

_PLAIN_LOCK: Final = type(threading.Lock())

_Collector: TypeAlias = Counter | Gauge | Histogram
_Made: TypeAlias = dict[tuple[str, tuple[str, ...]], _Collector]
_Kind = TypeVar("_Kind", Counter, Gauge, Histogram)


class PrometheusMetricsFactory(MetricsFactory):
    """
    Creates metrics of `prometheus_client`, named `namespace_jaeger:...`.

    Any number of factories may use one registry: metrics of one name and the same
    labels are one metric. Characters of *namespace* that Prometheus does not allow
    become `_`, in every version of `prometheus_client`.

    Closing a tracer removes no metric from the registry: to Prometheus, counters that
    vanish are gaps, and another tracer may use them.

    Args:
        namespace: Prefix of the names of all metrics.
        service_name_label: Value of the label `service`; by default there is none.
        registry: Registry of the metrics, if not the default one.
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

    def __getstate__(self) -> dict[str, object]:
        """Return what can be pickled: all but the default registry."""
        state = dict(vars(self))
        if self._registry is REGISTRY:
            del state["_registry"]
        return state

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update({"_registry": REGISTRY} | state)

    def __deepcopy__(self, memo: dict[int, object]) -> PrometheusMetricsFactory:
        # A copy would count in a registry that is exported nowhere.
        return self

    def create_counter(self, name: str, tags: Tags = None) -> CountFunction:
        """Return a function that adds to the counter."""
        return self._updater(Counter, "inc", name, tags)

    def create_gauge(self, name: str, tags: Tags = None) -> MeasureFunction:
        """Return a function that sets the gauge."""
        return self._updater(Gauge, "set", name, tags)

    def create_timer(self, name: str, tags: Tags = None) -> MeasureFunction:
        """Return a function that takes microseconds into a histogram of seconds."""
        observe = self._updater(Histogram, "observe", name, tags)
        return lambda microseconds: observe(microseconds / _MICROSECONDS)

    def _updater(
        self, kind: type[_Kind], method: str, name: str, tags: Tags
    ) -> MeasureFunction:
        """Return a function that calls *method* of the metric, created if necessary."""
        labels = dict(tags or {})
        if self._service_name_label:
            labels[SERVICE_NAME_TAG] = self._service_name_label
        full_name = f"{self._namespace}_{name}" if self._namespace else name
        bound: list[MeasureFunction] = []

        def bind(_: float = 0.0) -> None:
            metric = _SHARED.get(
                self._registry,
                kind,
                _allowed_name(full_name),
                name,
                tuple(sorted(labels)),
            )
            if labels:
                metric = metric.labels(**labels)
            _make_reentrant(metric)
            bound.append(getattr(metric, method))

        def bind_and_update(value: float) -> None:
            if not bound:
                bind()
            bound[0](value)

        _SHARED.run(bind, 0.0)
        if not bound:  # this call has interrupted the creation of another metric
            return partial(_SHARED.run, bind_and_update)
        update = bound[0]
        return partial(_SHARED.run, update) if _takes_turns(update) else update


class SharedCollectors:
    """
    The collectors created so far, because a registry accepts each name only once.

    A registry has no public way to find the collector of a name, so those of this
    library are stored here, as long as their registry exists.
    """

    def __init__(self) -> None:
        self._made: WeakKeyDictionary[CollectorRegistry, _Made] = WeakKeyDictionary()
        self._waiting: deque[tuple[Callable[[float], object], float]] = deque()
        self._turns = Exclusive()
        call_after_fork(self)

    def after_fork_in_child(self) -> None:
        """Replace every lock; the parent makes the updates that wait."""
        self._turns = Exclusive()
        self._waiting.clear()
        for registry, made in list(self._made.items()):
            for owner in (registry, *list(made.values())):
                for _, replace in _locks_of(owner):
                    replace(threading.RLock())

    def run(self, work: Callable[[float], object], value: float) -> None:
        """
        Call *work* with *value* while no other work runs, without waiting for that.

        If other work runs, on another thread or in the frame that this call has
        interrupted, the thread that runs it calls *work* too, before it returns.
        """
        self._waiting.append((work, value))
        # Checked again after each turn: work may come in just as the turn ends.
        has_ended: bool | None = True
        while self._waiting and has_ended:
            has_ended = self._turns.run(self._take_turn, timeout=0)

    def _take_turn(self) -> bool:
        failure: Exception | None = None
        while self._waiting:
            work, value = self._waiting.popleft()
            try:
                work(value)
            except Exception as error:  # noqa: BLE001 - raised once the rest is done
                failure = error
        if failure is not None:
            raise failure
        return True

    def get(
        self,
        registry: CollectorRegistry,
        kind: type[_Kind],
        name: str,
        metric_name: str,
        labels: tuple[str, ...],
    ) -> _Kind:
        """
        Return the collector *name* of *registry*, created if necessary.

        *metric_name* is the name without a namespace, as in the table of metrics.
        Called only by work that `run` runs.
        """
        _make_reentrant(registry)
        made = self._made.setdefault(registry, {})
        # Try to create it: the application may have unregistered an earlier one.
        create = partial(kind, name, labelnames=labels, **_options(kind, metric_name))
        try:
            collector = create(registry=registry)
        except ValueError:
            known = made.get((name, labels))
            if isinstance(known, kind):
                return known
            # The name is in use by other code, or with other labels. A metric
            # that is not exported is better than an application that cannot start.
            logger.warning(
                "Metric %s with labels %s is not exported: the registry has "
                "another of this name. Give all factories of a registry a "
                "service_name_label or none, or each a namespace of its own",
                name,
                labels,
            )
            collector = create(registry=None)
        made[name, labels] = collector
        return collector


def _options(kind: type[_Collector], name: str) -> dict[str, Any]:
    """Return the help of the metric, and what its kind needs besides."""
    metric = metric_of(name)
    options: dict[str, Any] = {"documentation": metric.help if metric else name}
    if kind is Gauge:
        options["multiprocess_mode"] = _MULTIPROCESS_MODE
    if kind is Histogram and metric is not None and metric.buckets:
        options["buckets"] = metric.buckets
    return options


def _parts_of(collector: object) -> Iterator[object]:
    """Yield *collector*, its metrics by label, and the numbers in each of them."""
    by_label: dict[object, object] = getattr(collector, "_metrics", {})
    for metric in (collector, *list(by_label.values())):
        yield metric
        yield getattr(metric, "_value", None)
        yield getattr(metric, "_sum", None)
        yield from getattr(metric, "_buckets", ())


def _locks_of(owner: object) -> Iterator[tuple[object, Callable[[object], None]]]:
    """Yield each lock that a metric or registry uses, and a function to replace it."""
    for part in _parts_of(owner):
        lock = getattr(part, "_lock", None)
        if lock is not None:
            yield lock, partial(setattr, part, "_lock")
        for cell in _lock_cells(type(part)):
            yield cell.cell_contents, partial(setattr, cell, "cell_contents")


def _make_reentrant(owner: object) -> None:
    """Replace the plain locks that a metric or registry uses, unless they are held."""
    for lock, replace in _locks_of(owner):
        # Without waiting: the interrupted frame may hold it, and the next metric that
        # is created tries again. A thread that begins to wait for the old lock at this
        # moment may update at the same time as one that acquires the new one, once.
        if isinstance(lock, _PLAIN_LOCK) and lock.acquire(blocking=False):
            try:
                replace(threading.RLock())
            finally:
                lock.release()


def _takes_turns(method: MeasureFunction) -> bool:
    """Return whether an interruption could see an update of *method* half made."""
    parts = _parts_of(getattr(method, "__self__", None))
    is_in_file = any(True for part in parts for _ in _lock_cells(type(part)))
    return is_in_file or _IS_INTERRUPTED_ANYWHERE


def _lock_cells(kind: type) -> Iterator[CellType]:
    """Yield the cells in functions of *kind* with a lock that all its objects share."""
    # The class of values in files is defined in a function, and the lock is a variable
    # of that function.
    for function in vars(kind).values():
        for cell in getattr(function, "__closure__", None) or ():
            with suppress(ValueError):  # a variable that is not set yet
                if hasattr(cell.cell_contents, "acquire"):
                    yield cell


def _allowed_name(name: str) -> str:
    """Return *name* with `_` for characters that Prometheus does not allow."""
    allowed = _FORBIDDEN.sub("_", name)
    return f"_{allowed}" if allowed[:1].isdigit() else allowed


_SHARED: Final = SharedCollectors()
