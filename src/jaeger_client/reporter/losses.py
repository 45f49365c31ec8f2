"""Tells the world of lost spans: metrics for machines, lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jaeger_client._internal.diagnostics import Notice
from jaeger_client.model import SpanLosses

if TYPE_CHECKING:
    from jaeger_client._internal.clock import Clock
    from jaeger_client.metrics.instruments import ReporterMetrics

_ADVICE: Final = {
    "queue_full": (
        "the queue is full, new spans are dropped: raise reporter_queue_size "
        "(JAEGER_REPORTER_MAX_QUEUE_SIZE) or sample less"
    ),
    "closed": (
        "spans were finished after the tracer was closed, or did not leave before "
        "its timeout, and are dropped: close it last, or with a longer timeout"
    ),
    "too_large": (
        "spans are dropped that are too large for a packet even without logs and "
        "with short values: set fewer tags, or send over HTTP (JAEGER_ENDPOINT)"
    ),
    "not_encodable": "spans are dropped that cannot be encoded; please report this",
    "truncated": (
        "spans were too large for a packet and lost logs or the ends of values, "
        "see their tag jaeger.truncated: set less, or send over HTTP (JAEGER_ENDPOINT)"
    ),
}


class LossReport:
    """Publishes what `SpanLosses` has gained since the last time."""

    def __init__(
        self,
        losses: SpanLosses,
        metrics: ReporterMetrics,
        *,
        clock: Clock,
    ) -> None:
        self._losses = losses
        self._published = SpanLosses(**losses.as_dict())
        self._metrics = metrics
        self._notices = {
            cause: Notice(advice, clock=clock) for cause, advice in _ADVICE.items()
        }

    def refused(self, closed: bool) -> None:  # noqa: FBT001 - as the queue calls it
        """Count one span that the queue refused; called on any thread."""
        self._metrics.dropped(1)
        cause = "closed" if closed else "queue_full"
        self._metrics.dropped_by_cause[cause](1)
        self._notices[cause].warn()

    def abandoned(self, count: int) -> None:
        """Count spans that had not left when `close` ended."""
        if count:
            self._metrics.dropped(count)
            self._metrics.dropped_by_cause["closed"](count)
            self._notices["closed"].warn()

    def publish(self, *, queue_length: int) -> None:
        """Count what was lost on the way out; one thread at a time."""
        self._metrics.queue_length(queue_length)
        for cause in ("too_large", "not_encodable", "send_failed", "truncated"):
            gained = getattr(self._losses, cause) - getattr(self._published, cause)
            if gained:
                setattr(self._published, cause, getattr(self._losses, cause))
                self._count(cause, gained)

    def _count(self, cause: str, gained: int) -> None:
        if cause == "truncated":
            self._metrics.truncated(gained)
        else:
            self._metrics.dropped_by_cause[cause](gained)
        # A failed send counts as result=err and is told by the outage's lines.
        if cause in {"too_large", "not_encodable"}:
            self._metrics.dropped(gained)
        if cause in self._notices:
            self._notices[cause].warn()
