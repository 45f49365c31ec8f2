"""Jaeger on this machine as a backend of the demo."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping, Sequence
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Any, Final, cast

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client.cli.demo.backend import DemoSpan, error_of

HOST: Final = "localhost"
QUERY_PORT: Final = 16686
OTLP_PORT: Final = 4318

TIMEOUT: Final = 2.0
"""Timeout in seconds of a request."""

MAX_WAIT: Final = 8.0
"""Maximum number of seconds to wait for the spans of a trace."""

POLL_INTERVAL: Final = 0.2
"""Seconds between two requests, the time for which Jaeger batches spans."""

_OK: Final = 200


class Jaeger:
    """
    Receives spans by OTLP if that port is open, otherwise by UDP.

    Ports other than Jaeger's own are for tests.
    """

    def __init__(
        self,
        *,
        query_port: int = QUERY_PORT,
        otlp_port: int = OTLP_PORT,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._query_port = query_port
        self._otlp_port = otlp_port
        self._clock = clock
        # Containers usually publish the OTLP port, and rarely the UDP port.
        self._has_otlp = _listens(otlp_port)

    def is_running(self) -> bool:
        """Return whether Jaeger runs on this machine."""
        # The second path is for versions up to 2.20, which may lack the first.
        paths = ("/api/v3/services", "/api/services")
        return any(self._get(path) is not None for path in paths)

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables that make services report to it."""
        if self._has_otlp:
            return {"JAEGER_ENDPOINT": f"http://{HOST}:{self._otlp_port}/v1/traces"}
        return {"JAEGER_AGENT_HOST": HOST}

    @property
    def description(self) -> str:
        """A description for the user."""
        way = f"OTLP on port {self._otlp_port}" if self._has_otlp else "UDP port 6831"
        return f"Jaeger on this machine, over {way}"

    def trace(self, trace_id: str, spans: int) -> Sequence[DemoSpan]:
        """Return the spans of a trace; wait for all of them up to `MAX_WAIT`."""
        deadline = self._clock.monotonic() + MAX_WAIT
        while True:
            seen = self._trace_now(trace_id)
            if len(seen) >= spans or self._clock.monotonic() > deadline:
                return seen
            self._clock.sleep(POLL_INTERVAL)

    def _trace_now(self, trace_id: str) -> Sequence[DemoSpan]:
        response = self._get(f"/api/traces/{trace_id}")
        traces = response.get("data") or () if response else ()
        return [
            to_demo_span(span, trace["processes"])
            for trace in traces
            for span in trace["spans"]
        ]

    def link(self, trace_id: str) -> str:
        """Return the URL of the trace in Jaeger's user interface."""
        return f"http://{HOST}:{self._query_port}/trace/{trace_id}"

    def close(self) -> None:
        """Do nothing: every request has its own connection."""

    def _get(self, path: str) -> dict[str, Any] | None:
        """Return a response of the query API, `None` if there is no valid one."""
        connection = HTTPConnection(HOST, self._query_port, timeout=TIMEOUT)
        with closing(connection):
            try:
                connection.request("GET", path)
                response = connection.getresponse()
                body = json.load(response)
            except (OSError, HTTPException, ValueError):
                return None
        is_usable = response.status == _OK and isinstance(body, dict)
        return cast("dict[str, Any]", body) if is_usable else None


def to_demo_span(span: Mapping[str, Any], processes: Mapping[str, Any]) -> DemoSpan:
    """Convert a span of the query API's JSON."""
    parents = (ref for ref in span["references"] if ref["refType"] == "CHILD_OF")
    parent = next(parents, None)
    return DemoSpan(
        span_id=span["spanID"],
        parent_id=parent["spanID"] if parent else None,
        service=processes[span["processID"]]["serviceName"],
        operation=span["operationName"],
        start_us=span["startTime"],
        duration_us=span["duration"],
        error=error_of(
            _values(span["tags"]),
            [_values(log["fields"]) for log in span["logs"]],
        ),
    )


def _values(tags: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    return {tag["key"]: tag["value"] for tag in tags}


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), TIMEOUT).close()
    except OSError:
        return False
    return True
