"""
Queries to a running Jaeger: traces, services, and its counters.

A span that was sent is not stored yet: Jaeger gathers spans for 0.2 s. So every
query here is repeated until the response is as expected or time is up.
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


def ask_until(
    ask: Callable[[], T],
    is_wanted: Callable[[T], bool],
    *,
    timeout: float = WAIT,
) -> T:
    """Call *ask* until *is_wanted* accepts its result; return the last result."""
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while True:
        answer = ask()
        if is_wanted(answer) or time.monotonic() > deadline:
            return answer
        pause.wait(PAUSE)


class JaegerQuery:
    """The query API, on 16686 or a port of its own, and Jaeger's metrics on 8888."""

    metrics: Final = "http://127.0.0.1:8888/metrics"

    def __init__(self, port: int = 16686) -> None:
        self.api = f"http://127.0.0.1:{port}"

    def trace(self, trace_id: str, spans: int, *, timeout: float = WAIT) -> Json | None:
        """Return the trace once it has *spans* spans; None if it is not there."""
        return ask_until(
            lambda: self._trace_now(trace_id),
            lambda trace: trace is not None and len(trace["spans"]) >= spans,
            timeout=timeout,
        )

    def _trace_now(self, trace_id: str) -> Json | None:
        status, body = get(f"{self.api}/api/traces/{trace_id}?raw=true")
        if status == 404:
            return None
        answer = json.loads(body)
        assert status == 200, answer
        trace: Json = answer["data"][0]
        return trace

    def traces(self, service: str, count: int) -> list[Json]:
        """Return the traces of *service* once there are *count*, at most one more."""
        query = urlencode({"service": service, "limit": count + 1, "raw": "true"})
        return ask_until(
            lambda: self._traces_now(query), lambda traces: len(traces) >= count
        )

    def _traces_now(self, query: str) -> list[Json]:
        status, body = get(f"{self.api}/api/traces?{query}")
        answer = json.loads(body)
        assert status == 200, answer
        traces: list[Json] = answer["data"]
        return traces

    def services(self, wanted: str) -> list[str]:
        """Return the names of all services once *wanted* is among them."""
        return ask_until(self._services_now, lambda names: wanted in names)

    def _services_now(self) -> list[str]:
        _, body = get(f"{self.api}/api/v3/services")
        names: list[str] = json.loads(body).get("services", [])
        return names

    def otlp_trace(self, trace_id: str) -> list[Json]:
        """Return the resource spans of a trace that is stored, as OTLP JSON."""
        status, body = get(f"{self.api}/api/v3/traces/{quote(trace_id)}")
        answer = json.loads(body)
        assert status == 200, answer
        resource_spans: list[Json] = answer["result"]["resourceSpans"]
        return resource_spans

    def accepted_spans(self, transport: str) -> int:
        """Return how many spans came in by *transport* since Jaeger's start."""
        return self._count("otelcol_receiver_accepted_spans", transport)

    def refused_spans(self, transport: str) -> int:
        """Return how many spans came in by *transport* and were not taken."""
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
