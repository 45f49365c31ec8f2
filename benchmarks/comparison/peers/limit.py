"""
The minimum for any Python tracer, without limits, locks or a wire format.

Two clock calls, one random id, one slotted object, a dict and an append for a span; a
header is read with one split and written with one format.
"""

from __future__ import annotations

import random
import time

from benchmarks.comparison.peers.base import Addresses, Peer
from benchmarks.comparison.peers.work import OTHER_HEADERS, make_tags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    Answer = TypeVar("Answer")

HEADER = "uber-trace-id"
HEADERS = {**OTHER_HEADERS, HEADER: "5cb6f28d8a31f9e4:3f2b8c1de05a9761:0:1"}


class Span:
    """A span without any protection from misuse."""

    __slots__ = ("end", "logs", "name", "parent", "span_id", "start", "tags", "trace")

    name: str
    trace: int
    span_id: int
    parent: int
    start: float
    end: float
    tags: Mapping[str, object]
    logs: list[tuple[float, Mapping[str, object]]]


class LimitPeer(Peer):
    """Creates spans and discards them, a hundred at a time."""

    label = "limit"

    def start(
        self,
        addresses: Addresses,
        *,
        sampled: bool = True,
        queue_size: int | None = None,
    ) -> None:
        """Use only the sampling decision."""
        del addresses, queue_size
        self._sampled = sampled
        self._random = random.Random().getrandbits  # noqa: S311 - as ids are made
        self._time = time.time
        self._spans = list[Span]()

    def close(self, timeout: float) -> None:
        """Discard the last spans."""
        del timeout
        self._spans.clear()

    def _begin(
        self, name: str, trace: int, parent: int, tags: Mapping[str, object]
    ) -> Span:
        span = Span()
        span.name = name
        span.span_id = self._random(64)
        span.trace = trace or span.span_id
        span.parent = parent
        span.tags = tags
        span.start = self._time()
        return span

    def _finish(self, span: Span) -> None:
        span.end = self._time()
        spans = self._spans
        spans.append(span)
        if len(spans) >= 100:
            spans.clear()

    def root_finish(self) -> None:
        """Create one span, without a call for its start or its end."""
        if not self._sampled:
            return
        span = Span()
        span.start = self._time()
        span.span_id = span.trace = self._random(64)
        span.tags = {"http.method": "GET", "http.status_code": 200, "cached": True}
        span.end = self._time()
        self._spans.append(span)
        if len(self._spans) >= 100:
            self._spans.clear()

    def active_child(self) -> None:
        """Create two spans with a log each."""
        tags = {"http.method": "GET", "http.status_code": 200, "cached": True}
        parent = self._begin("GET /customer", 0, 0, tags)
        parent.logs = [(self._time(), {"event": "cache", "hit": False})]
        tags = {"db.type": "sql", "db.rows": 3, "cached": False}
        child = self._begin("SELECT", parent.trace, parent.span_id, tags)
        child.logs = [(self._time(), {"event": "retry", "attempt": 1})]
        self._finish(child)
        self._finish(parent)

    def web_request(self) -> None:
        """Read a header, create three spans, write two headers."""
        trace, parent, _, _ = HEADERS[HEADER].split(":")
        tags: dict[str, object] = {
            "span.kind": "server",
            "component": "wsgi",
            "http.method": "GET",
            "http.url": "http://shop.example/customers/17",
            "http.status_code": 200,
            "cached": False,
        }
        server = self._begin("GET", int(trace, 16), int(parent, 16), tags)
        self._client("SELECT", server, "mysql", 3306)
        self._client("GET /route", server, "route", 8083)
        self._finish(server)

    def _client(self, name: str, server: Span, service: str, port: int) -> None:
        tags: dict[str, object] = {
            "span.kind": "client",
            "component": "http",
            "peer.service": service,
            "peer.port": port,
            "error": False,
        }
        span = self._begin(name, server.trace, server.span_id, tags)
        headers: dict[str, str] = {}
        headers[HEADER] = f"{span.trace:x}:{span.span_id:x}:{span.parent:x}:1"
        self._finish(span)

    def inject_extract(self) -> None:
        """Write one header and read another."""
        headers: dict[str, str] = {}
        headers[HEADER] = f"{0x5CB6F28D8A31F9E4:x}:{0x3F2B8C1DE05A9761:x}:0:1"
        trace, parent, _, _ = HEADERS[HEADER].split(":")
        self._last = int(trace, 16), int(parent, 16)

    def named_span(self, name: str) -> None:
        """Create one span."""
        self._finish(self._begin(name, 0, 0, {}))

    def make_tagged_span(self, count: int) -> Callable[[], None]:
        """Return a call that creates one span with a copy of these tags."""
        tags = make_tags(count)

        def tagged_span() -> None:
            self._finish(self._begin("tagged", 0, 0, dict(tags)))

        return tagged_span

    def trace(self, spans: int) -> None:
        """Create a root and its children."""
        root = self._begin("root", 0, 0, {})
        for number in range(spans - 1):
            tags = {"http.method": "GET", "number": number, "cached": True}
            self._finish(self._begin("child", root.trace, root.span_id, tags))
        self._finish(root)

    def serve_request(
        self,
        environ: Mapping[str, object],
        work: Callable[[], Answer],
    ) -> Answer:
        """Call *work* only: an application without a tracer."""
        del environ
        return work()


PEER = LimitPeer
