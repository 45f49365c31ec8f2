"""A thousand forks of a process whose threads and signal handler report."""

from __future__ import annotations

import os

import pytest

from tests.integration.conftest import RunProgram
from tests.integration.span_sink import SpanSink

CHILDREN, GRANDCHILDREN, LATE = 1_000, 50, 50
SPANS = 5
THREADS = 4
TIMEOUT = 200.0


@pytest.mark.long
@pytest.mark.timeout(2 * TIMEOUT)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork is missing")
def test_all_spans_of_a_thousand_forks_arrive_once(
    run_program: RunProgram,
    sink: SpanSink,
) -> None:
    """Parent, children and grandchildren report everything, however they end."""
    output = run_program("fork_often_under_load.py", timeout=TIMEOUT)
    handled, dropped = map(int, output.split())
    processes = 2 * CHILDREN + GRANDCHILDREN + LATE  # each child, and before its fork
    expected = SPANS * (processes + THREADS * CHILDREN) + handled

    assert 0 == dropped
    assert sink.wait_for(expected)
    assert expected == len(sink.names)
    assert expected == len(set(sink.names))
    assert expected == len({(span.traceIdLow, span.spanId) for span in sink.spans})
