"""OpenTelemetry's SDK with our sampler, and trace ids from a fixed seed."""

from __future__ import annotations

from typing import Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ParentBased

from jaeger_client._internal.ids import IdRandom
from jaeger_client.otel import JaegerRemoteSampler

SEED: Final = 20_261_129


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
    """A service that is traced by the SDK, and whose sampler polls a Jaeger."""

    def __init__(
        self,
        name: str,
        endpoint: str,
        *,
        polling_interval: float,
        processor: SpanProcessor | None = None,
    ) -> None:
        self._sampler = JaegerRemoteSampler(
            name, endpoint=endpoint, polling_interval=polling_interval
        )
        self._ids = SeededIds()
        self._provider = TracerProvider(
            sampler=ParentBased(self._sampler),
            id_generator=self._ids,
            resource=Resource.create({"service.name": name}),
            shutdown_on_exit=False,
        )
        if processor is not None:
            self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("test")
        self._begin_polling()

    def _begin_polling(self) -> None:
        self._tracer.start_span("first").end()

    def strategy(self) -> str:
        """Return what the sampler follows now."""
        return self._sampler.get_description()

    def sampled(self, starts: int, operation: str) -> list[int]:
        """Make so many traces of one span; return the ids of those sampled."""
        self._ids.random.seed(SEED)
        sampled: list[int] = []
        for _ in range(starts):
            span = self._tracer.start_span(operation)
            context = span.get_span_context()
            if context.trace_flags.sampled:
                sampled.append(context.trace_id)
            span.end()
        return sampled

    def close(self) -> None:
        """Send what is queued, and stop polling."""
        self._provider.shutdown()
        self._sampler.close()
