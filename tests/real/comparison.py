"""
Compares what a program's traces look like in Jaeger with what is expected.

Expected traces are stored as text, in the form that trace_view makes. Where another
client or another way to Jaeger shows them differently, each such place is a
`Difference` with its reason, and nothing else may differ.
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
"""The lines of a trace of which Jaeger has nothing."""

Traces = dict[str, list[str]]
"""The lines of each trace, by the name the program gave it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """
    Lines that are shown otherwise, and why.

    Args:
        reason: Why they may differ.
        ours: The lines that are expected of our client over UDP.
        theirs: The lines that stand in their place.
        trace: The trace they are in; None for every trace that has them.
    """

    reason: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    trace: str | None = None

    def apply(self, traces: Traces) -> Traces:
        """Return *traces* as they look with this difference."""
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
    """A trace that does not come to Jaeger at all, and why."""

    reason: str
    trace: str

    def apply(self, traces: Traces) -> Traces:
        """Return *traces* without the lost one."""
        return {**traces, self.trace: LOST}


def with_differences(
    traces: Traces, differences: Iterable[Difference | LostTrace]
) -> Traces:
    """Return *traces* as they look with all *differences*."""
    for difference in differences:
        traces = difference.apply(traces)
    return traces


def _replace(lines: list[str], old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Return *lines* with *new* for each run of *old*, however deep it stands."""
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
    """Return the traces with *ids* once each has as many spans as is expected."""
    found: dict[str, Json] = {}
    deadline = time.monotonic() + WAIT
    # What is expected to be lost comes last and is requested once: it was sent
    # before or with what has arrived by then.
    for name in sorted(ids, key=lambda name: expected[name] == LOST):
        spans = sum(line.startswith("span ") for line in expected[name])
        left = max(0.0, deadline - time.monotonic()) if spans else 0.0
        trace = jaeger.trace(ids[name], spans, timeout=left)
        if trace is not None:
            found[name] = trace
    names = SpanNames(found)
    return {name: view(found[name], names) if name in found else LOST for name in ids}
