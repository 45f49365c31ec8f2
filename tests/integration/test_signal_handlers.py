"""Spans that begin in a signal handler, in a real process with a real timer."""

from __future__ import annotations

import signal

import pytest

from tests.integration.conftest import RunProgram

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
    """Whatever the interrupted frame was at, nothing hangs, and nothing is lost."""
    assert run_program("spans_in_signal_handlers.py", shared).startswith("True ")
