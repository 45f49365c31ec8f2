"""Writes `docs/benchmarks.md` from the measurements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.comparison.results import Results
from benchmarks.comparison.table import (
    HEADER,
    PAGE_COLUMNS,
    make_rows,
    markdown,
    notes,
)

INTRODUCTION = """\
# Benchmarks

What a tracer costs its application: this client, compiled (*ours*) and in pure Python,
jaeger-client 4.8, OpenTelemetry's SDK and ddtrace. `limit` is the least that any Python
tracer must do: two clock reads, one random id, one object with slots, a dict, an
append. The figures were measured on one machine and are no promise for another.

`make bench` in a checkout repeats the measurements, which took {minutes} minutes here,
and rewrites this page. It creates an environment for each tracer under
`.cache/benchmarks` from `requirements/bench-*.txt`, and runs each scenario with each
tracer in a new process, in {rounds} alternating rounds. To measure one scenario in a
few seconds: `.venv/bin/python benchmarks/compare.py --quick --scenario root_finish`.
"""

LEGEND = """\
Each figure is the median of the rounds. Each ratio compares with jaeger-client 4.8 in
the same round, and is the median of the rounds.

- *app* is the CPU time of the application's thread inside the calls, *wall* their
  duration, *process* the CPU time of all threads until `close` has returned, all per
  operation.
- A separate process receives the spans over real sockets and decodes them with decoders
  of other projects. A round counts only if all spans arrived.
- `root_finish`: a root span with 3 tags, in groups of 400 with a pause of 0.1 s between
  them. `active_child`: active parent and child, with 3 tags and 1 log each.
  `web_request`: extract from 9 headers, a server span with 6 tags, 2 client spans with
  5 tags and an inject each. `unsampled` and `web_unsampled`: the first and the third of
  these, not sampled by the sampler or by the caller's header.
- In these scenarios Python's garbage collector is on, for all tracers. It runs once
  before the measured calls, so that they do not pay for garbage of the start.
- `burst`: as fast as possible, then close. `steady`: 2,000 spans per second for 5 s;
  the CPU time of the same loop without spans is subtracted. `encode`: 100 spans of 8
  tags and 1 log to bytes. `init`: import and start in a new process. `fork`: spans,
  fork, spans in both processes, close in both.
- jaeger-client 4.8 has a queue of 2,000 spans instead of 100, because it would lose
  most spans otherwise; in `burst`, `init` and `fork` it has its default. ddtrace has no
  public logs, so they are tags; its telemetry and remote configuration are off. All
  other settings are the defaults.
- *ours* is the installed package, *ours, pure Python* the same with the environment
  variable `JAEGER_CLIENT_PURE_PYTHON=1`.
"""


def make_page(
    results: Results,
    sections: Iterable[object],
    *,
    about: Sequence[str],
    rounds: int,
    minutes: int,
) -> str:
    """
    Return the page.

    Args:
        results: The content of the large table.
        sections: The sections below it; each is Markdown.
        about: Lines about the machine and the versions.
        rounds: Number of rounds.
        minutes: Duration of the measurements.
    """
    parts = [
        INTRODUCTION.format(rounds=rounds, minutes=minutes),
        _list(about),
        f"## Comparison\n\n{_make_page_table(results)}\n",
        LEGEND,
        _list(notes(results)),
        *map(str, sections),
    ]
    return "\n".join(part for part in parts if part)


def make_table(results: Results) -> str:
    """Return the large table, with what ours must reach."""
    return markdown(HEADER, make_rows(results))


def _make_page_table(results: Results) -> str:
    rows = [row[:PAGE_COLUMNS] for row in make_rows(results)]
    return markdown(HEADER[:PAGE_COLUMNS], rows)


def _list(lines: Sequence[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)
