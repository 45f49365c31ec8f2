"""
Queries to a running Jaeger: traces, services, and its counters.

A span that was sent is not stored yet, because Jaeger batches spans for 0.2 s. So every
query here is repeated until the response is as expected or a timeout ends.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

from tests.real.http_get import get

T = TypeVar("T")
Json = dict[str, Any]

PAUSE: Final = 0.05
"""Seconds between two queries."""

WAIT: Final = 20.0
"""Timeout in seconds for the expected response."""


def query_until(
    query: Callable[[], T],
    is_wanted: Callable[[T], bool],
    *,
    timeout: float = WAIT,
) -> T:
    """Call *query* until *is_wanted* accepts its result; return the last result."""
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while True:
        response = query()
        if is_wanted(response) or time.monotonic() > deadline:
            return response
        pause.wait(PAUSE)


class JaegerQuery:
    """The query API, on 16686 or another port, and Jaeger's metrics on 8888."""

    metrics: Final = "http://127.0.0.1:8888/metrics"

    def __init__(self, port: int = 16686) -> None:
        self.api = f"http://127.0.0.1:{port}"

    def trace(self, trace_id: str, spans: int, *, timeout: float = WAIT) -> Json | None:
        """Return the trace once it has *spans* spans; `None` if it does not exist."""
        return query_until(
            lambda: self._trace_now(trace_id),
            lambda trace: trace is not None and len(trace["spans"]) >= spans,
            timeout=timeout,
        )

    def _trace_now(self, trace_id: str) -> Json | None:
        status, body = get(f"{self.api}/api/traces/{trace_id}?raw=true")
        if status == 404:
            return None
        response = json.loads(body)
        assert status == 200, response
        trace: Json = response["data"][0]
        return trace

    def traces(self, service: str, count: int) -> list[Json]:
        """Return the traces of *service* once there are *count*, at most one more."""
        query = urlencode({"service": service, "limit": count + 1, "raw": "true"})
        return query_until(
            lambda: self._traces_now(query), lambda traces: len(traces) >= count
        )

    def _traces_now(self, query: str) -> list[Json]:
        status, body = get(f"{self.api}/api/traces?{query}")
        response = json.loads(body)
        assert status == 200, response
        traces: list[Json] = response["data"]
        return traces

    def services(self, wanted: str, *, timeout: float = WAIT) -> list[str]:
        """Return the names of all services once *wanted* is among them."""
        return query_until(
            self._services_now, lambda names: wanted in names, timeout=timeout
        )

    def _services_now(self) -> list[str]:
        _, body = get(f"{self.api}/api/v3/services")
        names: list[str] = json.loads(body).get("services", [])
        return names

    def otlp_trace(self, trace_id: str) -> list[Json]:
        """Return the resource spans of a trace that is stored, as OTLP JSON."""
        status, body = get(f"{self.api}/api/v3/traces/{quote(trace_id)}")
        response = json.loads(body)
        assert status == 200, response
        resource_spans: list[Json] = response["result"]["resourceSpans"]
        return resource_spans

    def accepted_spans(self, transport: str) -> int:
        """Return how many spans were received by *transport* since Jaeger's start."""
        return self._count("otelcol_receiver_accepted_spans", transport)

    def refused_spans(self, transport: str) -> int:
        """Return how many spans were received by *transport* and rejected."""
        kinds = ("refused", "failed")
        return sum(
            self._count(f"otelcol_receiver_{kind}_spans", transport) for kind in kinds
        )

    def _count(self, name: str, transport: str) -> int:
        _, body = get(self.metrics)
        lines = body.decode("utf-8").splitlines()
        label = f'transport="{transport}"'
        return sum(
            int(float(line.rsplit(" ", 1)[1]))
            for line in lines
            if line.startswith(name) and label in line
        )
