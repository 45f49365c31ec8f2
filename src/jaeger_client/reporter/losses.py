"""
Lost and truncated spans: counted by cause, in metrics too, and logged once a minute.

Spans are lost on two kinds of threads. An application's thread counts what the queue
refuses (causes `queue_full` and `closed`), with counters that any thread may change.
The other causes are counted by the thread that sends, one at a time.

A signal handler may raise at any bytecode of a flush on the application's thread. So
the losses of a payload are not added one by one: the transmitter stores the totals that
must be reached, and `count_up_to` adds what is missing. If it is interrupted, calling
it again completes it, and counts nothing twice.
"""

from __future__ import annotations

from itertools import repeat, starmap
from typing import TYPE_CHECKING, Final

from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client._internal.signal_safe import SharedCount

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jaeger_client._internal.clock import Clock
    from jaeger_client.metrics.instruments import ReporterMetrics
    from jaeger_client.model import SpanData, SpanLosses
    from jaeger_client.reporter.queue import SpanQueue

_ADVICE: Final = {
    "queue_full": (
        "the queue is full, new spans are dropped: raise reporter_queue_size "
        "(JAEGER_REPORTER_MAX_QUEUE_SIZE) or sample less"
    ),
    "closed": (
        "spans were finished after the tracer was closed, or were not sent before "
        "its timeout, and are dropped: close it last, or with a longer timeout"
    ),
    "unreachable": (
        "the backend could not be reached, or did not accept spans, before close() "
        "ended, and %d spans are lost: is it running, and does JAEGER_ENDPOINT point "
        "to it? With a longer timeout, close() retries for longer"
    ),
    "too_large": (
        "spans are dropped that are too large for a packet even without logs and "
        "with short values: set fewer tags, or send over HTTP (JAEGER_ENDPOINT)"
    ),
    "not_encodable": "spans are dropped that cannot be encoded; please report this",
    "truncated": (
        "spans were too large for a packet and lost logs or the ends of values, "
        "see their tag jaeger.truncated: set fewer or shorter tags, or send over HTTP "
        "(JAEGER_ENDPOINT)"
    ),
}
"""
The log line of each cause. Failed sends are logged as an outage, by the transmitter.

"unreachable" is counted as "closed".
"""


class LossReport:
    """
    Counts spans that were lost or truncated, in *totals* and in *metrics*.

    *advice* replaces log lines of `_ADVICE`, by cause.

    `refused` may be called on any thread, the other methods on one at a time.
    """

    def __init__(
        self,
        totals: SpanLosses,
        metrics: ReporterMetrics,
        *,
        clock: Clock,
        advice: Mapping[str, str] | None = None,
    ) -> None:
        self.totals = totals
        self._metrics = metrics
        self._warnings = {
            cause: RateLimitedWarning(text, clock=clock)
            for cause, text in {**_ADVICE, **(advice or {})}.items()
        }

    def refused(self, closed: bool) -> None:  # noqa: FBT001 - as the queue calls it
        """Count one span that the queue refused because it is full or *closed*."""
        self.lost("closed" if closed else "queue_full", 1)

    def lost(self, cause: str, count: int) -> None:
        """
        Count *count* spans, which may be 0, as lost or truncated by *cause*.

        Thread-safe for the causes "closed" and "queue_full" only.
        """
        if count:
            self._count(cause, count)
            if cause in self._warnings:
                self._warnings[cause].warn()

    def totals_after(self, losses: Mapping[str, int]) -> Mapping[str, int]:
        """Return the totals plus *losses* of a payload, by cause, for `count_up_to`."""
        return {
            cause: getattr(self.totals, cause) + max(0, count)
            for cause, count in losses.items()
        }

    def count_up_to(self, totals: Mapping[str, int]) -> None:
        """
        Add to each total what it lacks of *totals*; called by the sending thread.

        If a signal handler raises meanwhile, another call counts the rest. The totals
        are exact then; a metric may lack what was just being counted.
        """
        for cause, total in totals.items():
            self.lost(cause, max(0, total - getattr(self.totals, cause)))

    def drop_unsent(
        self, spans: list[SpanData], count: int, *, is_retrying: bool
    ) -> None:
        """
        Remove the last *count* of *spans*, which were not sent before `close` ended.

        *is_retrying*: whether they were waiting for another attempt.
        """
        # Each span is removed and counted in one call into C, where no signal handler
        # runs, so no interrupt leaves a span that is removed but not counted.
        self.totals.add_each_closed(starmap(spans.pop, repeat((), count)))
        self._report_unsent(count, is_retrying=is_retrying)

    def cleared(self, queue: SpanQueue[SpanData], *, is_retrying: bool) -> None:
        """Remove all spans of *queue* and count them, as `unsent` does."""
        own = SharedCount()
        queue.clear(lambda spans: self.totals.add_each_closed(own.counting(spans)))
        self._report_unsent(own.value, is_retrying=is_retrying)

    def _report_unsent(self, count: int, *, is_retrying: bool) -> None:
        if count:
            self._publish("closed", count)
            if is_retrying:
                self._warnings["unreachable"].warn(count)
            else:
                self._warnings["closed"].warn()

    def _count(self, cause: str, count: int) -> None:
        if cause == "queue_full":
            self.totals.add_queue_full(count)
        elif cause == "closed":
            self.totals.add_closed(count)
        else:
            setattr(self.totals, cause, getattr(self.totals, cause) + count)
        self._publish(cause, count)

    def _publish(self, cause: str, count: int) -> None:
        if cause == "truncated":
            self._metrics.truncated(count)
        else:
            # First, so that the metric includes the loss when the total does.
            self._metrics.dropped_by_cause[cause](count)
            if cause == "send_failed":
                self._metrics.reporter_failure(count)
            else:
                self._metrics.reporter_dropped(count)
