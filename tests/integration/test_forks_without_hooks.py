"""Forks by C code, of which Python is not notified."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.integration.conftest import RunProgram
from tests.integration.span_sink import SpanSink

CHILDREN = {"child 0": 80, "child 1": 80, "child 2": 80}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork is missing")
@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("nothing", CHILDREN),
        ("queued", {"parent": 1, **CHILDREN}),
        ("running", {"parent": 1, **CHILDREN}),
    ],
)
def test_children_report(
    run_program: RunProgram,
    sink: SpanSink,
    state: str,
    expected: dict[str, int],
) -> None:
    """Parent and children send their own spans once, with distinct ids."""
    ids = run_program("fork_without_hooks.py", state).split()

    assert sink.wait_for(sum(expected.values()))
    assert expected == Counter(sink.names)
    assert len(ids) == len(set(ids))
