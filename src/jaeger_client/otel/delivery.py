"""
The part of the exporters that does not depend on the SDK: deliver spans in time.

OpenTelemetry's span processors call an exporter with a list of spans and wait: the
`BatchSpanProcessor` on its own thread, the `SimpleSpanProcessor` on the thread of the
application that ends a span. So nothing is queued here and no thread is started. Spans
are encoded and sent by the same transmitter as those of our tracer, until they are
delivered or the timeout ends, with the same delays between attempts.

One thread exports at a time; others wait for it, up to their own timeout. A signal
handler that interrupts an export on its thread does not wait.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.fork import call_after_fork, notice_fork
from jaeger_client._internal.limits import MAX_SECONDS, above_zero, usable_timeout
from jaeger_client._internal.signal_safe import Exclusive
from jaeger_client.errors import SendError
from jaeger_client.metrics.instruments import ReporterMetrics, choose_factory
from jaeger_client.model import SpanLosses
from jaeger_client.reporter.base import close_quietly
from jaeger_client.reporter.losses import LossReport
from jaeger_client.reporter.transmitter import Transmitter

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from jaeger_client.encoding.plain import PlainSpan
    from jaeger_client.metrics.metrics import MetricsFactory
    from jaeger_client.otel.readable import Converter
    from jaeger_client.reporter.base import Channel

_CLOSED_CHECK: Final = 0.1
"""Maximum time in seconds until a delay between attempts ends after `close`."""

_ADVICE: Final = {
    "queue_full": (
        "spans are dropped, because an export had to wait for another one during its "
        "whole timeout, or interrupted it: use a BatchSpanProcessor, which exports on "
        "one thread"
    ),
    "closed": (
        "spans are dropped that were ended after the exporter was shut down: shut the "
        "tracer provider down last"
    ),
    "too_large": (
        "spans are dropped that are too large even without events and with short "
        "values: set fewer attributes (OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT)"
    ),
    "truncated": (
        "spans were too large and lost events or the ends of values, see their "
        "attribute jaeger.truncated: set fewer or shorter attributes "
        "(OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT); over UDP, where a packet has 65,000 "
        "bytes, use jaeger_thrift_http or jaeger_otlp"
    ),
    "not_encodable": "spans are dropped that have no ids or cannot be encoded",
}
"""The log lines for lost spans, by cause."""


class Delivery:
    """
    Encodes and sends spans of the SDK, and waits until that is done.

    Thread-safe. Opens no connection before the first span.

    Args:
        channel: The encoder and the sender.
        converter: Converts spans to what the encoder reads.
        timeout: Maximum time of one delivery, in seconds.
        advice: What to do if spans cannot be sent, for the log.
        metrics_factory: Creates the counters.
        clock: Source of the time; it also sleeps.

    Raises:
        ConfigError: If *timeout* is out of its range.
    """

    def __init__(
        self,
        channel: Channel,
        converter: Converter,
        *,
        timeout: float,
        advice: str,
        metrics_factory: MetricsFactory | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.timeout = above_zero(
            "timeout", timeout, maximum=MAX_SECONDS, unit=" seconds"
        )
        self.losses = SpanLosses()
        """Spans lost so far, by cause."""
        metrics = ReporterMetrics(choose_factory(metrics_factory, None))
        self._loss_report = LossReport(
            self.losses, metrics, clock=clock, advice=_ADVICE
        )
        self._converter = converter
        self._clock = clock
        self._transmitter = Transmitter(
            channel,
            fallback=None,
            losses=self._loss_report,
            metrics=metrics,
            error_reporter=None,
            clock=clock,
            advice=advice,
        )
        self._is_closed = False
        self._exclusive = Exclusive()
        call_after_fork(self)

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else "open"
        return f"{state}, to {self._transmitter.sender!r}"

    def deliver(self, spans: Sequence[ReadableSpan]) -> bool:
        """Send *spans*; return whether all were sent within the timeout."""
        notice_fork()
        deadline = self._clock.monotonic() + self.timeout
        are_sent = None
        try:
            if not self._is_closed:
                are_sent = self._exclusive.run(
                    lambda: self._deliver(spans, deadline), timeout=self.timeout
                )
        finally:
            if self._is_closed:
                self.close(timeout=0)  # the one that closed it may not have waited
        if are_sent is None:
            self._loss_report.lost(
                "closed" if self._is_closed else "queue_full", len(spans)
            )
        return are_sent is True

    def _deliver(self, spans: Sequence[ReadableSpan], deadline: float) -> bool | None:
        if self._is_closed:
            return None
        self._count_interrupted()
        transmitter, lost = self._transmitter, self._lost_here
        try:
            transmitter.put(self._converted(spans))
            self._transmit(deadline)
            transmitter.release()
        finally:
            # Nothing that may be a secret stays until an export that may never come.
            transmitter.clear_cache(math.inf)
        return lost == self._lost_here

    def _count_interrupted(self) -> None:
        """Count spans of an earlier delivery during which a signal handler raised."""
        if self._transmitter:
            error = SendError("a signal handler raised an exception during the export")
            self._transmitter.give_up(error)

    @property
    def _lost_here(self) -> int:
        """Number of spans lost by deliveries, not before them."""
        losses = self.losses
        return losses.send_failed + losses.too_large + losses.not_encodable

    def _converted(self, spans: Sequence[ReadableSpan]) -> list[PlainSpan]:
        """Return *spans* for the encoder; those of one group are neighbours."""
        converted = [*filter(None, map(self._converted_or_lost, spans))]
        self._loss_report.lost("not_encodable", len(spans) - len(converted))
        groups: dict[int, list[PlainSpan]] = {}
        for span in converted:
            groups.setdefault(id(self._converter.group_of(span)), []).append(span)
        return [span for group in groups.values() for span in group]

    def _converted_or_lost(self, span: ReadableSpan) -> PlainSpan | None:
        try:
            return self._converter.convert(span)
        except Exception:  # noqa: BLE001 - a span may hold any object of the application
            return None

    def _transmit(self, deadline: float) -> None:
        transmitter, clock = self._transmitter, self._clock
        while transmitter:
            if not transmitter.has_payload:
                transmitter.encode_next()
                continue
            left = deadline - clock.monotonic()
            delay = transmitter.attempt(left) if left > 0 else left
            if delay and not self._sleep(delay, deadline):
                msg = f"the spans could not be sent within {self.timeout:g} seconds"
                transmitter.give_up(SendError(msg))

    def _sleep(self, delay: float, deadline: float) -> bool:
        """Sleep *delay* seconds; return whether there is time for another attempt."""
        until = self._clock.monotonic() + delay
        if delay < 0 or until >= deadline:
            return False
        while not self._is_closed and (left := until - self._clock.monotonic()) > 0:
            self._clock.sleep(min(left, _CLOSED_CHECK))
        return not self._is_closed

    def flush(self, timeout: float) -> bool:
        """Wait *timeout* seconds for deliveries; return whether none is in progress."""
        return (
            self._exclusive.run(lambda: True, timeout=usable_timeout(timeout)) is True
        )

    def close(self, timeout: float) -> None:
        """Refuse later spans, and wait up to *timeout* seconds. Idempotent."""
        self._is_closed = True
        self._exclusive.run(self._release, timeout=usable_timeout(timeout))

    def _release(self) -> None:
        self._count_interrupted()
        close_quietly(self._transmitter.sender)

    def after_fork_in_child(self) -> None:
        """Drop the parent's connection, and the spans that the parent sends."""
        self._exclusive = Exclusive()
        self._transmitter.after_fork_in_child()
