"""
Starts spans in a signal handler, repeatedly, while the main thread starts spans.

The argument names the object that both share. Prints whether the handler ran, how many
spans were started, and how many were dropped.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence

from jaeger_client import ConstSampler, RateLimitingSampler, Tracer
from jaeger_client.metrics.metrics import MetricsFactory
from jaeger_client.reporter import BaseReporter, InMemoryReporter, NullReporter
from jaeger_client.sampler import AdaptiveSampler, Sampler
from jaeger_client.throttler import LocalThrottler, RemoteThrottler, Throttler
from tests.integration.programs.make_tracer import losses_of
from tests.integration.programs.make_tracer import make_tracer as make_reporting_tracer

SECONDS = 1.5
SECONDS_OF_REPORTING = 0.5
INTERVAL = 0.0003
TIMEOUT = 30.0


class Agent:
    """Grants half a credit at each request."""

    def request_throttling_credits(
        self, service_name: str, client_id: str, operations: Sequence[str]
    ) -> bytes:
        """Return the credits."""
        return b'{"balances": [{"operation": "x", "balance": 0.5}]}'


def make_tracer(
    sampler: Sampler | None = None,
    *,
    reporter: BaseReporter | None = None,
    throttler: Throttler | None = None,
    metrics_factory: MetricsFactory | None = None,
) -> Tracer:
    """Return a tracer with these parts; by default it reports nowhere."""
    return Tracer(
        "s",
        NullReporter() if reporter is None else reporter,
        ConstSampler(decision=True) if sampler is None else sampler,
        throttler=throttler,
        metrics_factory=metrics_factory,
    )


def prometheus() -> Tracer:
    """Return a tracer that counts for Prometheus."""
    from jaeger_client.metrics.prometheus import (  # noqa: PLC0415 - where it is needed
        PrometheusMetricsFactory,
    )

    return make_tracer(metrics_factory=PrometheusMetricsFactory())


PER_OPERATION: dict[str, object] = {
    "defaultSamplingProbability": 0.0,
    "defaultLowerBoundTracesPerSecond": 10.0,
}
TRACERS: dict[str, Callable[[], Tracer]] = {
    "rate-limit": lambda: make_tracer(RateLimitingSampler(10)),
    "lower-bound": lambda: make_tracer(AdaptiveSampler(PER_OPERATION, 10)),
    "remote-throttler": lambda: make_tracer(
        ConstSampler(decision=False), throttler=RemoteThrottler(Agent(), "s")
    ),
    "local-throttler": lambda: make_tracer(
        ConstSampler(decision=False), throttler=LocalThrottler()
    ),
    "memory": lambda: make_tracer(reporter=InMemoryReporter()),
    "prometheus": prometheus,
    "agent": make_reporting_tracer,
}


def main(shared: str) -> None:
    """Start spans for `SECONDS`."""
    logging.getLogger("jaeger_tracing").addHandler(logging.NullHandler())
    tracer = TRACERS[shared]()
    tags = {"sampling.priority": 1} if "throttler" in shared else None
    handled = 0

    def handle(*_: object) -> None:
        nonlocal handled
        handled += 1
        tracer.start_span("x", tags=tags).finish()

    signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, INTERVAL, INTERVAL)
    begun = 0
    seconds = SECONDS_OF_REPORTING if shared == "agent" else SECONDS
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        tracer.start_span("x", tags=tags).finish()
        begun += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    dropped = 0
    if shared == "agent":
        assert tracer.close(TIMEOUT).done()
        dropped = losses_of(tracer).dropped
    print(handled > 0, begun + handled, dropped)
    if shared == "memory":
        assert isinstance(tracer.reporter, InMemoryReporter)
        assert begun + handled == len(tracer.reporter.get_spans())
    if shared == "prometheus":
        check_metrics(begun + handled)
    sys.stdout.flush()
    os._exit(0)


def check_metrics(expected: int) -> None:
    """Return whether a scrape of this process counts every span."""
    from prometheus_client import REGISTRY  # noqa: PLC0415 - as above

    for name, labels in (
        ("jaeger:started_spans_total", {"sampled": "y"}),
        ("jaeger:finished_spans_total", {}),
    ):
        counted = REGISTRY.get_sample_value(name, labels)
        assert float(expected) == counted, (name, expected, counted)


main(sys.argv[1])
