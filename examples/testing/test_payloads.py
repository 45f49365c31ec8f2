"""A test whose spans are encoded; the payloads are stored in memory."""

from __future__ import annotations

from jaeger_client import ConstSampler, Tracer
from jaeger_client.encoding import JaegerCompactEncoder
from jaeger_client.reporter import Reporter, SimpleChannel
from jaeger_client.testing import MemorySender


def test_payload_contains_the_span() -> None:
    """`flush` sends the queued spans, so the sender has the payload when it returns."""
    sender = MemorySender()
    reporter = Reporter(SimpleChannel(JaegerCompactEncoder(), sender))

    with Tracer("bakery", reporter, ConstSampler(decision=True)) as tracer:
        tracer.start_span("bake-strudel").finish()
        tracer.flush()

    (payload,) = sender.payloads
    assert b"bake-strudel" in payload
