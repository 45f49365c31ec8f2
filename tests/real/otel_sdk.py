"""OpenTelemetry's SDK with our sampler, and trace ids from a fixed seed."""

from __future__ import annotations

from typing import Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ParentBased

from jaeger_client._internal.ids import IdRandom
from jaeger_client.otel import JaegerRemoteSampler, JaegerThriftUdpExporter
from tests.real.jaeger_server import OwnJaeger
from tests.real.sampling_jaeger import INTERVAL

SEED: Final = 20_261_129

NEVER_SAMPLED: Final = 2**64 - 1
"""A trace id that no rate below 1 samples."""

MAX_QUEUE: Final = 20_000
"""Spans that wait to be sent: those that a test makes at once."""


class SeededIds(IdGenerator):
    """Generates the same ids in each run."""

    def __init__(self) -> None:
        self.random = IdRandom()
        self.random.seed(SEED)

    def generate_span_id(self) -> int:
        """Return a random id that is not 0."""
        return self.random.randrange(1, 1 << 64)

    def generate_trace_id(self) -> int:
        """Return a random id that is not 0."""
        return self.random.randrange(1, 1 << 128)


class OtelService:
    """
    A service that is traced by the SDK: sampled by a Jaeger, and reported to it.

    Args:
        name: Its name.
        jaeger: The Jaeger that it polls, and to which it sends spans over UDP.
        polling_interval: Seconds between two polls.
    """

    def __init__(
        self, name: str, jaeger: OwnJaeger, *, polling_interval: float = INTERVAL
    ) -> None:
        self._sampler = JaegerRemoteSampler(
            name,
            endpoint=f"http://127.0.0.1:{jaeger.ports['SAMPLING_PORT']}",
            polling_interval=polling_interval,
        )
        self._ids = SeededIds()
        self._provider = TracerProvider(
            sampler=ParentBased(self._sampler),
            id_generator=self._ids,
            resource=Resource.create({"service.name": name}),
            shutdown_on_exit=False,
        )
        exporter = JaegerThriftUdpExporter("127.0.0.1", jaeger.ports["UDP_PORT"])
        self._provider.add_span_processor(
            BatchSpanProcessor(exporter, max_queue_size=MAX_QUEUE)
        )
        self._tracer = self._provider.get_tracer("test")
        # Starts the polling. Not by a span: it might be sampled, and counted by Jaeger.
        self._sampler.should_sample(None, NEVER_SAMPLED, "first")

    @property
    def strategy(self) -> str:
        """The sampler that follows the strategy now."""
        return repr(self._sampler._remote.sampler)

    def rate_of(self, operation: str) -> object:
        """Return the rate by which the next trace is decided."""
        _, tags = self._sampler._remote.is_sampled(NEVER_SAMPLED, operation)
        return tags["sampler.param"]

    def traces(self, starts: int, operation: str) -> list[ReadableSpan]:
        """Create *starts* traces of one span, and send them; return those sampled."""
        self._ids.random.seed(SEED)
        spans = [self._tracer.start_span(operation) for _ in range(starts)]
        for span in spans:
            span.end()
        assert self._provider.force_flush()
        return [span for span in spans if isinstance(span, ReadableSpan)]

    def close(self) -> None:
        """Stop polling and reporting."""
        self._provider.shutdown()
        self._sampler.close()
