"""Writes `docs/benchmarks.md` from what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.comparison.results import Results
from benchmarks.comparison.table import HEADER, make_rows, markdown, notes

INTRODUCTION = """\
# Benchmarks

What a tracer costs its application: this client beside jaeger-client 4.8,
OpenTelemetry's SDK, ddtrace, and `limit`, the least that any Python tracer must do: two
clock reads, one random id, one slotted object, a dict, an append. The command writes
this page.

To repeat it: `make bench` in a checkout; it took {minutes} minutes here. It makes an
environment for each peer under `.cache/benchmarks` from `requirements/bench-*.txt`,
runs each scenario with each peer in a fresh process, {rounds} rounds in turn, and
writes this page anew. One scenario, in seconds:
`.venv/bin/python benchmarks/compare.py --quick --scenario root_finish`.
"""

LEGEND = """\
Each figure is the median of the rounds. Each ratio is that of one round to
jaeger-client 4.8 in the same round, and then the median. *Reach* is what was promised
before the work began. Microseconds hold for this machine and this run only.

- *app* is CPU of the application's thread inside the calls, *wall* the time they took,
  *process* the CPU of all threads until `close` had returned, all per operation.
- A process of its own takes the spans over real sockets and decodes them with other
  people's decoders. A round counts only if all spans arrived.
- `root_finish`: a root span with 3 tags; goes of 400 with a pause of 0.1 s.
  `active_child`: active parent and child, 3 tags and 1 log each. `web_request`: extract
  from 9 headers, a server span with 6 tags, 2 client spans with 5 tags and an inject
  each. `unsampled` and `web_unsampled`: the first and the third where the sampler, or
  the caller's header, says no.
- In these scenarios Python's collector is on, for all. It collects once before the
  measured calls, so that none pays for what starting left behind.
- `burst`: as fast as they go, then close. `steady`: 2,000 spans a second for 5 s; the
  CPU of the same ticks without spans is taken off. `encode`: 100 spans of 8 tags and 1
  log to bytes. `init`: import and start in a fresh process. `fork`: spans, fork, spans
  in both, close in both.
- jaeger-client 4.8 has a queue of 2,000 instead of 100 but in `burst`, `init` and
  `fork`, for it would lose most. ddtrace has no public logs, so they are tags; its
  telemetry and remote configuration are off. All else is as a user gets it.
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
        results: What the large table shows.
        sections: What stands below it; each is its own Markdown.
        about: The machine and the versions, a line each.
        rounds: How often each peer had its turn.
        minutes: How long all of it took.
    """
    parts = [
        INTRODUCTION.format(rounds=rounds, minutes=minutes),
        _list(about),
        f"## Side by side\n\n{make_table(results)}\n",
        LEGEND,
        _list(notes(results)),
        *map(str, sections),
    ]
    return "\n".join(part for part in parts if part)


def make_table(results: Results) -> str:
    """Return the large table."""
    return markdown(HEADER, make_rows(results))


def _list(lines: Sequence[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)
