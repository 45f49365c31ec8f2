"""ddtrace, sending to what it assumes to be a Datadog agent."""

from __future__ import annotations

import os
from functools import cached_property
from importlib import import_module

from benchmarks.comparison.peers.base import Addresses, Peer, headers_of
from benchmarks.comparison.peers.work import (
    CHILDREN_OF_PARENT,
    OTHER_HEADERS,
    SPANS_IN_BATCH,
    encoded_tags,
    make_tags,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    Answer = TypeVar("Answer")

SETTINGS = {
    "DD_SERVICE": "benchmark",
    # Other data that it would send: not traces, and not counted by the sink.
    "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
    "DD_REMOTE_CONFIGURATION_ENABLED": "false",
    "DD_CRASHTRACKING_ENABLED": "false",
}
NOTHING = '[{"sample_rate": 0}]'
"""A sampling rule that rejects every trace."""

LARGEST_BATCH = 1 << 24
"""Maximum size in bytes of its encoder's buffer."""


class DatadogPeer(Peer):
    """The tracer as `import ddtrace` makes it, with an address and a service."""

    label = "ddtrace"

    def start(
        self,
        addresses: Addresses,
        *,
        sampled: bool = True,
        queue_size: int | None = None,
    ) -> None:
        """Set the environment, which it reads while it is imported, then import it."""
        # Its queue is limited in bytes; the default of 20 MB holds all bursts.
        del queue_size
        os.environ.update(SETTINGS)
        os.environ["DD_TRACE_AGENT_URL"] = f"http://127.0.0.1:{addresses.http_port}"
        if not sampled:
            os.environ["DD_TRACE_SAMPLING_RULES"] = NOTHING
        self._tracer: Any = import_module("ddtrace.trace").tracer
        propagation: Any = import_module("ddtrace.propagation.http")
        self._propagator: Any = propagation.HTTPPropagator
        self._headers = {
            **OTHER_HEADERS,
            "x-datadog-trace-id": "6680618342214989284",
            "x-datadog-parent-id": "4551816341158434657",
            "x-datadog-sampling-priority": str(int(sampled)),
        }

    @cached_property
    def _context(self) -> object:
        # Not created in `start`, which is measured too.
        return self._propagator.extract(self._headers)

    def close(self, timeout: float) -> None:
        """Shut down, which sends what is left."""
        self._tracer.shutdown(timeout)

    def root_finish(self) -> None:
        """Start a root span, set three tags, finish it."""
        span = self._tracer.start_span("GET /customer")
        span.set_tags({"http.method": "GET", "http.status_code": 200, "cached": True})
        span.finish()

    def active_child(self) -> None:
        """Use both spans as context managers; logs are tags, because it has none."""
        with self._tracer.trace("GET /customer") as parent:
            parent.set_tags(
                {"http.method": "GET", "http.status_code": 200, "cached": True}
            )
            parent.set_tags({"event": "cache", "hit": False})
            with self._tracer.trace("SELECT") as child:
                child.set_tags({"db.type": "sql", "db.rows": 3, "cached": False})
                child.set_tags({"event": "retry", "attempt": 1})

    def web_request(self) -> None:
        """Handle a request that makes two requests of its own."""
        parent = self._propagator.extract(self._headers)
        server = self._tracer.start_span("GET", child_of=parent, span_type="web")
        server.set_tags(
            {
                "span.kind": "server",
                "component": "wsgi",
                "http.method": "GET",
                "http.url": "http://shop.example/customers/17",
                "http.status_code": 200,
                "cached": False,
            }
        )
        self._client("SELECT", server, "mysql", 3306)
        self._client("GET /route", server, "route", 8083)
        server.finish()

    def _client(self, name: str, server: object, service: str, port: int) -> None:
        span = self._tracer.start_span(name, child_of=server, span_type="http")
        span.set_tags(
            {
                "span.kind": "client",
                "component": "http",
                "peer.service": service,
                "peer.port": port,
                "error": False,
            }
        )
        self._propagator.inject(span.context, {})
        span.finish()

    def inject_extract(self) -> None:
        """Inject the context of a span and extract another."""
        self._propagator.inject(self._context, {})
        self._propagator.extract(self._headers)

    def named_span(self, name: str) -> None:
        """Start and finish a span without tags."""
        self._tracer.start_span(name).finish()

    def make_tagged_span(self, count: int) -> Callable[[], None]:
        """Return a call that sets these tags at once."""
        tags, tracer = make_tags(count), self._tracer

        def tagged_span() -> None:
            span = tracer.start_span("tagged")
            span.set_tags(tags)
            span.finish()

        return tagged_span

    def trace(self, spans: int) -> None:
        """Create a root and its children, one after the other."""
        root = self._tracer.start_span("root")
        for number in range(spans - 1):
            child = self._tracer.start_span("child", child_of=root)
            child.set_tags({"http.method": "GET", "number": number, "cached": True})
            child.finish()
        root.finish()

    def serve_request(
        self,
        environ: Mapping[str, object],
        work: Callable[[], Answer],
    ) -> Answer:
        """Call *work* in the active span of the request."""
        context = self._propagator.extract(headers_of(environ))
        self._tracer.context_provider.activate(context)
        with self._tracer.trace("GET", span_type="web") as span:
            span.set_tags(
                {
                    "span.kind": "server",
                    "component": "wsgi",
                    "http.method": environ["REQUEST_METHOD"],
                    "http.url": environ["PATH_INFO"],
                }
            )
            result = work()
            span.set_tag("http.status_code", 200)
            return result

    def make_encoding(self, *, unseen: bool, batches: int) -> Callable[[], int]:
        """Encode a batch to msgpack, in the format that it would send."""
        encoding: Any = import_module("ddtrace.internal.encoding")
        encoder = encoding.MsgpackEncoderV05(LARGEST_BATCH, LARGEST_BATCH)
        waiting = iter(
            [self._finished(number, unseen=unseen) for number in range(batches)]
        )

        def encode() -> int:
            for family in next(waiting):
                encoder.put(family)
            return sum(len(payload) for payload, _ in encoder.encode())

        return encode

    def _finished(self, batch: int, *, unseen: bool) -> list[list[Any]]:
        """Return a batch of spans; those of a parent are together, as in its traces."""
        first = batch * SPANS_IN_BATCH
        return [
            self._family(range(number, number + CHILDREN_OF_PARENT), unseen=unseen)
            for number in range(first, first + SPANS_IN_BATCH, CHILDREN_OF_PARENT)
        ]

    def _family(self, numbers: range, *, unseen: bool) -> list[Any]:
        parent = self._tracer.start_span("GET")
        spans = [
            self._tracer.start_span("GET /customer", child_of=parent) for _ in numbers
        ]
        for number, span in zip(numbers, spans, strict=True):
            span.set_tags(encoded_tags(number, unseen=unseen))
            span.set_tags({"event": "retry", "message": "first attempt failed"})
            span.finish()
        return spans


PEER = DatadogPeer
