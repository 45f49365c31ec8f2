"""Ctrl-C at random moments, in a real process under load."""

from __future__ import annotations

import signal
from collections import Counter

import pytest

from tests.integration.conftest import RunProgram
from tests.integration.span_sink import SpanSink

INTERRUPTS = 300


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no signals of POSIX")
def test_interrupts_lose_no_span_but_that_of_the_call(
    run_program: RunProgram, sink: SpanSink
) -> None:
    """Around 300 interrupts, only spans of interrupted calls may be lost."""
    output = run_program("interrupted_often.py")
    begun, interrupted, threads = (
        list(map(int, line.split())) for line in output.splitlines()[-3:]
    )
    certain = {*map(str, range(*begun))} - {*map(str, interrupted)}
    assert sink.wait_for(len(certain) + sum(threads))
    arrived = Counter(sink.names)

    assert threads == [arrived.pop(f"thread {number}") for number in range(2)]
    assert certain <= {*arrived} <= {*map(str, range(*begun))}
    assert {1} == {*arrived.values()}
    assert len(interrupted) <= INTERRUPTS
