"""Spans that start in a signal handler, in a real process with a real timer."""

from __future__ import annotations

import signal

import pytest

from tests.integration.conftest import RunProgram
from tests.integration.span_sink import SpanSink

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer"),
    reason="signal.setitimer is missing on this system",
)


@pytest.mark.parametrize(
    "shared",
    [
        "rate-limit",
        "lower-bound",
        "remote-throttler",
        "local-throttler",
        "memory",
        "prometheus",
    ],
)
def test_a_handler_may_begin_spans(run_program: RunProgram, shared: str) -> None:
    """Nothing hangs and nothing is lost, whatever code was interrupted."""
    assert run_program("spans_in_signal_handlers.py", shared).startswith("True ")


def test_spans_of_a_handler_arrive(run_program: RunProgram, sink: SpanSink) -> None:
    """Spans of a handler and of the interrupted code arrive once, or are counted."""
    output = run_program("spans_in_signal_handlers.py", "agent")
    has_handled, begun, dropped = output.splitlines()[-1].split()
    expected = int(begun) - int(dropped)

    assert "True" == has_handled
    assert sink.wait_for(expected)
    assert expected == len(sink.spans)
    assert expected == len({span.spanId for span in sink.spans})
