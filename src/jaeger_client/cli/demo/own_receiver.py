"""The demo's own backend: a UDP port whose datagrams are decoded by thriftpy2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jaeger_client.allinone.receive import ReceivedBatch, ReceivedSpan, UdpReceiver
from jaeger_client.cli.demo.backend import DemoSpan, error_of


class OwnReceiver:
    """
    Receives spans in this process.

    Nothing is read before `trace` is called. Until then datagrams wait in the
    socket's buffer, which is far larger than what the demo sends.
    """

    def __init__(self) -> None:
        self._receiver = UdpReceiver()
        self._traces: dict[str, list[DemoSpan]] = {}

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables that make services report to it."""
        return {
            "JAEGER_AGENT_HOST": "127.0.0.1",
            "JAEGER_AGENT_PORT": str(self._receiver.port),
        }

    @property
    def description(self) -> str:
        """A description for the user."""
        return f"UDP on 127.0.0.1:{self._receiver.port}, decoded by thriftpy2"

    def trace(self, trace_id: str, spans: int) -> Sequence[DemoSpan]:
        """Return the spans that have arrived; on loopback none is still in transit."""
        del spans
        while (batch := self._receiver.receive(0)) is not None:
            for span in batch.spans:
                seen = _to_demo_span(batch, span)
                self._traces.setdefault(f"{span.trace_id:x}", []).append(seen)
        return self._traces.get(trace_id, ())

    def link(self, trace_id: str) -> None:
        """Return nothing: there is no page."""
        del trace_id

    def close(self) -> None:
        """Close the port."""
        self._receiver.close()


def _to_demo_span(batch: ReceivedBatch, span: ReceivedSpan) -> DemoSpan:
    return DemoSpan(
        span_id=f"{span.span_id:x}",
        parent_id=f"{span.parent_id:x}" if span.parent_id else None,
        service=batch.service_name,
        operation=span.operation_name,
        start_us=span.start_us,
        duration_us=span.duration_us,
        error=error_of(dict(span.tags), [dict(log.fields) for log in span.logs]),
    )
