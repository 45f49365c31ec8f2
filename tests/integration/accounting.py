"""Accounting of spans: those started, and those that arrived or are counted lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry

from jaeger_client import Config
from jaeger_client.metrics.prometheus import PrometheusMetricsFactory
from jaeger_client.metrics.table import DROP_CAUSES
from jaeger_client.reporter import Reporter

if TYPE_CHECKING:
    from jaeger_client import Span
    from tests.integration.receivers import Receiver

TIMEOUT: Final = 30.0
"""Seconds after which a thread that should have ended fails its test."""

THREADS: Final = 16
"""Number of threads that report at the same time."""


class Account:
    """A tracer with metrics of its own, and the threads that report spans with it."""

    def __init__(self, *settings: Mapping[str, object]) -> None:
        merged: dict[str, object] = {
            "sampler": {"type": "const", "param": 1},
            # A batch whose response comes too late has arrived, but counts as lost.
            "reporter_timeout": 60,
        }
        for group in settings:
            merged.update(group)
        self._registry = CollectorRegistry()
        self._threads: list[threading.Thread] = []
        self._others = {*threading.enumerate()}
        self.tracer = Config(
            merged,
            service_name="accounting",
            metrics_factory=PrometheusMetricsFactory(registry=self._registry),
        ).new_tracer()

    @property
    def reporter(self) -> Reporter:
        """The reporter, which has the counts of losses."""
        assert isinstance(self.tracer.reporter, Reporter)
        return self.tracer.reporter

    @property
    def started(self) -> int:
        """Number of sampled spans that were started."""
        return self.count("started_spans", sampled="y")

    def count(self, name: str, **labels: str) -> int:
        """Return the value of a counter."""
        return int(self._registry.get_sample_value(f"jaeger:{name}_total", labels) or 0)

    def report(self, count: int, change: Callable[[Span], object] = id) -> None:
        """Start *count* spans, pass each to *change*, and finish it."""
        for _ in range(count):
            with self.tracer.start_span("op") as span:
                change(span)

    def report_beside(self, count: int, threads: int = THREADS) -> None:
        """Report *count* spans on each of *threads* new threads; see `join`."""
        # Together, so that the first one has not ended before the last one begins.
        together = threading.Barrier(threads + 1)

        def work() -> None:
            together.wait(TIMEOUT)
            self.report(count)

        for _ in range(threads):
            thread = threading.Thread(target=work)
            self._threads.append(thread)
            thread.start()
        together.wait(TIMEOUT)

    def join(self) -> None:
        """Wait for the threads that report."""
        while self._threads:
            thread = self._threads.pop()
            thread.join(TIMEOUT)
            assert not thread.is_alive()

    def end(self, receiver: Receiver) -> None:
        """Wait for all threads, and until *receiver* has read what was accepted."""
        self.join()
        for thread in {*threading.enumerate()} - self._others:
            # After the timeout of close(), it still finishes the send it had begun.
            if thread.name == "jaeger-client":
                thread.join(TIMEOUT)
                assert not thread.is_alive()
        receiver.down()


def assert_exact(account: Account, *receivers: Receiver) -> None:
    """Check that each sampled span has arrived or is counted once, by its cause."""
    arrived = [span_id for receiver in receivers for span_id in receiver.span_ids]
    losses = account.reporter.losses
    by_cause = {cause: losses.as_dict()[cause] for cause in DROP_CAUSES}
    results = {
        "ok": len(arrived),
        "err": losses.send_failed,
        "dropped": losses.dropped - losses.send_failed,
    }

    assert len(arrived) == len(set(arrived))
    assert account.started == len(arrived) + losses.dropped, losses
    assert by_cause == {
        cause: account.count("reporter_dropped", cause=cause) for cause in DROP_CAUSES
    }
    assert results == {
        result: account.count("reporter_spans", result=result) for result in results
    }
    assert losses.truncated == account.count("truncated_spans")
