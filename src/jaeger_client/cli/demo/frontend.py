"""The service `frontend`: calls the other two, for both vehicles concurrently."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

from opentracing import Format
from opentracing.ext import tags

from jaeger_client import Span, Tracer
from jaeger_client.cli.demo.service import OK, UnavailableError, serve, start_tracer

VEHICLES = ("van", "bicycle")
TIMEOUT = 5.0
"""Timeout in seconds of a call to another service."""


def main() -> None:
    """Serve `GET /dispatch?customer=` until standard input ends."""
    customers_port, routes_port = map(int, sys.argv[1:3])
    tracer = start_tracer("frontend")
    serve(tracer, Frontend(tracer, customers_port, routes_port).respond)


@dataclass(frozen=True)
class Frontend:
    """Chooses the vehicle that reaches the customer first."""

    tracer: Tracer
    customers_port: int
    routes_port: int

    def respond(self, span: Span, parameters: Mapping[str, str]) -> dict[str, object]:
        """Return the vehicle, its travel time and the id of the trace."""
        number = {"id": parameters["customer"]}
        customer = self._get(self.customers_port, "/customer", number, span)
        # Baggage: the service `routes` reads it at the end of the trace.
        span.set_baggage_item("customer", customer["name"])
        address = {"x": customer["x"], "y": customer["y"]}
        find = partial(self._find_route, address, span)
        with ThreadPoolExecutor(len(VEHICLES)) as pool:
            routes = list(pool.map(find, VEHICLES))
        first = min(routes, key=lambda route: int(route["seconds"]))
        return {**first, "name": customer["name"], "trace_id": f"{span.trace_id:x}"}

    def _find_route(
        self,
        address: Mapping[str, object],
        parent: Span,
        vehicle: str,
    ) -> dict[str, Any]:
        """Get a route; retry once if the service is unavailable."""
        query = {"vehicle": vehicle, **address}
        # A new thread has no active span, so the parent is passed explicitly.
        with self.tracer.start_span(f"find {vehicle} route", child_of=parent) as span:
            try:
                return self._get(self.routes_port, "/route", query, span)
            except UnavailableError as error:
                span.log_kv({"event": "retry", "message": error})
                return self._get(self.routes_port, "/route", query, span)

    def _get(
        self,
        port: int,
        path: str,
        parameters: Mapping[str, object],
        parent: Span,
    ) -> dict[str, Any]:
        """
        Call another service; the headers carry the context of the trace to it.

        Raises:
            UnavailableError: If the status is not 200.
        """
        url = f"{path}?{urlencode(parameters)}"
        span_tags = {
            tags.SPAN_KIND: tags.SPAN_KIND_RPC_CLIENT,
            tags.HTTP_METHOD: "GET",
            tags.HTTP_URL: f"http://127.0.0.1:{port}{url}",
        }
        with self.tracer.start_span(f"GET {path}", parent, tags=span_tags) as span:
            headers: dict[str, str] = {}
            self.tracer.inject(span, Format.HTTP_HEADERS, headers)
            status, body = get_json(port, url, headers)
            span.set_tag(tags.HTTP_STATUS_CODE, status)
            if status != OK:
                msg = f"{path} returned {status}: {body['error']}"
                raise UnavailableError(msg)
            return body


def get_json(
    port: int,
    url: str,
    headers: dict[str, str],
) -> tuple[int, dict[str, Any]]:
    """Return status and body of the response of a service on this machine."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)) as connection:
        connection.request("GET", url, headers=headers)
        response = connection.getresponse()
        return response.status, json.load(response)


if __name__ == "__main__":
    main()
