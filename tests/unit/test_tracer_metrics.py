"""What the tracer counts, under the names of 4.8."""

from __future__ import annotations

import pytest
from opentracing import SpanContextCorruptedException

from jaeger_client.metrics import Metrics
from jaeger_client.reporter import NullReporter
from jaeger_client.sampler import ConstSampler
from jaeger_client.span_context import SpanContext
from jaeger_client.throttler import Throttler
from jaeger_client.tracer import Tracer

SERVER = {"span.kind": "server"}


class Refusing(Throttler):
    """Allows no debug trace."""

    def is_allowed(self, operation: str) -> bool:
        return False


class Counts:
    """A tracer, and what it counted."""

    def __init__(
        self, *, sampled: bool = True, throttler: Throttler | None = None
    ) -> None:
        self.all: dict[str, int] = {}
        self.tracer = Tracer(
            "svc",
            NullReporter(),
            ConstSampler(decision=sampled),
            metrics=Metrics(count=self.count),
            throttler=throttler,
        )

    def count(self, key: str, value: int) -> None:
        self.all[key] = self.all.get(key, 0) + value


@pytest.mark.parametrize("sampled", [False, True])
@pytest.mark.parametrize("joined", [False, True])
def test_root(sampled: bool, joined: bool) -> None:
    """A root counts one span and one trace: joined if it is a server's, or started."""
    counts = Counts(sampled=sampled)

    counts.tracer.start_span("op", tags=SERVER if joined else None)

    yes_or_no = "y" if sampled else "n"
    state = "joined" if joined else "started"
    assert {
        f"jaeger:started_spans.sampled_{yes_or_no}": 1,
        f"jaeger:traces.sampled_{yes_or_no}.state_{state}": 1,
    } == counts.all


def test_child() -> None:
    """A child counts one span and no trace, a server's as well."""
    counts = Counts()
    parent = SpanContext(1, 2, None, 1)

    counts.tracer.start_span("op", child_of=parent)
    counts.tracer.start_span("op", child_of=parent, tags=SERVER)

    assert {"jaeger:started_spans.sampled_y": 2} == counts.all


def test_one_span_per_rpc() -> None:
    """A server span that shares its root's id counts as a joined trace."""
    counts = Counts()
    counts.tracer.one_span_per_rpc = True

    counts.tracer.start_span("op", child_of=SpanContext(1, 2, None, 1), tags=SERVER)

    assert 1 == counts.all["jaeger:traces.sampled_y.state_joined"]


def test_finish() -> None:
    """A finished sampled span is counted, an unsampled one is not."""
    counts = Counts()

    counts.tracer.start_span("op").finish()
    counts.tracer.start_span("op", child_of=SpanContext(1, 2, None, 0)).finish()

    assert 1 == counts.all["jaeger:finished_spans"]


def test_throttled_debug_span() -> None:
    """A debug trace that the throttler refuses is counted."""
    counts = Counts(throttler=Refusing())

    counts.tracer.start_span("op", child_of=SpanContext.with_debug_id("d"))

    assert 1 == counts.all["jaeger:throttled_debug_spans"]


def test_decoding_error() -> None:
    """A carrier whose context cannot be read is counted."""
    counts = Counts()

    with pytest.raises(SpanContextCorruptedException):
        counts.tracer.extract("text_map", {"uber-trace-id": "rubbish"})

    assert 1 == counts.all["jaeger:span_context_decoding_errors"]


@pytest.mark.parametrize("sampled", [False, True])
def test_priority_after_the_start_changes_no_count_of_it(sampled: bool) -> None:
    """It counts as it was then, and as finished only if it is sampled at that time."""
    counts = Counts(sampled=sampled)

    span = counts.tracer.start_span("op")
    span.set_tag("sampling.priority", 0 if sampled else 1)
    span.finish()

    started = {key: n for key, n in counts.all.items() if "started_spans" in key}
    yes_or_no = "y" if sampled else "n"
    assert {f"jaeger:started_spans.sampled_{yes_or_no}": 1} == started
    assert (0 if sampled else 1) == counts.all.get("jaeger:finished_spans", 0)
