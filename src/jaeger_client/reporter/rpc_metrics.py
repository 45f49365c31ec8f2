"""Request counts and latencies of a server, calculated from its finished spans."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client._internal.limits import MAX_STORED_NAME
from jaeger_client.constants import SPAN_KIND, SPAN_KIND_SERVER
from jaeger_client.metrics.instruments import RpcMetrics
from jaeger_client.metrics.metrics import MetricsFactory
from jaeger_client.metrics.table import MAX_ENDPOINTS, OTHER_ENDPOINT
from jaeger_client.reporter import BaseReporter

if TYPE_CHECKING:
    from jaeger_client.span import Span

_NOT_IN_A_NAME: Final = r"[^a-zA-Z0-9_./-]"

_STATUS_KEYS: Final = ("http.status_code", "http.response.status_code")
"""The tags of OpenTracing and of the newer conventions of OpenTelemetry."""

_STATUS: Final = r"[0-9]{3}"

_TRUE: Final = frozenset({"1", "t", "true"})
"""Values of `error` that mean true, as in the Go client."""

_FAILED: Final = RateLimitedWarning("counting a request failed: %r")


class RpcMetricsReporter(BaseReporter):
    """
    Counts finished server spans by endpoint, beside the reporter that sends them.

    Unsampled spans are not counted, because they record nothing, nor are spans without
    a name. Thread-safe.
    """

    def __init__(self, metrics_factory: MetricsFactory) -> None:
        self._factory = metrics_factory
        self._endpoints: dict[str, RpcMetrics] = {}

    def report_span(self, span: Span) -> None:
        """Count *span* if it is a server span. Never raises."""
        try:
            tags: dict[str, object] = dict(span.tag_items)
            if tags.get(SPAN_KIND) == SPAN_KIND_SERVER and span.operation_name:
                self._count(span, tags)
        except Exception as error:  # noqa: BLE001 - the application's factory may raise anything
            _FAILED.warn(error)

    def _count(self, span: Span, tags: dict[str, object]) -> None:
        metrics = self._metrics_of(span.operation_name)
        has_failed = _is_true(tags.get("error"))
        metrics.requests[has_failed](1)
        end_time = span.start_time if span.end_time is None else span.end_time
        metrics.request_seconds[has_failed](max(0.0, end_time - span.start_time))
        status = _status_class(tags)
        if status in metrics.http_requests:
            metrics.http_requests[status](1)

    def _metrics_of(self, operation: str) -> RpcMetrics:
        endpoint = re.sub(_NOT_IN_A_NAME, "-", operation)
        if endpoint not in self._endpoints and (
            len(self._endpoints) >= MAX_ENDPOINTS or len(endpoint) > MAX_STORED_NAME
        ):
            endpoint = OTHER_ENDPOINT
        known = self._endpoints.get(endpoint)
        if known is not None:
            return known
        created = RpcMetrics(self._factory, endpoint)
        # No lock: if two threads add the same endpoint, setdefault(), which is atomic,
        # returns the same object to both. Threads that pass the check above at the same
        # time may exceed the maximum, by one endpoint each.
        return self._endpoints.setdefault(endpoint, created)


def _is_true(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.lower() in _TRUE)


def _status_class(tags: dict[str, object]) -> str:
    """Return the class of the HTTP status, such as `2xx`, or "" without a status."""
    status = next((str(tags[key]) for key in _STATUS_KEYS if key in tags), "")
    return f"{status[0]}xx" if re.fullmatch(_STATUS, status) else ""
