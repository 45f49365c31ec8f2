"""
The work of an OpenTracing application, line by line the same for both clients.

jaeger-client 4.8 and 5 are imported by the same names and called in the same way, so
they differ only by what is installed.
"""

from __future__ import annotations

from functools import cached_property

from opentracing import Format

from benchmarks.comparison.peers.base import Addresses, Peer, headers_of
from benchmarks.comparison.peers.work import (
    CHILDREN_OF_PARENT,
    OTHER_HEADERS,
    SPANS_IN_BATCH,
    encoded_tags,
    make_tags,
)
from jaeger_client import Config

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from jaeger_client import Span, SpanContext, Tracer

    Answer = TypeVar("Answer")

SAMPLED = {**OTHER_HEADERS, "uber-trace-id": "5cb6f28d8a31f9e4:3f2b8c1de05a9761:0:1"}
UNSAMPLED = {**OTHER_HEADERS, "uber-trace-id": "5cb6f28d8a31f9e4:3f2b8c1de05a9761:0:0"}


class OpenTracingPeer(Peer):
    """A client that is configured by `Config` and called through OpenTracing."""

    def start(
        self,
        addresses: Addresses,
        *,
        sampled: bool = True,
        queue_size: int | None = None,
    ) -> None:
        """Create the tracer from a configuration, sending by UDP."""
        settings: dict[str, object] = {
            "sampler": {"type": "const", "param": int(sampled)},
            "local_agent": {
                "reporting_host": "127.0.0.1",
                "reporting_port": addresses.udp_port,
            },
            "logging": False,
        }
        if queue_size is not None:
            settings["reporter_queue_size"] = queue_size
        tracer = Config(settings, service_name="benchmark", validate=True).new_tracer()
        self.tracer: Tracer = tracer
        self._headers = SAMPLED if sampled else UNSAMPLED

    @cached_property
    def _context(self) -> SpanContext:
        # Not created in `start`, which is measured too.
        context = self.tracer.extract(Format.HTTP_HEADERS, self._headers)
        assert context is not None
        return context

    def root_finish(self) -> None:
        """Start a root span with three tags and finish it."""
        self.tracer.start_span(
            "GET /customer",
            tags={"http.method": "GET", "http.status_code": 200, "cached": True},
        ).finish()

    def active_child(self) -> None:
        """Use both spans as context managers."""
        tags = {"http.method": "GET", "http.status_code": 200, "cached": True}
        with self.tracer.start_active_span("GET /customer", tags=tags) as parent:
            parent.span.log_kv({"event": "cache", "hit": False})
            tags = {"db.type": "sql", "db.rows": 3, "cached": False}
            with self.tracer.start_active_span("SELECT", tags=tags) as child:
                child.span.log_kv({"event": "retry", "attempt": 1})

    def web_request(self) -> None:
        """Handle a request that makes two requests of its own."""
        parent = self.tracer.extract(Format.HTTP_HEADERS, self._headers)
        tags = {
            "span.kind": "server",
            "component": "wsgi",
            "http.method": "GET",
            "http.url": "http://shop.example/customers/17",
            "http.status_code": 200,
            "cached": False,
        }
        server = self.tracer.start_span("GET", child_of=parent, tags=tags)
        self._client("SELECT", server, "mysql", 3306)
        self._client("GET /route", server, "route", 8083)
        server.finish()

    def _client(self, name: str, server: Span, service: str, port: int) -> None:
        tags = {
            "span.kind": "client",
            "component": "http",
            "peer.service": service,
            "peer.port": port,
            "error": False,
        }
        span = self.tracer.start_span(name, child_of=server, tags=tags)
        self.tracer.inject(span.context, Format.HTTP_HEADERS, {})
        span.finish()

    def inject_extract(self) -> None:
        """Inject the context of a span and extract another."""
        self.tracer.inject(self._context, Format.HTTP_HEADERS, {})
        self.tracer.extract(Format.HTTP_HEADERS, self._headers)

    def named_span(self, name: str) -> None:
        """Start and finish a span without tags."""
        self.tracer.start_span(name).finish()

    def make_tagged_span(self, count: int) -> Callable[[], None]:
        """Return a call that passes a copy of these tags."""
        tags, tracer = make_tags(count), self.tracer

        def tagged_span() -> None:
            tracer.start_span("tagged", tags=dict(tags)).finish()

        return tagged_span

    def trace(self, spans: int) -> None:
        """Create a root and its children, one after the other."""
        root = self.tracer.start_span("root")
        for number in range(spans - 1):
            tags = {"http.method": "GET", "number": number, "cached": True}
            self.tracer.start_span("child", child_of=root, tags=tags).finish()
        root.finish()

    def serve_request(
        self,
        environ: Mapping[str, object],
        work: Callable[[], Answer],
    ) -> Answer:
        """Call *work* in an active span of kind server."""
        parent = self.tracer.extract(Format.HTTP_HEADERS, headers_of(environ))
        tags = {
            "span.kind": "server",
            "component": "wsgi",
            "http.method": environ["REQUEST_METHOD"],
            "http.url": environ["PATH_INFO"],
        }
        with self.tracer.start_active_span("GET", child_of=parent, tags=tags) as scope:
            result = work()
            scope.span.set_tag("http.status_code", 200)
            return result


def make_batches(*, unseen: bool, batches: int) -> list[list[Span]]:
    """Return batches of finished spans of 8 tags and a log, with distinct ids."""
    # Imported here, because an application's start does not need them.
    from jaeger_client import ConstSampler  # noqa: PLC0415 - see above
    from jaeger_client.reporter import InMemoryReporter  # noqa: PLC0415

    reporter = InMemoryReporter()
    config = Config({"logging": False}, service_name="benchmark", validate=True)
    tracer = config.create_tracer(reporter, ConstSampler(True))  # noqa: FBT003 - 4.8's
    parent = None
    for number in range(batches * SPANS_IN_BATCH):
        if parent is None or number % CHILDREN_OF_PARENT == 0:
            parent = tracer.start_span("GET")
        span = tracer.start_span(
            "GET /customer",
            child_of=parent,
            tags=encoded_tags(number, unseen=unseen),
        )
        span.log_kv({"event": "retry", "message": "first attempt failed"})
        span.finish()
    spans = reporter.get_spans()
    return [
        spans[start : start + SPANS_IN_BATCH]
        for start in range(0, len(spans), SPANS_IN_BATCH)
    ]
