"""
Every metric of this library, in one table.

`jaeger_client.metrics.instruments` creates the metrics from its rows, which also have
the help for Prometheus, the units for OpenTelemetry and the text of the metrics page.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from jaeger_client._internal.named_tuple import NamedTuple

COUNTER: Final = "counter"
GAUGE: Final = "gauge"
TIMER: Final = "timer"

SECONDS: Final = "s"

DROP_CAUSES: Final = (
    "queue_full",
    "too_large",
    "send_failed",
    "closed",
    "not_encodable",
)
"""Reasons why spans are lost, as in the fields of `SpanLosses`."""

MAX_ENDPOINTS: Final = 200
"""Maximum number of endpoints with metrics; names with ids must not fill memory."""

OTHER_ENDPOINT: Final = "other"
"""Name under which all further endpoints are counted."""

STATUS_CLASSES: Final = ("2xx", "3xx", "4xx", "5xx")

SINCE_OLD: Final = "4.8"
SINCE_NEW: Final = "5.0"

_SEND_BUCKETS: Final = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025),
    *(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
"""From a datagram on loopback, 50 µs, to more than the HTTP timeout, 5 s."""

_REQUEST_BUCKETS: Final = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25),
    *(0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)


class Metric(NamedTuple):
    """One row of the table."""

    name: str
    unit: str
    """Unit in UCUM notation, as in OpenTelemetry; seconds for timers."""
    help: str
    labels: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """All values of each label; empty for the label `endpoint`."""
    since: str = SINCE_NEW
    """First version with this metric."""
    kind: str = COUNTER
    """`COUNTER`, `GAUGE` or `TIMER`."""
    buckets: tuple[float, ...] = ()
    """Upper bounds of a timer's histogram, in seconds."""


_RESULT: Final = {"result": ("ok", "err")}
_SAMPLED: Final = {"sampled": ("y", "n")}
_ENDPOINT: Final[dict[str, tuple[str, ...]]] = {"endpoint": ()}
_ENDPOINT_AND_ERROR: Final = _ENDPOINT | {"error": ("false", "true")}

TRACES: Final = Metric(
    "jaeger:traces",
    "{trace}",
    "Root spans started; those of servers count as joined, others as started.",
    {"state": ("started", "joined")} | _SAMPLED,
    SINCE_OLD,
)
STARTED_SPANS: Final = Metric(
    "jaeger:started_spans", "{span}", "Spans started.", _SAMPLED, SINCE_OLD
)
FINISHED_SPANS: Final = Metric(
    "jaeger:finished_spans", "{span}", "Sampled spans finished.", since=SINCE_OLD
)
THROTTLED_DEBUG_SPANS: Final = Metric(
    "jaeger:throttled_debug_spans",
    "{span}",
    "Debug traces that the throttler did not allow.",
    since=SINCE_OLD,
)
DECODING_ERRORS: Final = Metric(
    "jaeger:span_context_decoding_errors",
    "{error}",
    "Carriers whose span context could not be read.",
)
DROPPED_BAGGAGE_ITEMS: Final = Metric(
    "jaeger:dropped_baggage_items",
    "{item}",
    "Baggage items that were over the limits or could not be carried, in either "
    "direction, and debug ids and trace states that could not be injected.",
)
REPORTER_SPANS: Final = Metric(
    "jaeger:reporter_spans",
    "{span}",
    "Spans sent, spans that could not be sent, and spans dropped before sending.",
    {"result": ("ok", "err", "dropped")},
    SINCE_OLD,
)
REPORTER_DROPPED: Final = Metric(
    "jaeger:reporter_dropped", "{span}", "Spans lost, by cause.", {"cause": DROP_CAUSES}
)
REPORTER_QUEUE_LENGTH: Final = Metric(
    "jaeger:reporter_queue_length",
    "{span}",
    "Spans waiting to be sent.",
    since=SINCE_OLD,
    kind=GAUGE,
)
REPORTER_SEND_SECONDS: Final = Metric(
    "jaeger:reporter_send_seconds",
    SECONDS,
    "Time to send one batch.",
    kind=TIMER,
    buckets=_SEND_BUCKETS,
)
TRUNCATED_SPANS: Final = Metric(
    "jaeger:truncated_spans", "{span}", "Spans shrunk to fit a packet."
)
DROPPED_TAGS: Final = Metric(
    "jaeger:dropped_tags",
    "{tag}",
    "Tags dropped because their span had more than `max_tags_per_span`, and fields "
    "dropped because their log had more than 4,096.",
)
DROPPED_LOGS: Final = Metric(
    "jaeger:dropped_logs",
    "{log}",
    "Logs dropped because their span had more than `max_logs_per_span`.",
)
SAMPLER_QUERIES: Final = Metric(
    "jaeger:sampler_queries",
    "{query}",
    "Requests for a sampling strategy.",
    _RESULT,
    SINCE_OLD,
)
SAMPLER_UPDATES: Final = Metric(
    "jaeger:sampler_updates",
    "{update}",
    "Sampling strategies applied, and responses without a usable strategy.",
    _RESULT,
    SINCE_OLD,
)
THROTTLER_UPDATE: Final = Metric(
    "jaeger:throttler_update",
    "{update}",
    "Requests for debug trace credits.",
    _RESULT,
    SINCE_OLD,
)
RPC_REQUESTS: Final = Metric(
    "jaeger-rpc:requests", "{request}", "Sampled requests served.", _ENDPOINT_AND_ERROR
)
RPC_LATENCY: Final = Metric(
    "jaeger-rpc:request_latency",
    SECONDS,
    "Duration of sampled requests.",
    _ENDPOINT_AND_ERROR,
    kind=TIMER,
    buckets=_REQUEST_BUCKETS,
)
RPC_HTTP_REQUESTS: Final = Metric(
    "jaeger-rpc:http_requests",
    "{request}",
    "Sampled HTTP requests served, by the class of their status.",
    _ENDPOINT | {"status_code": STATUS_CLASSES},
)

METRICS: Final[tuple[Metric, ...]] = tuple(
    row for row in list(vars().values()) if isinstance(row, Metric)
)
"""All rows, in the order above."""

_BY_NAME: Final = {metric.name: metric for metric in METRICS}


def metric_of(name: str) -> Metric | None:
    """Return the row of *name*, or `None` for a metric of the application."""
    return _BY_NAME.get(name)


def dotted(name: str) -> str:
    """Return *name* with a dot for the colon, which OpenTelemetry and statsd forbid."""
    return name.replace(":", ".")
