"""The factory for Prometheus."""

from __future__ import annotations

import logging
import os
import sys
import threading
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pytest
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
    values,
)

from jaeger_client import ConstSampler, Tracer
from jaeger_client.metrics import ReporterMetrics, TracerMetrics, prometheus
from jaeger_client.metrics.prometheus import (
    PrometheusMetricsFactory,
    SharedCollectors,
)
from jaeger_client.reporter import NullReporter
from tests.unit.bytecodes import call_at, every_place, interrupt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from prometheus_client.registry import Collector

    from jaeger_client.metrics.metrics import CountFunction


class RememberingRegistry(CollectorRegistry):
    """A registry that can be emptied."""

    def __init__(self) -> None:
        super().__init__()
        self.collectors: list[Collector] = []

    def register(self, collector: Collector) -> None:
        """Register and remember."""
        super().register(collector)
        self.collectors.append(collector)

    def clear(self) -> None:
        """Unregister everything, as the tear-down of a test does."""
        for collector in self.collectors:
            self.unregister(collector)


@pytest.fixture
def values_in_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Make new metrics store their values in files."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    library: Any = values
    in_files = library.MultiProcessValue()
    monkeypatch.setattr(values, "ValueClass", in_files)
    yield
    in_files.close_all_files()


def exported(registry: CollectorRegistry) -> str:
    """Return a scrape of *registry*, without the series that the library adds."""
    lines = generate_latest(registry).decode().splitlines()
    return "\n".join(line for line in lines if "_created" not in line)


def test_a_namespace_with_a_hyphen_is_converted() -> None:
    """`your-app-name` is exported as `your_app_name` with every version."""
    registry = CollectorRegistry()
    factory = PrometheusMetricsFactory(namespace="your-app-name", registry=registry)

    TracerMetrics(factory).traces_started_sampled(2)

    assert 2.0 == registry.get_sample_value(
        "your_app_name_jaeger:traces_total",
        {"state": "started", "sampled": "y"},
    )


def test_a_namespace_that_begins_with_a_digit_gets_an_underscore() -> None:
    """Metric names cannot begin with a digit."""
    registry = CollectorRegistry()

    PrometheusMetricsFactory(namespace="2nd", registry=registry).create_gauge("g")(1.0)

    assert 1.0 == registry.get_sample_value("_2nd_g")


def test_without_a_namespace_names_begin_with_jaeger() -> None:
    """The namespace is optional."""
    registry = CollectorRegistry()
    factory = PrometheusMetricsFactory(registry=registry)

    TracerMetrics(factory).spans_finished(1)

    assert 1.0 == registry.get_sample_value("jaeger:finished_spans_total")


def test_the_service_name_becomes_a_label() -> None:
    """`service_name_label` is the value of the label `service`, as in 4.8."""
    registry = CollectorRegistry()
    factory = PrometheusMetricsFactory(service_name_label="shop", registry=registry)

    factory.create_gauge("jaeger:g", {"a": "b"})(3.0)
    factory.create_counter("jaeger:c")(4)

    assert 3.0 == registry.get_sample_value("jaeger:g", {"a": "b", "service": "shop"})
    assert 4.0 == registry.get_sample_value("jaeger:c_total", {"service": "shop"})


def test_timers_are_histograms_of_seconds() -> None:
    """A timer takes microseconds and exports seconds, as Prometheus requires."""
    registry = CollectorRegistry()
    factory = PrometheusMetricsFactory(registry=registry)

    factory.create_timer("plain")(500_000.0)
    factory.create_timer("tagged", {"a": "b"})(1_500_000.0)

    assert 0.5 == registry.get_sample_value("plain_sum")
    assert 1.5 == registry.get_sample_value("tagged_sum", {"a": "b"})


def test_several_tracers_share_the_metrics_of_one_registry() -> None:
    """A second factory on the same registry adds to the same metrics."""
    registry = CollectorRegistry()

    for _ in range(2):
        factory = PrometheusMetricsFactory(namespace="app", registry=registry)
        TracerMetrics(factory).spans_finished(1)
        ReporterMetrics(factory)

    assert 2.0 == registry.get_sample_value("app_jaeger:finished_spans_total")


def test_an_unregistered_metric_is_created_again() -> None:
    """Applications clear the registry between their tests."""
    registry = RememberingRegistry()
    PrometheusMetricsFactory(registry=registry).create_counter("jaeger:c")(1)

    registry.clear()
    PrometheusMetricsFactory(registry=registry).create_counter("jaeger:c")(5)

    assert 5.0 == registry.get_sample_value("jaeger:c_total")


def test_a_name_with_other_labels_is_not_an_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A metric that the registry rejects is logged and not exported."""
    registry = CollectorRegistry()
    PrometheusMetricsFactory(registry=registry).create_counter("jaeger:c")(1)
    named = PrometheusMetricsFactory(service_name_label="shop", registry=registry)

    with caplog.at_level(logging.WARNING, logger="jaeger_tracing"):
        named.create_counter("jaeger:c")(10)

    assert 1.0 == registry.get_sample_value("jaeger:c_total")
    assert "jaeger:c" in caplog.text
    assert "Give all factories of a registry a service_name_label" in caplog.text
    assert "shop" not in exported(registry)


def test_the_help_is_that_of_the_table() -> None:
    """Other metrics have their name as help, as in 4.8."""
    registry = CollectorRegistry()
    factory = PrometheusMetricsFactory(namespace="bakery", registry=registry)

    factory.create_counter("jaeger:finished_spans")
    factory.create_counter("cakes")

    scrape = exported(registry)
    assert "# HELP bakery_jaeger:finished_spans_total Sampled spans finished." in scrape
    assert "# HELP bakery_cakes_total cakes" in scrape


def test_the_buckets_are_those_of_the_table() -> None:
    """Sends of half a millisecond and of three seconds are in different buckets."""
    registry = CollectorRegistry()
    factory = PrometheusMetricsFactory(registry=registry)

    for seconds in (0.0004, 3.0):
        ReporterMetrics(factory).send_seconds(seconds)

    bucket = "jaeger:reporter_send_seconds_bucket"
    counts = {
        bound: registry.get_sample_value(bucket, {"le": bound})
        for bound in ("0.00025", "0.0005", "2.5", "5.0")
    }
    assert {"0.00025": 0.0, "0.0005": 1.0, "2.5": 1.0, "5.0": 2.0} == counts


def test_a_counter_whose_name_ends_in_total_has_it_once() -> None:
    """As in 4.8; the application may create its own counters."""
    registry = CollectorRegistry()

    for _ in range(2):
        factory = PrometheusMetricsFactory(registry=registry)
        factory.create_counter("cakes_total")(1)

    assert 2.0 == registry.get_sample_value("cakes_total")


def test_several_services_of_one_process_have_a_label_each() -> None:
    """Services share a registry; each has its own counts."""
    registry = CollectorRegistry()

    for number, service in enumerate(("shop", "bakery"), 1):
        factory = PrometheusMetricsFactory(
            service_name_label=service, registry=registry
        )
        TracerMetrics(factory).spans_finished(number)

    finished = "jaeger:finished_spans_total"
    assert [1.0, 2.0] == [
        registry.get_sample_value(finished, {"service": service})
        for service in ("shop", "bakery")
    ]


def test_two_namespaces_of_one_registry_are_two_sets_of_metrics() -> None:
    """The counts of the two are separate."""
    registry = CollectorRegistry()

    for number, namespace in enumerate(("shop", "bakery"), 1):
        factory = PrometheusMetricsFactory(namespace, registry=registry)
        TracerMetrics(factory).spans_finished(number)

    assert [1.0, 2.0] == [
        registry.get_sample_value(f"{namespace}_jaeger:finished_spans_total")
        for namespace in ("shop", "bakery")
    ]


def test_closing_a_tracer_removes_nothing_from_the_registry() -> None:
    """Removed counters would cause gaps; other tracers may use them."""
    registry = CollectorRegistry()
    factory = PrometheusMetricsFactory(registry=registry)
    tracer = Tracer(
        "shop", NullReporter(), ConstSampler(decision=True), metrics_factory=factory
    )

    tracer.start_span("bake").finish()
    tracer.close()

    assert 1.0 == registry.get_sample_value("jaeger:finished_spans_total")


def test_the_default_registry_is_that_of_the_library() -> None:
    """Without a registry, metrics are in the one of `prometheus_client`."""
    PrometheusMetricsFactory(namespace="of_a_test").create_gauge("jaeger:g")(1.0)

    assert 1.0 == REGISTRY.get_sample_value("of_a_test_jaeger:g")


@pytest.mark.usefixtures("values_in_files")
def test_a_dead_process_has_no_gauge(tmp_path: Path) -> None:
    """In several processes, a gauge is exported until its process is marked as dead."""
    PrometheusMetricsFactory(registry=CollectorRegistry()).create_gauge("jaeger:g")(3.0)
    scrape, library = CollectorRegistry(), cast("Any", multiprocess)
    library.MultiProcessCollector(scrape)
    pid = {"pid": str(os.getpid())}

    assert 3.0 == scrape.get_sample_value("jaeger:g", pid)
    library.mark_process_dead(os.getpid())
    assert scrape.get_sample_value("jaeger:g", pid) is None


@pytest.mark.usefixtures("values_in_files")
def test_an_update_may_interrupt_another_one_anywhere() -> None:
    """A signal handler that counts does not block, and both counts are added."""
    registry = CollectorRegistry()
    factory = PrometheusMetricsFactory(registry=registry)
    count = factory.create_counter("jaeger:c", {"a": "b"})

    places = list(
        every_place(lambda at: call_at(at, partial(count, 1), partial(count, 1)))
    )

    assert len(places) > 20
    # The last round was not interrupted.
    total = 2 * len(places) + 1
    assert total == registry.get_sample_value("jaeger:c_total", {"a": "b"})


def test_the_creation_of_a_metric_may_be_interrupted_by_the_same() -> None:
    """A signal handler that creates the same metric updates the same one."""

    def interrupt_making(at: int) -> str:
        registry = CollectorRegistry()
        factory = PrometheusMetricsFactory(registry=registry)
        made: list[CountFunction] = []

        def make() -> None:
            made.append(factory.create_counter("jaeger:c", {"a": "b"}))

        place = call_at(at, make, make)
        for count in made:
            count(1)
        total = registry.get_sample_value("jaeger:c_total", {"a": "b"})
        assert float(len(made)) == total
        return place

    assert len(list(every_place(interrupt_making))) > 100


@pytest.mark.usefixtures("values_in_files")
def test_an_interruption_that_raises_stops_no_later_count() -> None:
    """After a KeyboardInterrupt at any bytecode, later counts are added."""
    registry = CollectorRegistry()
    count = PrometheusMetricsFactory(registry=registry).create_counter("jaeger:c")

    def interrupt_and_go_on(at: int) -> str:
        return call_at(at, interrupt, partial(count, 1))

    places = list(every_place(interrupt_and_go_on))
    for _ in range(30_000):
        count(1)

    total = registry.get_sample_value("jaeger:c_total")
    assert total is not None
    assert 30_000 <= total <= 30_000 + len(places) + 1


def test_a_lock_that_is_held_is_replaced_later() -> None:
    """Creating a metric does not wait for a lock of `prometheus_client`."""
    registry: Any = CollectorRegistry()
    plain = registry._lock

    with plain:
        prometheus._make_reentrant(registry)
        while_held = registry._lock
    prometheus._make_reentrant(registry)

    assert plain is while_held
    assert plain is not registry._lock


@pytest.mark.usefixtures("values_in_files")
def test_waiting_updates_are_made_by_the_thread_that_is_updating() -> None:
    """Threads that count do not wait for each other, and no count is lost."""
    registry = CollectorRegistry()
    count = PrometheusMetricsFactory(registry=registry).create_counter("jaeger:c")

    def count_on() -> None:
        for _ in range(5_000):
            count(1)

    threads = [threading.Thread(target=count_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert 20_000.0 == registry.get_sample_value("jaeger:c_total")


@pytest.mark.usefixtures("values_in_files")
def test_an_error_of_one_update_does_not_stop_the_next() -> None:
    """The error is raised after the other updates."""
    registry = CollectorRegistry()
    count = PrometheusMetricsFactory(registry=registry).create_counter("jaeger:c")

    with pytest.raises(ValueError, match="negative|non-negative"):
        count(-1)
    count(1)

    assert 1.0 == registry.get_sample_value("jaeger:c_total")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="see the module's docstring")
def test_a_count_in_memory_calls_the_library_directly() -> None:
    """If no interruption is possible, the library's method is used itself."""
    registry = CollectorRegistry()
    count: Any = PrometheusMetricsFactory(registry=registry).create_counter("jaeger:c")

    assert "prometheus_client.metrics" == count.__module__


def test_a_handler_may_count_while_the_library_holds_its_locks() -> None:
    """A signal handler may interrupt a scrape or a count of its thread."""
    registry = CollectorRegistry()
    factory = PrometheusMetricsFactory(registry=registry)
    count = factory.create_counter("jaeger:c", {"a": "b"})
    counter: Any = registry._names_to_collectors["jaeger:c"]
    held: list[Any] = [registry, counter.labels(a="b")._value]

    with ExitStack() as stack:
        for part in held:
            stack.enter_context(part._lock)
        count(1)
        factory.create_counter("jaeger:e")(1)

    assert 1.0 == registry.get_sample_value("jaeger:c_total", {"a": "b"})
    assert 1.0 == registry.get_sample_value("jaeger:e_total")


def test_a_forked_child_has_locks_of_its_own() -> None:
    """A thread that was not copied may hold the old ones, of labels too."""
    registry = CollectorRegistry()
    shared = SharedCollectors()
    counter = shared.get(registry, Counter, "c", "c", ("a",))
    timer: Any = shared.get(registry, Histogram, "t", "t", ())
    held: list[Any] = [
        *(shared._turns, registry, counter, counter.labels(a="b")._value),
        *(timer._sum, *timer._buckets),
    ]

    with ExitStack() as stack:
        for part in held:
            stack.enter_context(part._lock)
        shared.after_fork_in_child()
        shared.get(registry, Counter, "c", "c", ("a",)).labels(a="b").inc(2)
        timer.observe(0.001)

    assert 2.0 == registry.get_sample_value("c_total", {"a": "b"})
    assert 1.0 == registry.get_sample_value("t_count")
