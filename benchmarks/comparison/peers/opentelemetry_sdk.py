"""OpenTelemetry's SDK with its batch processor, sending OTLP over HTTP."""

from __future__ import annotations

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

# By import_module, because they are installed in the peer's environment only.
api: Any = import_module("opentelemetry.trace")
propagate: Any = import_module("opentelemetry.propagate")
exporter: Any = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
resources: Any = import_module("opentelemetry.sdk.resources")
sampling: Any = import_module("opentelemetry.sdk.trace.sampling")
sdk: Any = import_module("opentelemetry.sdk.trace")
export: Any = import_module("opentelemetry.sdk.trace.export")

TRACEPARENT = "00-00000000000000005cb6f28d8a31f9e4-3f2b8c1de05a9761-0{}"


class OpenTelemetryPeer(Peer):
    """The SDK as its getting-started page sets it up."""

    label = "OpenTelemetry SDK"

    def start(
        self,
        addresses: Addresses,
        *,
        sampled: bool = True,
        queue_size: int | None = None,
    ) -> None:
        """Create a provider with one processor, and get its tracer."""
        url = f"http://127.0.0.1:{addresses.http_port}/v1/traces"
        processor = export.BatchSpanProcessor(
            exporter.OTLPSpanExporter(endpoint=url), max_queue_size=queue_size
        )
        self._start(processor, sampled=sampled)

    def _start(self, processor: object, *, sampled: bool = True) -> None:
        decide = sampling.ALWAYS_ON if sampled else sampling.ALWAYS_OFF
        self._provider = sdk.TracerProvider(
            sampler=sampling.ParentBased(decide),
            resource=resources.Resource.create({"service.name": "benchmark"}),
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("benchmark")
        self._headers = {
            **OTHER_HEADERS,
            "traceparent": TRACEPARENT.format(int(sampled)),
        }

    @cached_property
    def _context(self) -> object:
        # Not created in `start`, which is measured too.
        return propagate.extract(self._headers)

    def close(self, timeout: float) -> None:
        """Shut down, which sends what is left and has no timeout parameter."""
        del timeout
        self._provider.shutdown()

    def root_finish(self) -> None:
        """Start a root span with three attributes and end it."""
        self._tracer.start_span(
            "GET /customer",
            attributes={"http.method": "GET", "http.status_code": 200, "cached": True},
        ).end()

    def active_child(self) -> None:
        """Use both spans as context managers, with an event each."""
        tags = {"http.method": "GET", "http.status_code": 200, "cached": True}
        start = self._tracer.start_as_current_span
        with start("GET /customer", attributes=tags) as parent:
            parent.add_event("cache", {"hit": False})
            tags = {"db.type": "sql", "db.rows": 3, "cached": False}
            with start("SELECT", attributes=tags) as child:
                child.add_event("retry", {"attempt": 1})

    def web_request(self) -> None:
        """Handle a request that makes two requests of its own."""
        tags = {
            "component": "wsgi",
            "http.scheme": "http",
            "http.method": "GET",
            "http.url": "http://shop.example/customers/17",
            "http.status_code": 200,
            "cached": False,
        }
        server = self._tracer.start_span(
            "GET",
            context=propagate.extract(self._headers),
            kind=api.SpanKind.SERVER,
            attributes=tags,
        )
        context = api.set_span_in_context(server)
        self._client("SELECT", context, "mysql", 3306)
        self._client("GET /route", context, "route", 8083)
        server.end()

    def _client(self, name: str, context: object, service: str, port: int) -> None:
        tags = {
            "component": "http",
            "http.scheme": "http",
            "peer.service": service,
            "peer.port": port,
            "error": False,
        }
        span = self._tracer.start_span(
            name, context=context, kind=api.SpanKind.CLIENT, attributes=tags
        )
        propagate.inject({}, api.set_span_in_context(span))
        span.end()

    def inject_extract(self) -> None:
        """Inject the context of a span and extract another."""
        propagate.inject({}, self._context)
        propagate.extract(self._headers)

    def named_span(self, name: str) -> None:
        """Start and end a span without attributes."""
        self._tracer.start_span(name).end()

    def make_tagged_span(self, count: int) -> Callable[[], None]:
        """Return a call that passes a copy of these attributes."""
        tags, tracer = make_tags(count), self._tracer

        def tagged_span() -> None:
            tracer.start_span("tagged", attributes=dict(tags)).end()

        return tagged_span

    def trace(self, spans: int) -> None:
        """Create a root and its children, one after the other."""
        root = self._tracer.start_span("root")
        context = api.set_span_in_context(root)
        for number in range(spans - 1):
            tags = {"http.method": "GET", "number": number, "cached": True}
            self._tracer.start_span("child", context=context, attributes=tags).end()
        root.end()

    def serve_request(
        self,
        environ: Mapping[str, object],
        work: Callable[[], Answer],
    ) -> Answer:
        """Call *work* in the current span of kind server."""
        tags = {
            "component": "wsgi",
            "http.method": environ["REQUEST_METHOD"],
            "http.url": environ["PATH_INFO"],
        }
        with self._tracer.start_as_current_span(
            "GET",
            context=propagate.extract(headers_of(environ)),
            kind=api.SpanKind.SERVER,
            attributes=tags,
        ) as span:
            result = work()
            span.set_attribute("http.status_code", 200)
            return result

    def make_encoding(self, *, unseen: bool, batches: int) -> Callable[[], int]:
        """Encode a batch to a protobuf message, and that to bytes."""
        encoder: Any = import_module(
            "opentelemetry.exporter.otlp.proto.common.trace_encoder"
        )
        spans = self._finished(unseen=unseen, count=batches * SPANS_IN_BATCH)
        starts = iter(range(0, len(spans), SPANS_IN_BATCH))

        def encode() -> int:
            start = next(starts)
            batch = spans[start : start + SPANS_IN_BATCH]
            return len(encoder.encode_spans(batch).SerializeToString())

        return encode

    def _finished(self, *, unseen: bool, count: int) -> Any:  # noqa: ANN401 - foreign
        """Return spans of 8 attributes and an event, with distinct ids."""
        memory: Any = import_module(
            "opentelemetry.sdk.trace.export.in_memory_span_exporter"
        )
        keep = memory.InMemorySpanExporter()
        self._start(export.SimpleSpanProcessor(keep))
        parent = None
        for number in range(count):
            if parent is None or number % CHILDREN_OF_PARENT == 0:
                parent = api.set_span_in_context(self._tracer.start_span("GET"))
            span = self._tracer.start_span(
                "GET /customer",
                context=parent,
                attributes=encoded_tags(number, unseen=unseen),
            )
            span.add_event("retry", {"message": "first attempt failed"})
            span.end()
        return keep.get_finished_spans()


PEER = OpenTelemetryPeer
