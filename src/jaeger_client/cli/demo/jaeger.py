"""A Jaeger on this machine: whether there is one, and what it has of a trace."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping, Sequence
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Any, Final, cast

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client.cli.demo.seen import SeenSpan, error_of

HOST: Final = "localhost"
QUERY_PORT: Final = 16686
OTLP_PORT: Final = 4318

TIMEOUT: Final = 2.0
"""Seconds that one question may take."""

PATIENCE: Final = 8.0
"""Seconds until spans that were sent must be found."""

PAUSE: Final = 0.2
"""Seconds between two questions; Jaeger gathers spans for as long."""

_OK: Final = 200


class Jaeger:
    """
    A Jaeger that runs already: takes spans by OTLP if it can, else by UDP.

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
        # In a container its UDP port is rarely published; this one always is.
        self._takes_otlp = _listens(otlp_port)

    def answers(self) -> bool:
        """Return whether there is a Jaeger at all."""
        # The older of the two paths is gone after Jaeger 2.20.
        paths = ("/api/v3/services", "/api/services")
        return any(self._get(path) is not None for path in paths)

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that lead a service's spans there."""
        if self._takes_otlp:
            return {"JAEGER_ENDPOINT": f"http://{HOST}:{self._otlp_port}/v1/traces"}
        return {"JAEGER_AGENT_HOST": HOST}

    @property
    def description(self) -> str:
        """What it is, for the user."""
        way = f"OTLP on port {self._otlp_port}" if self._takes_otlp else "UDP port 6831"
        return f"the Jaeger that runs on this machine, by {way}"

    def trace(self, trace_id: str, spans: int) -> Sequence[SeenSpan]:
        """Return the spans of a trace; waits a while for all of them."""
        deadline = self._clock.monotonic() + PATIENCE
        while True:
            seen = self._trace_now(trace_id)
            if len(seen) >= spans or self._clock.monotonic() > deadline:
                return seen
            self._clock.sleep(PAUSE)

    def _trace_now(self, trace_id: str) -> Sequence[SeenSpan]:
        answer = self._get(f"/api/traces/{trace_id}")
        traces = answer.get("data") or () if answer else ()
        return [
            to_seen(span, trace["processes"])
            for trace in traces
            for span in trace["spans"]
        ]

    def link(self, trace_id: str) -> str:
        """Return where the trace can be looked at."""
        return f"http://{HOST}:{self._query_port}/trace/{trace_id}"

    def close(self) -> None:
        """Do nothing: every question has its own connection."""

    def _get(self, path: str) -> dict[str, Any] | None:
        """Return what the query API answers, `None` if nothing that can be used."""
        connection = HTTPConnection(HOST, self._query_port, timeout=TIMEOUT)
        with closing(connection):
            try:
                connection.request("GET", path)
                response = connection.getresponse()
                answer = json.load(response)
            except (OSError, HTTPException, ValueError):
                return None
        is_usable = response.status == _OK and isinstance(answer, dict)
        return cast("dict[str, Any]", answer) if is_usable else None


def to_seen(span: Mapping[str, Any], processes: Mapping[str, Any]) -> SeenSpan:
    """Return a span of the query API's JSON."""
    parents = (ref for ref in span["references"] if ref["refType"] == "CHILD_OF")
    parent = next(parents, None)
    return SeenSpan(
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
