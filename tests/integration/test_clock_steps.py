"""The wall clock is stepped while spans are open, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.conftest import PROGRAMS, RunProgram
from tests.integration.span_sink import SpanSink

if TYPE_CHECKING:
    from tests.conftest import RequireTool

HOUR = 3600
US = 1_000_000

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"),
    reason="only Linux preloads a library that replaces the clock",
)


@pytest.fixture
def spans(
    require_tool: RequireTool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run_program: RunProgram,
    sink: SpanSink,
) -> dict[str, Any]:
    """Return what the program has reported, by name, and under "printed" its lines."""
    cc = require_tool("cc", "install a C compiler, such as Debian's package gcc")
    library = tmp_path / "stepping_clock.so"
    source = PROGRAMS / "stepping_clock.c"
    subprocess.run([cc, "-shared", "-fPIC", "-o", library, source], check=True)
    monkeypatch.setenv("LD_PRELOAD", str(library))
    printed = run_program("clock_steps.py")
    assert sink.wait_for(7)
    return {span.operationName: span for span in sink.spans} | {"printed": printed}


def test_a_step_of_the_wall_clock_changes_no_duration(spans: dict[str, Any]) -> None:
    """A span during a step of an hour, either way, is as long as it took."""
    for name in ("forward", "back", "child", "parent"):
        assert 0 < spans[name].duration < 60 * US


def test_logs_stay_inside_the_span(spans: dict[str, Any]) -> None:
    """A log made after the step lies between the start and the end of its span."""
    for name in ("forward", "back", "child"):
        span = spans[name]
        (log,) = span.logs
        assert 0 <= log.timestamp - span.startTime <= span.duration


def test_a_child_that_starts_after_a_step_lies_inside_its_parent(
    spans: dict[str, Any],
) -> None:
    """Spans of a trace in one process share a clock, so a step moves none of them."""
    parent, child = spans["parent"], spans["late child"]

    assert 0 <= child.startTime - parent.startTime <= parent.duration


def test_start_times_are_those_of_the_wall_clock(spans: dict[str, Any]) -> None:
    """A span that starts after a step starts at the new time."""
    for line in spans["printed"].splitlines():
        *_, late, duration, stepped = line.split()
        assert 0 <= float(late) < 60
        assert abs(float(stepped)) > HOUR - 60
        assert "explicit" in line or 0 < float(duration) < 60

    forward, back = spans["forward"], spans["back"]
    assert HOUR - 60 < (back.startTime - forward.startTime) / US < HOUR + 60


def test_times_that_are_passed_are_of_the_wall_clock(spans: dict[str, Any]) -> None:
    """If the start or the end is passed, the other one is read from the wall clock."""
    for name in ("explicit start", "explicit finish"):
        assert HOUR - 60 < spans[name].duration / US < HOUR + 60
