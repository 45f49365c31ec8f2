"""Lost spans: counted by cause, published as metrics, logged once a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jaeger_client._internal.diagnostics import Notice

if TYPE_CHECKING:
    from jaeger_client._internal.clock import Clock
    from jaeger_client.metrics.instruments import ReporterMetrics
    from jaeger_client.model import SpanLosses

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
"""What is logged; failed sends are logged by the outage, see `diagnostics`."""

_PUBLISHED: Final = ("too_large", "not_encodable", "send_failed", "truncated")
"""Causes that are counted on the sending thread and published after each turn."""


class LossReport:
    """Counts losses in a `SpanLosses`, and publishes them."""

    def __init__(
        self,
        losses: SpanLosses,
        metrics: ReporterMetrics,
        *,
        clock: Clock,
    ) -> None:
        self._losses = losses
        self._published = dict.fromkeys(_PUBLISHED, 0)
        self._metrics = metrics
        self._notices = {
            cause: Notice(advice, clock=clock) for cause, advice in _ADVICE.items()
        }

    def refused(self, closed: bool) -> None:  # noqa: FBT001 - as the queue calls it
        """Count one span that the queue refused; called on any thread."""
        if closed:
            self.abandoned(1)
        else:
            self._losses.add_queue_full(1)
            self._publish("queue_full", 1)

    def abandoned(self, count: int) -> None:
        """Count spans that were not sent before the reporter was closed."""
        self._losses.add_closed(count)
        if count:
            self._publish("closed", count)

    def publish(self) -> None:
        """Publish what the sending thread has counted; called on that thread."""
        for cause in _PUBLISHED:
            count = getattr(self._losses, cause)
            gained, self._published[cause] = count - self._published[cause], count
            if gained:
                self._publish(cause, gained)

    def _publish(self, cause: str, count: int) -> None:
        if cause == "truncated":
            self._metrics.truncated(count)
        else:
            self._metrics.dropped_by_cause[cause](count)
            # A failed send counts as result=err.
            if cause != "send_failed":
                self._metrics.dropped(count)
        if cause in self._notices:
            self._notices[cause].warn()
