"""A sampler that follows a file of strategies, and a wait until it does."""

from __future__ import annotations

import json
import queue
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from opentelemetry.context import Context
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    TraceFlags,
    TraceState,
    set_span_in_context,
)

from jaeger_client.metrics import MetricsFactory
from jaeger_client.metrics.metrics import CountFunction
from jaeger_client.otel import JaegerRemoteSampler

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.sampling import Sampler, SamplingResult

TIMEOUT: Final = 30.0
"""Seconds after which a test fails that waits for a poll."""

TRACE_ID: Final = (7 << 64) + 2**64 - 1
"""A trace that no rate below 1 samples."""

ALL: Final = {"type": "probabilistic", "param": 1}
NONE: Final = {"type": "probabilistic", "param": 0}


class WaitingFactory(MetricsFactory):
    """Lets a test wait for a count."""

    def __init__(self) -> None:
        self._counted: queue.Queue[str] = queue.Queue()

    def create_counter(
        self, name: str, tags: Mapping[str, str] | None = None
    ) -> CountFunction:
        """Return a function that queues each count."""
        key = " ".join([name, *(tags or {}).values()])
        return lambda _value: self._counted.put(key)

    def wait_for(self, key: str) -> None:
        """Wait until *key* is counted, and fail if that takes too long."""
        while self._counted.get(timeout=TIMEOUT) != key:
            pass


@contextmanager
def following(
    folder: Path, strategy: Mapping[str, object]
) -> Generator[JaegerRemoteSampler, None, None]:
    """Create a sampler that has read *strategy* as the default of all services."""
    path = folder / "strategies.json"
    path.write_text(json.dumps({"default_strategy": strategy}), encoding="utf-8")
    factory = WaitingFactory()
    sampler = JaegerRemoteSampler(
        "bakery",
        strategies_file=path,
        # No strategy of a test has this rate, so each one is an update.
        initial_sampling_rate=0.5,
        metrics_factory=factory,
    )
    with closing(sampler):
        decide(sampler)
        factory.wait_for("jaeger:sampler_updates ok")
        yield sampler


def decide(
    sampler: Sampler,
    context: Context | None = None,
    *,
    name: str = "bake",
    attributes: Mapping[str, str] | None = None,
) -> SamplingResult:
    """Decide on a span, by default on a root without attributes."""
    context = Context() if context is None else context
    return sampler.should_sample(context, TRACE_ID, name, attributes=attributes)


def parent(*, is_sampled: bool, is_remote: bool = True, **trace_state: str) -> Context:
    """Return a context with a parent of the trace `TRACE_ID`."""
    flags = TraceFlags(TraceFlags.SAMPLED if is_sampled else TraceFlags.DEFAULT)
    state = TraceState([*trace_state.items()])
    context = SpanContext(TRACE_ID, 1, is_remote, flags, state)
    return set_span_in_context(NonRecordingSpan(context), Context())


def attributes_of(result: SamplingResult) -> dict[str, object]:
    """Return the attributes that the SDK is to set."""
    return dict(cast("Mapping[str, object]", result.attributes))


def description_of(sampler: Sampler) -> str:
    """Return the description, which is not typed in each class of the SDK."""
    return sampler.get_description()
