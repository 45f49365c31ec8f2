"""
The reporter that sends: a queue, and one loop that empties it.

`report_span` puts a span into the queue and returns. All other work is done by the loop
`_send_until`: take spans from the queue, encode a payload, send it. The loop runs

- as a *turn* of the worker, which is woken by the first span in an empty queue and by
  a full batch. A turn sends full batches, and everything once the flush interval since
  the first span has ended. It ends after a second, or when a payload must wait before
  it is sent again;
- as a *drain*, for `flush`, `close` and the end of the process, on the worker's thread
  or, if that does not run, on the caller's. A drain sends everything until its
  deadline, and sleeps while a payload must wait.

Both hold `_sending`, so they never run at the same time. Only they use the transmitter
and the fields that `_reset` sets. No other lock is taken. The application's threads use
only the queue, which needs no lock; see `queue`. So does `close` if a request outlasts
its timeout: it counts what is queued.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.limits import (
    MAX_COUNT,
    MAX_SECONDS,
    at_least,
    usable_timeout,
)
from jaeger_client._internal.process_end import is_pool_child
from jaeger_client._internal.signal_safe import Exclusive
from jaeger_client._internal.span_core import adopt_reporter
from jaeger_client._internal.worker import BackgroundWorker
from jaeger_client._native import IS_COMPILED
from jaeger_client.constants import DEFAULT_FLUSH_INTERVAL, DEFAULT_QUEUE_CAPACITY
from jaeger_client.metrics.instruments import ReporterMetrics, choose_factory
from jaeger_client.model import SpanData, SpanLosses
from jaeger_client.reporter.base import (
    DEFAULT_CLOSE_TIMEOUT,
    BaseReporter,
    close_quietly,
    completed,
)
from jaeger_client.reporter.losses import LossReport
from jaeger_client.reporter.transmitter import Transmitter, make_process

if TYPE_CHECKING or not IS_COMPILED:
    from jaeger_client.reporter.queue import SpanQueue

    class SpanReceiver:
        """The base of reporters; that of the compiled core stores `_queue` in C."""

else:
    from jaeger_client._native.queue import SpanQueue, SpanReceiver

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping

    from jaeger_client._internal.diagnostics import ErrorReporter
    from jaeger_client.metrics.metrics import Metrics, MetricsFactory
    from jaeger_client.model import SpanData
    from jaeger_client.reporter.base import Channel
    from jaeger_client.reporter.future import CompletedFuture
    from jaeger_client.span import Span

MAX_DEQUEUED: Final = 1_000
"""Maximum number of spans taken from the queue at once, without a batch size."""

MAX_BATCH: Final = 512
"""Maximum number of spans of a full batch, which wakes the worker."""

MAX_TURN: Final = 1.0
"""Seconds after which a turn ends, so that other tasks of the worker run."""

_DELAY_BY_AGE: Final = 0.1
"""Maximum delay of a partial batch in a child process, as a fraction of its age."""


class Reporter(SpanReceiver, BaseReporter):
    """
    Queues finished spans and sends them in the background.

    Thread-safe: `report_span` neither blocks nor raises, and any thread may call
    `flush` and `close`. Starts no thread before the first span.

    The queue holds *queue_capacity* spans, so no span of a burst of that size is lost,
    however late the worker runs. In addition, at most 1,000 spans (or *batch_size*) and
    one payload encoded from them are being sent.

    Args:
        channel: The encoder and the sender.
        queue_capacity: Maximum number of spans in the queue; further ones are
            dropped and counted.
        batch_size: Maximum number of spans in a payload; `None`: as many as fit.
        flush_interval: Seconds after its first span when a partial batch is sent;
            `None`: only `flush` and `close` send it.
        io_loop: Not used.
        error_reporter: Notified of every failed send.
        metrics: The counters of 4.8, used if there is no *metrics_factory*.
        metrics_factory: Creates the reporter's counters.
        worker: Whose thread sends; `None`: the reporter creates and closes its own.
        fallback: Returns another channel, or `None`; called when *channel* refuses a
            payload because nothing listens there.
        clock: Source of the time.
        logger: Not used.

    Raises:
        ConfigError: If a number is out of its range.
    """

    def __init__(  # noqa: PLR0917 - the signature of 4.8; new parameters by keyword
        self,
        channel: Channel,
        queue_capacity: int = DEFAULT_QUEUE_CAPACITY,
        batch_size: int | None = None,
        flush_interval: float | None = DEFAULT_FLUSH_INTERVAL,
        io_loop: object = None,  # noqa: ARG002 - a parameter of 4.8
        error_reporter: ErrorReporter | None = None,
        metrics: Metrics | None = None,
        metrics_factory: MetricsFactory | None = None,
        *,
        worker: BackgroundWorker | None = None,
        fallback: Callable[[], Channel | None] | None = None,
        clock: Clock = SYSTEM_CLOCK,
        logger: logging.Logger | None = None,  # noqa: ARG002 - a parameter of 4.8
    ) -> None:
        # int(), because applications pass 1e4, too.
        queue_capacity = int(
            at_least("queue_capacity", queue_capacity, 1, maximum=MAX_COUNT)
        )
        if batch_size is not None:
            batch_size = int(at_least("batch_size", batch_size, 1, maximum=MAX_COUNT))
        if flush_interval is not None:
            flush_interval = at_least(
                "flush_interval", flush_interval, 0, maximum=MAX_SECONDS
            )
        self._batch_size = batch_size
        self._max_batch = max(1, min(MAX_BATCH, queue_capacity // 2))
        self._flush_interval = math.inf if flush_interval is None else flush_interval
        self._clock = clock
        self.losses = SpanLosses()
        """Spans lost so far, by cause."""
        self.metrics = ReporterMetrics(choose_factory(metrics_factory, metrics))
        self._loss_report = LossReport(self.losses, self.metrics, clock=clock)
        self._owns_worker = worker is None
        self._worker = BackgroundWorker(clock=clock) if worker is None else worker
        self._result: CompletedFuture | None = None
        self._is_closing = False
        self._is_releasable = False
        """Whether `close` has ended, so that the sender may be closed."""
        self._child_since: float | None = None
        """When this process was forked, or reported first as a child of a pool."""
        self._transmitter = Transmitter(
            channel,
            fallback=fallback,
            losses=self._loss_report,
            metrics=self.metrics,
            error_reporter=error_reporter,
            clock=clock,
        )
        self._queue: SpanQueue[SpanData] = SpanQueue(
            queue_capacity,
            batch_size=self._full_batch,
            wake=self._worker.wake,
            refused=self._loss_report.refused,
        )
        self._reset()
        self._worker.add_task(self)

    def _reset(self) -> None:
        # A new lock, because in a child no thread may ever release the parent's.
        self._sending = Exclusive()
        self._retry_at = -math.inf
        """When the next payload may be sent; -infinity: at once."""
        self._may_send_early = False
        """Whether one attempt may be made before `_retry_at`."""
        self._due = math.inf
        """When a partial batch is sent; infinity if no interval has begun."""
        self._partial_sent_at = -math.inf
        """When the last partial batch was sent."""

    def set_process(
        self, service_name: str, tags: Mapping[str, object], max_length: int
    ) -> None:
        """Set the process of all spans; text in *tags* is cut to *max_length*."""
        self._transmitter.set_process(make_process(service_name, tags, max_length))

    def report_span(self, span: Span) -> None:
        """Queue *span*, or drop and count it if the queue is full or closed."""
        self._queue.put(span)

    def run(self, now: float) -> float:
        """Send what is due; return the time of the next turn. Called by the worker."""
        try:
            next_turn = self._sending.run(lambda: self._turn(now))
        except BaseException:
            # If it ends the thread, the next span starts another.
            self._queue.wake_at_first()
            raise
        finally:
            self._release_if_closed()
        # None: a drain on another thread holds the lock, so the turn is made later.
        return now if next_turn is None else next_turn

    def _turn(self, now: float) -> float:
        if self._retry_at <= now:
            self._begin_interval(now)
            self._send_until(now + MAX_TURN, drain=False)
        next_turn = self._next_turn(now)
        self.metrics.reporter_queue_length(len(self._queue))
        return next_turn

    def _next_turn(self, now: float) -> float:
        if self._retry_at > now:
            return self._retry_at
        if self._transmitter:
            return now
        # The order matters: first the threshold, then the length. A span that was put
        # before the threshold was set woke no one, and is seen by len().
        self._queue.wake_at_first()
        if not len(self._queue):
            self._due = math.inf
            return self._transmitter.clear_cache(now)
        full_batch = self._full_batch
        self._queue.wake_at_batch(full_batch)
        if len(self._queue) >= full_batch:
            # It filled before the threshold was set, so no later span would wake the
            # worker for it.
            return now
        self._begin_interval(now)
        return self._due

    def _begin_interval(self, now: float) -> None:
        """
        Set when the partial batch is sent whose first span came *now*.

        In most processes that is after the flush interval. In a child process it is
        when a tenth of its age has passed since the previous partial batch, because a
        pool often kills its children as soon as their work is done. So the first batch
        is sent at once, and after ten intervals the delay is the flush interval.
        """
        if self._due < math.inf:
            return
        self._due = now + self._flush_interval
        if self._child_since is None and is_pool_child():
            self._child_since = now
        if self._child_since is not None and self._due < math.inf:
            delay = (now - self._child_since) * _DELAY_BY_AGE
            self._due = max(
                now, self._partial_sent_at + min(self._flush_interval, delay)
            )

    def flush(self, timeout: float = DEFAULT_CLOSE_TIMEOUT) -> bool:
        """
        Send what is queued; return whether all was sent within *timeout* seconds.

        Respects the delays of retries and of `Retry-After`: if one ends after
        *timeout*, `False` is returned at once and the spans stay queued. Also returns
        `False` if any span was dropped meanwhile.
        """
        dropped = self.losses.dropped
        all_sent = self._worker.flush(timeout, task=self)
        return all_sent and dropped == self.losses.dropped

    def drain(self, deadline: float) -> bool:
        """Send everything until *deadline*; return whether all was sent."""
        timeout = max(0.0, deadline - self._clock.monotonic())
        try:
            all_sent = self._sending.run(lambda: self._drain(deadline), timeout=timeout)
        finally:
            self._release_if_closed()
        return all_sent is True

    def _drain(self, deadline: float) -> bool:
        dropped = self.losses.dropped
        # At the end of the tracer or of the process, there is no later occasion: one
        # attempt is made before its delay has ended.
        self._may_send_early = self._is_closing or self._worker.is_exiting
        if self._may_send_early and self._retry_at > -math.inf:
            self._retry_at, self._may_send_early = -math.inf, False
        # Before and after the work: spans may come until the process ends, and there
        # will be no other turn that resets the threshold.
        self._queue.wake_at_first()
        self._send_until(deadline, drain=True)
        self._queue.wake_at_first()
        self.metrics.reporter_queue_length(len(self._queue))
        all_sent = not self._transmitter and not len(self._queue)
        return all_sent and dropped == self.losses.dropped

    def _send_until(self, deadline: float, *, drain: bool) -> None:
        """Send what is due until *deadline*; in a *drain*, everything."""
        while self._transmitter or self._take(everything=drain):
            if not self._transmitter.has_payload:
                self._transmitter.encode_next()
            if not self._wait_for_attempt(deadline, may_sleep=drain):
                return
            self._attempt(deadline, drain=drain)

    def _take(self, *, everything: bool) -> bool:
        """Take spans from the queue that are due; return whether there are any."""
        count, full_batch = len(self._queue), self._full_batch
        max_count, now = self._batch_size or MAX_DEQUEUED, self._clock.monotonic()
        if count > max_count or (now < self._due and not everything):
            # Full batches only; the rest waits for the end of the interval.
            count = min(count, max_count)
            count -= count % full_batch
        elif count:
            # The queue is emptied, so the next span begins another interval.
            self._due, self._partial_sent_at = math.inf, now
        if not count:
            self._transmitter.release()
            return False
        self._transmitter.take(self._queue, count)
        return bool(self._transmitter)

    @property
    def _full_batch(self) -> int:
        """Number of spans of a full batch, at least 1."""
        if self._batch_size is not None:
            return self._batch_size
        return max(1, min(self._transmitter.spans_per_payload, self._max_batch))

    def _wait_for_attempt(self, deadline: float, *, may_sleep: bool) -> bool:
        """Return whether to continue; sleep while the payload must wait."""
        now = self._clock.monotonic()
        start = max(now, self._retry_at)
        # The early attempt: half of the time before it, half for the send itself.
        if start >= deadline and self._may_send_early:
            start, self._may_send_early = (now + deadline) / 2, False
        if start >= deadline or (start > now and not may_sleep):
            return False
        if start > now:
            self._clock.sleep(start - now)
        return True

    def _attempt(self, deadline: float, *, drain: bool) -> None:
        # No limit on the worker's thread: it may complete a send after the caller of
        # `flush` has stopped waiting.
        is_own_thread = self._worker.is_current_thread
        is_limited = drain and not is_own_thread
        timeout = deadline - self._clock.monotonic() if is_limited else None
        delay = self._transmitter.attempt(timeout, is_own_thread=is_own_thread)
        self._retry_at = self._clock.monotonic() + delay if delay else -math.inf

    def after_fork_in_child(self) -> None:
        """Become empty: the parent sends the spans that are queued or being sent."""
        self._child_since = self._clock.monotonic()
        self._reset()
        self._queue.after_fork_in_child()
        self._transmitter.after_fork_in_child()

    def close(self, timeout: float = DEFAULT_CLOSE_TIMEOUT) -> CompletedFuture:
        """
        Send what is queued, for up to *timeout* seconds, and refuse later spans.

        Idempotent. The future is completed; its result is whether all was sent.
        """
        if self._result is None:
            dropped = self.losses.dropped
            timeout = usable_timeout(timeout)
            deadline = self._clock.monotonic() + timeout
            self._is_closing = True
            self._queue.close()
            all_sent = self.flush(timeout)
            if self._owns_worker:
                self._worker.close(max(0.0, deadline - self._clock.monotonic()))
            self._is_releasable = True
            self._release_if_closed()
            if self._is_releasable:
                # The worker is sending. What it has not removed by now is lost.
                is_retrying = self._transmitter.is_retrying
                self._loss_report.cleared(self._queue, is_retrying=is_retrying)
            self._result = completed(all_sent and dropped == self.losses.dropped)
        return self._result

    def _release_if_closed(self) -> None:
        # If the worker is still sending after the timeout of close(), it has the lock,
        # and calls this again when it has finished.
        if self._is_releasable:
            self._sending.run(self._release, timeout=0)

    def _release(self) -> None:
        """Count the remaining spans as lost and close the sender."""
        self._is_releasable = False
        self._transmitter.abandon(self._queue)
        self.metrics.reporter_queue_length(len(self._queue))
        close_quietly(self._transmitter.sender)
        self._worker.remove_task(self)

    def __repr__(self) -> str:
        return f"<Reporter {self._queue!r} to {self._transmitter.sender!r}>"


adopt_reporter(Reporter)
