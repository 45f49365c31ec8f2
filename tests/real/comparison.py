"""
Compares a program's traces in Jaeger with the expected ones.

Expected traces are stored as text, in the format of trace_view. If another client or
another route to Jaeger shows them differently, each such place is a `Difference` with
its reason, and nothing else may differ.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.real.jaeger_query import WAIT, JaegerQuery
from tests.real.trace_view import Json, SpanNames, view

EXPECTED = Path(__file__).parent / "expected"

LOST = ["not in Jaeger"]
"""The lines of a trace that is not in Jaeger."""

Traces = dict[str, list[str]]
"""The lines of each trace, by the program's name for it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """
    Lines that are shown differently, and the reason.

    Args:
        reason: Why they may differ.
        ours: The lines expected of our client over UDP.
        theirs: The lines in their place.
        trace: The trace they are in; None for every trace that has them.
    """

    reason: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    trace: str | None = None

    def apply(self, traces: Traces) -> Traces:
        """Return *traces* with this difference applied."""
        changed = {name: self._apply_to(name, lines) for name, lines in traces.items()}
        if changed == traces:
            msg = f"nothing differs any more here: {self}"
            raise AssertionError(msg)
        return changed

    def _apply_to(self, name: str, lines: list[str]) -> list[str]:
        if self.trace not in {None, name}:
            return lines
        return _replace(lines, self.ours, self.theirs)


@dataclass(frozen=True, slots=True)
class LostTrace:
    """A trace that does not arrive in Jaeger, and the reason."""

    reason: str
    trace: str

    def apply(self, traces: Traces) -> Traces:
        """Return *traces* without the lost one."""
        return {**traces, self.trace: LOST}


def with_differences(
    traces: Traces, differences: Iterable[Difference | LostTrace]
) -> Traces:
    """Return *traces* with all *differences* applied."""
    for difference in differences:
        traces = difference.apply(traces)
    return traces


def _replace(lines: list[str], old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Return *lines* with *new* in place of each run of *old*, at any indentation."""
    result: list[str] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        indent = line[: len(line) - len(line.lstrip())]
        if lines[place : place + len(old)] == [indent + text for text in old]:
            result += [indent + text for text in new]
            place += len(old)
        else:
            result.append(line)
            place += 1
    return result


def read_expected(name: str) -> Traces:
    """Return the traces stored in expected/*name*.txt."""
    text = (EXPECTED / f"{name}.txt").read_text(encoding="utf-8")
    traces: Traces = {}
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("== "):
            lines = traces[line.removeprefix("== ")] = []
        elif line:
            lines.append(line)
    return traces


def read_from_jaeger(
    jaeger: JaegerQuery, ids: dict[str, str], expected: Traces
) -> Traces:
    """Return the traces with *ids* once each has the expected number of spans."""
    found: dict[str, Json] = {}
    deadline = time.monotonic() + WAIT
    # Traces that are expected to be lost come last and are requested once: they were
    # sent before or with what has arrived by then.
    for name in sorted(ids, key=lambda name: expected[name] == LOST):
        spans = sum(line.startswith("span ") for line in expected[name])
        left = max(0.0, deadline - time.monotonic()) if spans else 0.0
        trace = jaeger.trace(ids[name], spans, timeout=left)
        if trace is not None:
            found[name] = trace
    names = SpanNames(found)
    return {name: view(found[name], names) if name in found else LOST for name in ids}
