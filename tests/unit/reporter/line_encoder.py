"""An encoder that a test can read: a payload is the operation names, in lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from jaeger_client.encoding import Encoder, Payload
from jaeger_client.model import Process, SpanData, SpanLosses
from jaeger_client.senders import MemorySender, Sender
from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext


@dataclass
class LineEncoder:
    """Packs as many lines as fit; counts a name longer than the limit as too large."""

    content_type: str = "text/plain"
    losses: SpanLosses = field(default_factory=SpanLosses)
    process: Process | None = None
    forgot: int = 0

    def set_process(self, process: Process) -> None:
        """Remember *process*."""
        self.process = process

    def clear_cache(self) -> None:
        """Count."""
        self.forgot += 1

    def encode(self, spans: Sequence[SpanData], *, limit: int) -> Iterator[Payload]:
        """Yield the names, each with its line end."""
        lines: list[bytes] = []
        for index, span in enumerate(spans):
            line = span.operation_name.encode() + b"\n"
            if len(line) > limit:
                self.losses.too_large += 1
                continue
            if sum(map(len, lines)) + len(line) > limit:
                yield Payload(b"".join(lines), len(lines), index)
                lines = []
            lines.append(line)
        if lines:
            yield Payload(b"".join(lines), len(lines), len(spans))


@dataclass
class LineChannel:
    """A channel of lines into memory."""

    encoder: Encoder = field(default_factory=LineEncoder)
    sender: Sender = field(default_factory=MemorySender)


def named(*names: str) -> list[Span]:
    """Return a sampled span for each of *names*."""
    return [Span(SpanContext(1, 1, None, 1), None, name) for name in names]


def lines_of(sender: Sender) -> list[list[str]]:
    """Return the names in each payload that *sender*, a memory, has stored."""
    assert isinstance(sender, MemorySender)
    return [payload.decode().split() for payload in sender.payloads]
