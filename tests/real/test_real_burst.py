"""Bursts of spans over UDP into a real Jaeger."""

from __future__ import annotations

import pytest

from tests.real.conftest import RunProgram
from tests.real.jaeger_query import JaegerQuery, query_until

COMPACT = "udp_thrift_compact"
"""Jaeger's name for its port 6831 in its metrics."""


@pytest.mark.parametrize(
    ("spans", "settings"),
    [
        pytest.param(20_000, {}, id="default-settings"),
        pytest.param(
            100_000,
            {"JAEGER_REPORTER_MAX_QUEUE_SIZE": "100000"},
            id="queue-of-100000",
        ),
    ],
)
def test_burst_arrives_whole(
    jaeger: JaegerQuery,
    run_program: RunProgram,
    spans: int,
    settings: dict[str, str],
) -> None:
    """Spans that are created as fast as possible all arrive, by Jaeger's own count."""
    accepted = jaeger.accepted_spans(COMPACT)
    refused = jaeger.refused_spans(COMPACT)

    all_left = run_program("burst.py", SPANS=str(spans), **settings).strip()
    arrived = query_until(
        lambda: jaeger.accepted_spans(COMPACT) - accepted,
        lambda count: count >= spans,
    )

    assert ("True", spans) == (all_left, arrived)
    assert refused == jaeger.refused_spans(COMPACT)
