"""Requests and latencies of a server, counted from its finished spans."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from jaeger_client.diagnostics import Notice
from jaeger_client.metrics.factory import MetricsFactory
from jaeger_client.metrics.instruments import RpcMetrics
from jaeger_client.reporter import BaseReporter

if TYPE_CHECKING:
    from jaeger_client.span import Span

MAX_ENDPOINTS: Final = 200
"""Endpoints with metrics of their own; names that hold ids must not fill memory."""

OTHER_ENDPOINT: Final = "other"
"""The endpoint that all further ones are counted under."""

_NOT_IN_A_NAME: Final = r"[^a-zA-Z0-9_./-]"
_FAILED = Notice("counting a request failed: %r")


class RpcMetricsReporter(BaseReporter):
    """
    Counts the sampled server spans among those that are reported.

    Stands beside the reporter that sends. Spans of a trace that is not sampled
    record nothing and are not counted.
    """

    def __init__(self, metrics_factory: MetricsFactory) -> None:
        self._factory = metrics_factory
        self._endpoints: dict[str, RpcMetrics] = {}

    def report_span(self, span: Span) -> None:
        """Count *span* if it is of a server. Never raises."""
        try:
            tags: dict[str, object] = dict(span.tag_items)
            if tags.get("span.kind") == "server":
                self._count(span, tags)
        except Exception as error:  # noqa: BLE001 - the factory is the application's
            _FAILED.warn(error)

    def _count(self, span: Span, tags: dict[str, object]) -> None:
        metrics = self._metrics_of(span.operation_name)
        is_error = tags.get("error") is True
        metrics.requests[is_error](1)
        end_time = span.start_time if span.end_time is None else span.end_time
        metrics.request_seconds[is_error](max(0.0, end_time - span.start_time))
        status = str(tags.get("http.status_code", ""))
        if status[:1] in metrics.http_requests:
            metrics.http_requests[status[:1]](1)

    def _metrics_of(self, operation: str) -> RpcMetrics:
        endpoint = re.sub(_NOT_IN_A_NAME, "-", operation)
        if endpoint not in self._endpoints and len(self._endpoints) >= MAX_ENDPOINTS:
            endpoint = OTHER_ENDPOINT
        known = self._endpoints.get(endpoint)
        if known is not None:
            return known
        made = RpcMetrics(self._factory, endpoint)
        # No lock: of two threads with the same new endpoint one wins, here.
        return self._endpoints.setdefault(endpoint, made)
