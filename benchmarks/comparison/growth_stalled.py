"""
Ours while the backend does not respond: cost of a span, memory, counts of losses.

The backend is a listening socket that is never read: the kernel accepts the connection
and the request, and there is no response. UDP cannot stall, because the kernel drops
what is not read; so this is over HTTP. The queue is filled first, then spans are
reported at a steady rate.

Run as a program, with the fields of `Stall` as JSON, in an environment that has
jaeger-client 5; prints the fields of `StallFigures` as JSON.
"""

from __future__ import annotations

import json
import logging
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from jaeger_client import Config, Tracer
from jaeger_client.metrics import MetricsFactory
from jaeger_client.model import SpanLosses
from jaeger_client.reporter import Reporter

SPANS_AT_ONCE = 20
"""Number of spans between two pauses."""

MAX_SPANS_TO_FILL = 500_000
"""Number of spans that certainly fill the queue and all buffers."""

CLOSE_TIMEOUT = 1.0
"""Timeout in seconds of `close`, while nothing can be sent."""

TIMEOUT = 15.0
"""Seconds until the worker gives up a send without a response."""

TAGS = {"http.method": "GET", "http.status_code": 200, "cached": True}


@dataclass(frozen=True, slots=True)
class Stall:
    """What to do."""

    port: int
    """Port of the backend, which never responds."""
    seconds: float
    """Seconds for which spans are reported once the queue is full."""
    rate: int = 1000
    """Spans a second."""


@dataclass(frozen=True, slots=True)
class Second:
    """One second of a full queue."""

    app_us: float
    """CPU of the application's thread for one span."""
    rss_mb: float
    """Memory of the process at the end of the second."""


@dataclass(frozen=True, slots=True)
class StallFigures:
    """The measured figures."""

    seconds: list[Second]
    reported: int
    """Number of spans that the application finished; none of them arrived."""
    held: int
    """Number of spans that were neither sent nor lost after the last second."""
    counted_lost: int
    """Number of lost spans by `Reporter.losses`."""
    reported_lost: int
    """Number of lost spans by the metrics."""
    close_s: float
    """How long `close` blocked."""


class LossMetrics(MetricsFactory):
    """Adds up the spans that did not arrive, as reported to a metrics system."""

    def __init__(self) -> None:
        self.lost = 0
        self._lock = threading.Lock()

    def create_counter(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> Callable[[int], None]:
        """Return a function that counts if the counter is one of lost spans."""
        results = {"dropped", "err"}
        if name == "jaeger:reporter_spans" and (tags or {}).get("result") in results:
            return self._add
        return self._noop

    def _add(self, count: int) -> None:
        with self._lock:
            self.lost += count


class StalledApplication:
    """An application whose spans cannot be sent."""

    def __init__(self, stall: Stall) -> None:
        self._stall = stall
        self._metrics = LossMetrics()
        self._tracer = make_tracer(stall.port, self._metrics)
        self._losses = losses_of(self._tracer)
        self._reported = 0

    def run(self) -> StallFigures:
        """Fill the queue, report spans while it is full, close."""
        try:
            self._fill()
            seconds = self._report_steadily()
            held = self._reported - count_lost(self._losses)
        finally:
            start = time.monotonic()
            self._tracer.close(CLOSE_TIMEOUT)
            close_s = time.monotonic() - start
        self._wait_until_counted()
        return StallFigures(
            seconds=seconds,
            reported=self._reported,
            held=held,
            counted_lost=count_lost(self._losses),
            reported_lost=self._metrics.lost,
            close_s=close_s,
        )

    def _report(self, count: int) -> float:
        """Report *count* spans; return the CPU seconds that this thread used."""
        start_span = self._tracer.start_span
        start = time.thread_time()
        for _ in range(count):
            start_span("GET /customers", tags=dict(TAGS)).finish()
        self._reported += count
        return time.thread_time() - start

    def _fill(self) -> None:
        # The worker takes spans until it has encoded its maximum, so the queue may be
        # full only for a moment: this continues until all spans of a group are refused.
        refused = 0
        while refused < SPANS_AT_ONCE and self._reported < MAX_SPANS_TO_FILL:
            before = self._losses.queue_full
            self._report(SPANS_AT_ONCE)
            refused = self._losses.queue_full - before
            time.sleep(0.0005)

    def _report_steadily(self) -> list[Second]:
        start = time.monotonic()
        return [
            self._report_until(start + number + 1)
            for number in range(round(self._stall.seconds))
        ]

    def _report_until(self, end: float) -> Second:
        pause = SPANS_AT_ONCE / self._stall.rate
        costs: list[float] = []
        while (now := time.monotonic()) < end:
            costs.append(self._report(SPANS_AT_ONCE) / SPANS_AT_ONCE)
            time.sleep(max(0.0, min(now + pause, end) - time.monotonic()))
        return Second(statistics.median(costs) * 1e6, read_rss_mb())

    def _wait_until_counted(self) -> None:
        # close() does not wait for a send that is stuck; the worker counts the rest
        # when that ends.
        deadline = time.monotonic() + TIMEOUT
        while self._metrics.lost < self._reported and time.monotonic() < deadline:
            time.sleep(0.05)


def make_tracer(port: int, metrics: MetricsFactory) -> Tracer:
    """Return a tracer with default settings that sends OTLP to *port*."""
    settings = {
        "sampler": {"type": "const", "param": 1},
        "collector": {"endpoint": f"http://127.0.0.1:{port}/v1/traces"},
    }
    config = Config(settings, service_name="stalled", metrics_factory=metrics)
    return config.new_tracer()


def losses_of(tracer: Tracer) -> SpanLosses:
    """Return the tracer's reporter's number of lost spans."""
    reporter = tracer.reporter
    assert isinstance(reporter, Reporter)
    return reporter.losses


def count_lost(losses: SpanLosses) -> int:
    """Return the number of lost spans, whatever the cause."""
    refused = losses.queue_full + losses.closed
    return refused + losses.send_failed + losses.too_large + losses.not_encodable


def read_rss_mb() -> float:
    """Return the current memory of this process; its maximum, if not on Linux."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / 1024 / (1024 if sys.platform == "darwin" else 1)
    return pages * resource.getpagesize() / 1024**2


def main() -> None:
    """Execute the job of the command line, and print the figures."""
    # A full queue is intended here.
    logging.disable()
    stall = Stall(**json.loads(sys.argv[1]))
    print(json.dumps(asdict(StalledApplication(stall).run())))


if __name__ == "__main__":
    main()
