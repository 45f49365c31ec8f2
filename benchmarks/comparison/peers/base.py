"""
The operations of every tracer that is compared.

A peer runs in an environment of its own, which contains only its tracer and `waitress`;
this module is imported while the start of a process is measured, and so imports nothing
itself.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as typing's own, which would take 4 ms of the start
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    Answer = TypeVar("Answer")


class Addresses:
    """
    Where spans go, on 127.0.0.1.

    Args:
        udp_port: Port for compact Thrift over UDP, like a Jaeger agent's.
        http_port: Port for OTLP, Jaeger's Thrift and Datadog's traces over HTTP.
    """

    __slots__ = ("http_port", "udp_port")

    def __init__(self, udp_port: int, http_port: int) -> None:
        self.udp_port = udp_port
        self.http_port = http_port


class Peer:
    """
    One tracer and its work, written as a user of it would.

    One object per process, which is created and started. A method whose name does not
    begin with `make_`, `start` or `close` may be called from several threads at once.
    Spans are sent in the background, and `close` sends what is left.
    """

    label: str = "?"
    """Its name in the tables."""

    spans_of: Mapping[str, int] = {
        "root_finish": 1,
        "active_child": 2,
        "web_request": 3,
    }
    """Number of spans of one call of a method, if they are sampled."""

    def start(
        self,
        addresses: Addresses,
        *,
        sampled: bool = True,
        queue_size: int | None = None,
    ) -> None:
        """
        Create the tracer with these settings and the defaults.

        Args:
            addresses: Where spans are sent; `limit` sends none.
            sampled: The sampling decision for every trace.
            queue_size: Capacity of the queue; `None` is the tracer's own default.
        """
        raise NotImplementedError

    def close(self, timeout: float) -> None:
        """Send all that is left and end the tracer, within *timeout* seconds."""
        raise NotImplementedError

    def root_finish(self) -> None:
        """Start a root span with three tags and finish it."""
        raise NotImplementedError

    def active_child(self) -> None:
        """Start an active parent and child, with three tags and a log each."""
        raise NotImplementedError

    def web_request(self) -> None:
        """Extract; start a server span of 6 tags and 2 clients of 5, with injects."""
        raise NotImplementedError

    def inject_extract(self) -> None:
        """Inject into an empty dict, and extract from a full one."""
        raise NotImplementedError

    def named_span(self, name: str) -> None:
        """Start a root span of this name and finish it."""
        raise NotImplementedError

    def make_tagged_span(self, count: int) -> Callable[[], None]:
        """Return a call that starts a root span with *count* tags and finishes it."""
        raise NotImplementedError

    def trace(self, spans: int) -> None:
        """Create one trace: a root with *spans* - 1 children, three tags each."""
        raise NotImplementedError

    def serve_request(
        self,
        environ: Mapping[str, object],
        work: Callable[[], Answer],
    ) -> Answer:
        """
        Call *work* in an active server span, as a WSGI middleware would.

        The span's parent comes from the headers in the WSGI *environ*; the span is
        finished, and the result of *work* returned.
        """
        raise NotImplementedError

    def make_encoding(self, *, unseen: bool, batches: int) -> Callable[[], int]:
        """
        Return a call that encodes the next of *batches* batches of 100 spans.

        The call returns the length of the encoded bytes. Each span has 8 tags
        and a log, and ids of its own.

        Args:
            unseen: Whether 3 of the 8 values are new.
            batches: Maximum number of calls.
        """
        raise NotImplementedError


def headers_of(environ: Mapping[str, object]) -> dict[str, str]:
    """Return the headers of a WSGI request, with names in lower case."""
    return {
        name[5:].replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
