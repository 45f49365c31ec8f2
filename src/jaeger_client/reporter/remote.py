"""
The reporter that sends: a queue, and turns of the worker that empty it.

The worker is woken when the first span comes into an empty queue and when a
batch is full; in between it sleeps until the flush interval ends. A full batch
leaves at once, a partial one when the interval since its first span ends.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.diagnostics import ErrorReporter
from jaeger_client._internal.ids import IdRandom
from jaeger_client._internal.limits import MAX_COUNT, MAX_SECONDS, at_least
from jaeger_client._internal.signal_safe import Exclusive
from jaeger_client._internal.worker import BackgroundWorker
from jaeger_client.constants import (
    DEFAULT_FLUSH_INTERVAL,
    DEFAULT_QUEUE_CAPACITY,
)
from jaeger_client.errors import SendError
from jaeger_client.metrics.instruments import ReporterMetrics, choose_factory
from jaeger_client.metrics.metrics import Metrics, MetricsFactory
from jaeger_client.model import SpanLosses
from jaeger_client.reporter.base import (
    DEFAULT_CLOSE_TIMEOUT,
    BaseReporter,
    Channel,
    completed,
)
from jaeger_client.reporter.delivery import Delivery
from jaeger_client.reporter.losses import LossReport
from jaeger_client.reporter.process import make_process
from jaeger_client.reporter.queue import SpanQueue

if TYPE_CHECKING:
    from jaeger_client.reporter.future import CompletedFuture
    from jaeger_client.span import Span

_MOST_AT_ONCE: Final = 1_000
"""Spans taken from the queue for one go of the encoder."""

_LONGEST_TURN: Final = 1.0
"""Seconds of sending after which other tasks of the worker get their turn."""

_LARGEST_BATCH: Final = 512
"""Spans at which the worker is woken at the latest."""


class Reporter(BaseReporter):
    """
    Queues finished spans and sends them in the background.

    `report_span` may be called from any thread and neither blocks nor raises.
    Starts no thread before the first span.
    """

    def __init__(  # noqa: PLR0917 - the signature of 4.8, and what is new by keyword
        self,
        channel: Channel,
        queue_capacity: int = DEFAULT_QUEUE_CAPACITY,
        batch_size: int | None = None,
        flush_interval: float | None = DEFAULT_FLUSH_INTERVAL,
        io_loop: object = None,  # noqa: ARG002 - 4.8 needed one
        error_reporter: ErrorReporter | None = None,
        metrics: Metrics | None = None,
        metrics_factory: MetricsFactory | None = None,
        *,
        worker: BackgroundWorker | None = None,
        fallback: Callable[[], Channel | None] | None = None,
        clock: Clock = SYSTEM_CLOCK,
        logger: logging.Logger | None = None,  # noqa: ARG002 - 4.8 took it among others
    ) -> None:
        """
        Make a reporter that sends over *channel*.

        Args:
            channel: The way out.
            queue_capacity: Spans that wait at most; the newest are dropped then.
            batch_size: Most spans in one payload; `None`: as many as fit.
            flush_interval: Seconds a partial batch waits; `None`: until `close`.
            io_loop: Not used.
            error_reporter: Told of every failed send.
            metrics: Counts by the interface older than *metrics_factory*.
            metrics_factory: Makes the reporter's counters.
            worker: The thread to use; its own, if `None`.
            fallback: Asked for another channel when nothing listens at *channel*.
            clock: Where the time comes from.
            logger: Not used.

        Raises:
            ConfigError: If a number is out of its range.
        """
        queue_capacity = at_least("queue_capacity", queue_capacity, 1, most=MAX_COUNT)
        if batch_size is not None:
            batch_size = at_least("batch_size", batch_size, 1, most=MAX_COUNT)
        if flush_interval is not None:
            flush_interval = at_least(
                "flush_interval", flush_interval, 0, most=MAX_SECONDS
            )
        self._clock = clock
        self._batch_size = batch_size
        self._flush_interval = math.inf if flush_interval is None else flush_interval
        self._capacity = queue_capacity
        self._most_at_once = batch_size or _MOST_AT_ONCE
        self._error_reporter = error_reporter
        self.losses = SpanLosses()
        """Spans lost so far, by cause."""
        self.metrics = ReporterMetrics(choose_factory(metrics_factory, metrics))
        self._loss_report = LossReport(self.losses, self.metrics, clock=clock)
        self._owns_worker = worker is None
        self._worker = BackgroundWorker(clock=clock) if worker is None else worker
        self._delivery = Delivery(
            channel,
            losses=self.losses,
            metrics=self.metrics,
            clock=clock,
            jitter=IdRandom(),
            fallback=fallback,
            on_error=self._tell_error,
        )
        self._queue: SpanQueue[Span] = SpanQueue(
            queue_capacity,
            losses=self.losses,
            batch_size=self._batch(),
            wake=self._worker.wake,
            refused=self._loss_report.refused,
        )
        if type(self).report_span is Reporter.report_span:
            # One call less a span: 50 ns of the 3 µs it costs in all.
            self.report_span = self._queue.put  # type: ignore[method-assign,assignment]  # nobody reads the answer
        self._sending = Exclusive()
        self._due: float | None = None
        self._left_at = -math.inf
        """When the last partial batch left."""
        self._result: CompletedFuture | None = None
        self._is_closing = False
        self._is_released: bool | None = None
        """`None` before `close`, then whether the sender is closed, too."""
        self._worker.add_task(self)

    def _tell_error(self, error: SendError) -> None:
        if self._error_reporter is not None:
            self._error_reporter.error("Failed to submit traces to Jaeger: %s", error)

    def _batch(self) -> int:
        """Return how many spans make a full batch."""
        if self._batch_size is not None:
            return self._batch_size
        limit = self._delivery.channel.sender.max_payload
        fit = int(limit / self._delivery.bytes_per_span)
        return max(1, min(fit, _LARGEST_BATCH, self._capacity // 2))

    def set_process(
        self,
        service_name: str,
        tags: Mapping[str, object],
        max_length: int,
    ) -> None:
        """Learn who reports; text in *tags* is cut at *max_length* characters."""
        self._delivery.set_process(make_process(service_name, tags, max_length))

    def report_span(self, span: Span) -> None:
        """Queue *span*, or drop and count it if the queue is full or closed."""
        self._queue.put(span)

    def run(self, now: float) -> float:
        """Send what is due; called by the worker."""
        next_turn = self._sending.run(lambda: self._turn(now))
        self._release_if_closed()
        return now if next_turn is None else next_turn

    def _turn(self, now: float) -> float:
        next_turn = self._delivery.again_at
        if next_turn is None or next_turn <= now:
            if self._due is None:
                self._due = self._due_time(now)
            self._queue.begin_turn()
            self._send_due(now)
            self._queue.end_turn()
            next_turn = self._next_turn(now)
        self._loss_report.publish(queue_length=len(self._queue))
        return next_turn

    def _due_time(self, now: float) -> float:
        return self._worker.due_time(
            self._flush_interval,
            now=now,
            previous=self._left_at,
        )

    def _send_due(self, now: float) -> None:
        until = now + _LONGEST_TURN
        self._delivery.again_at = None
        while self._delivery.again_at is None:
            if not self._step(lambda: self._take_due(now), until):
                return
            if self._clock.monotonic() > until:
                return

    def _step(self, take: Callable[[], object], deadline: float) -> bool:
        """
        Encode spans, until *deadline*, or send one payload.

        Returns whether there was anything to do.
        """
        delivery = self._delivery
        if delivery.has_room:
            if not delivery.unencoded:
                take()
            if delivery.unencoded:
                delivery.prepare((), deadline)
                return True
        if not delivery.has_ready:
            return False
        delivery.send_next()
        return True

    def _take_due(self, now: float) -> None:
        """Take the spans of full batches, or all once the interval has ended."""
        count = len(self._queue)
        if self._due is not None and now >= self._due:
            # What comes while these are sent has an interval of its own.
            self._due, self._left_at = None, now
        else:
            count -= count % self._batch()
        self._take(count)

    def _take(self, count: int) -> None:
        most = min(count, self._most_at_once)
        self._queue.move(most, self._delivery.unencoded.extend)

    def _next_turn(self, now: float) -> float:
        if self._delivery.again_at is not None:
            return self._delivery.again_at
        if self._delivery.has_ready:
            return now
        self._queue.batch_size = self._batch()
        self._queue.wake_at_first()
        # Asked after wake_at_first(): a span that came before it woke nobody.
        if not len(self._queue):
            self._due = None
            return self._delivery.rest(now)
        self._queue.wake_at_batch()
        if len(self._queue) >= self._queue.batch_size:
            # Filled during this turn, so no later span would wake for it.
            return now
        if self._due is None:
            self._due = self._due_time(now)
        return self._due

    def flush(self, timeout: float = DEFAULT_CLOSE_TIMEOUT) -> bool:
        """
        Send what is queued; return whether all left within *timeout* seconds.

        The pauses that retries and `Retry-After` require are kept: if a pause ends
        after *timeout*, `False` is returned at once and the spans stay queued.
        Also returns `False` if any span was dropped meanwhile.
        """
        dropped = self.losses.dropped
        all_left = self._worker.flush(timeout, task=self)
        return all_left and dropped == self.losses.dropped

    def drain(self, deadline: float) -> bool:
        """Send everything until *deadline*; called by the worker."""
        timeout = max(0.0, deadline - self._clock.monotonic())
        try:
            all_left = self._sending.run(lambda: self._drain(deadline), timeout=timeout)
            return all_left is True
        finally:
            self._release_if_closed()

    def _drain(self, deadline: float) -> bool:
        dropped = self.losses.dropped
        # The worker's thread may finish a send after the caller has stopped waiting.
        is_worker = self._worker.is_current_thread
        self._delivery.send_deadline = math.inf if is_worker else deadline
        # Before and after the work, because at the end of the process the worker must
        # learn of each later span.
        self._queue.wake_at_first()
        try:
            self._send_until(deadline)
        finally:
            self._delivery.send_deadline = math.inf
        self._queue.wake_at_first()
        self._loss_report.publish(queue_length=len(self._queue))
        return not self._is_owing() and dropped == self.losses.dropped

    def _is_owing(self) -> bool:
        return bool(self._queue) or self._delivery.has_ready

    def _send_until(self, deadline: float) -> None:
        # At the end of the tracer or of the process, one try is made before its time.
        may_hurry = self._is_closing or self._worker.is_exiting
        if may_hurry and self._delivery.again_at is not None:
            self._delivery.again_at, may_hurry = None, False
        while self._is_owing():
            now, again_at = self._clock.monotonic(), self._delivery.again_at
            wake_at = now if again_at is None else max(now, again_at)
            if wake_at >= deadline and may_hurry:
                wake_at, may_hurry = (now + deadline) / 2, False
            if wake_at >= deadline:
                return
            if wake_at > now:
                self._clock.sleep(wake_at - now)
            self._step(lambda: self._take(self._most_at_once), deadline)

    def after_fork_in_child(self) -> None:
        """Become empty; what is queued and waits is the parent's to send."""
        self._sending = Exclusive()
        self._due, self._left_at = None, -math.inf
        self._queue.after_fork_in_child()
        self._delivery.after_fork_in_child()

    def close(self, timeout: float = DEFAULT_CLOSE_TIMEOUT) -> CompletedFuture:
        """
        Send what is queued, for up to *timeout* seconds, and refuse what comes.

        Idempotent. The future is done; its result says whether all left.
        """
        if self._result is None:
            dropped = self.losses.dropped
            self._is_closing = True
            self._queue.close()
            all_left = self._close(timeout)
            self._result = completed(all_left and dropped == self.losses.dropped)
        return self._result

    def _close(self, timeout: float) -> bool:
        deadline = self._clock.monotonic() + timeout
        all_left = self.flush(timeout)
        if self._owns_worker:
            self._worker.close(max(0.0, deadline - self._clock.monotonic()))
        self._is_released = False
        self._release_if_closed()
        self._worker.remove_task(self)
        return all_left

    def _release_if_closed(self) -> None:
        # If the worker is still sending after the timeout of close(), it calls this
        # again when it has finished.
        if self._is_released is False:
            self._sending.run(self._release, timeout=0)

    def _release(self) -> None:
        """Count what is left as lost and close the sender."""
        self._is_released = True
        left = self._queue.clear() + self._delivery.abandon()
        self.losses.add_closed(left)
        self._loss_report.abandoned(left)
        self._loss_report.publish(queue_length=0)
        self._delivery.close()

    def __repr__(self) -> str:
        return f"<Reporter {self._queue!r} to {self._delivery.channel.sender!r}>"
