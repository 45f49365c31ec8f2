"""A burst of spans over UDP into a real Jaeger."""

from __future__ import annotations

from tests.real.conftest import RunProgram
from tests.real.jaeger_query import JaegerQuery, ask_until

SPANS = 20_000
COMPACT = "udp_thrift_compact"
"""What Jaeger calls its port 6831 in its metrics."""


def test_burst_arrives_whole(jaeger: JaegerQuery, run_program: RunProgram) -> None:
    """20,000 spans, made as fast as can be with default settings, all arrive."""
    before = jaeger.accepted_spans(COMPACT)

    all_left = run_program("burst.py").strip()
    arrived = ask_until(
        lambda: jaeger.accepted_spans(COMPACT) - before,
        lambda count: count >= SPANS,
    )

    assert ("True", SPANS) == (all_left, arrived)
    assert 0 == jaeger.refused_spans(COMPACT)
