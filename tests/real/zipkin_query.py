"""
Queries to a running Zipkin: traces, services, links, and its counters.

A query is repeated until the response is as expected or a timeout ends, because spans
that were accepted are stored a moment later.
"""

from __future__ import annotations

import json
import time
from typing import Any, Final
from urllib.parse import urlencode

from tests.real.http_get import get
from tests.real.jaeger_query import Json, query_until

_DAY_MS: Final = 86_400_000


class ZipkinQuery:
    """The query API, version 2."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def endpoint(self) -> str:
        """URL for spans; the value of `JAEGER_ENDPOINT`."""
        return f"{self.url}/api/v2/spans"

    def trace(self, trace_id: str, spans: int) -> list[Json]:
        """Return the spans of a trace once there are *spans*, or those that exist."""
        return query_until(
            lambda: self.trace_now(trace_id), lambda found: len(found) >= spans
        )

    def trace_now(self, trace_id: str) -> list[Json]:
        """Return the spans of a trace, none if there is no such trace."""
        status, body = get(f"{self.url}/api/v2/trace/{trace_id}")
        if status == 404:
            return []
        assert status == 200, body
        found: list[Json] = json.loads(body)
        return found

    def services(self, wanted: str) -> list[str]:
        """Return the names of all services once *wanted* is among them."""
        return query_until(
            lambda: self._query("services"), lambda names: wanted in names
        )

    def remote_services(self, service: str, wanted: str) -> list[str]:
        """Return the services that *service* calls, once *wanted* is among them."""
        return query_until(
            lambda: self._query("remoteServices", serviceName=service),
            lambda names: wanted in names,
        )

    def span_names(self, service: str, wanted: str) -> list[str]:
        """Return the names of the spans of *service*, once *wanted* is there."""
        return query_until(
            lambda: self._query("spans", serviceName=service),
            lambda names: wanted in names,
        )

    def links(self, *wanted: tuple[str, str]) -> dict[tuple[str, str], Json]:
        """Return the links between services, once all *wanted* are there."""
        return query_until(self._links_now, lambda links: links.keys() >= {*wanted})

    def _links_now(self) -> dict[tuple[str, str], Json]:
        # Since the epoch, because times of programs may be of any day.
        tomorrow = int(time.time() * 1000) + _DAY_MS
        found = self._query("dependencies", endTs=tomorrow, lookback=tomorrow)
        return {(link["parent"], link["child"]): link for link in found}

    def accepted_spans(self) -> int:
        """Return how many spans were received since its start."""
        return self._count("spans")

    def dropped_spans(self) -> int:
        """Return how many spans were received and not stored."""
        return self._count("spans_dropped")

    def _count(self, name: str) -> int:
        _, body = get(f"{self.url}/metrics")
        return int(json.loads(body)[f"counter.zipkin_collector.{name}.http"])

    def _query(self, path: str, **query: object) -> Any:
        status, body = get(f"{self.url}/api/v2/{path}?{urlencode(query)}")
        assert status == 200, body
        return json.loads(body)
