"""Thrift batches of spans of OpenTelemetry's SDK, which may be of several resources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from jaeger_client.encoding.base import Encoder, Payload
from jaeger_client.model import Process, SpanData
from jaeger_client.otel.thrift_spans import process_of


class ProcessSwitchingEncoder:
    """
    Encodes spans of `ThriftConverter` by *encoder*, each with its own process.

    A batch of Thrift has one process, so the spans of each are payloads of their own.
    Spans of one process must be neighbours. Used by one thread at a time.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._process: Process | None = None
        self.content_type = encoder.content_type
        self.losses = encoder.losses
        """Counts of the spans that were left out or truncated."""

    def set_process(self, process: Process) -> None:
        """Use *process* until a span has another one."""
        self._process = process
        self._encoder.set_process(process)

    def clear_cache(self) -> None:
        """Discard all cached bytes, which may contain secrets."""
        self._encoder.clear_cache()

    def encode(self, spans: Sequence[SpanData], *, limit: int) -> Iterator[Payload]:
        """Yield payloads of *spans*, in their order."""
        self._encoder.losses = self.losses
        start = 0
        for process, members in groupby(spans, process_of):
            run = [*members]
            if process is not self._process:
                self.set_process(process)
            for payload in self._encoder.encode(run, limit=limit):
                yield payload._replace(consumed=start + payload.consumed)
            start += len(run)
