"""
The tables besides the large one: growth, a full queue, latency.

`python -m benchmarks.comparison.sections [--quick] [NAME ...]` prints them alone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.comparison.environments import python_of
from benchmarks.comparison.formats import (
    FORMATS_HEADER,
    PEERS,
    QUICK_ROUNDS,
    ROUNDS,
    FormatCosts,
    Formats,
    format_rows,
)
from benchmarks.comparison.growth import (
    PLANS,
    GrowthPlan,
    growth_header,
    growth_rows,
    measure_growth,
)
from benchmarks.comparison.growth_outage import PEERS as OUTAGE_PEERS
from benchmarks.comparison.growth_outage import (
    QUICK_SECONDS,
    SECONDS,
    measure_outage,
    outage_header,
    outage_rows,
)
from benchmarks.comparison.latency import (
    LATENCY_HEADER,
    NO_TRACER,
    LatencyPlan,
    latency_rows,
    measure_latency,
)
from benchmarks.comparison.programs import ProgramError, Programs
from benchmarks.comparison.sink.client import Sink, SinkError
from benchmarks.comparison.table import COLUMNS, markdown

LABELS = {**COLUMNS, NO_TRACER: "no tracer"}


@dataclass(frozen=True, slots=True)
class Section:
    """A table and the text above it."""

    title: str
    text: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        table = f"\n{markdown(self.header, self.rows)}\n" if self.rows else ""
        return f"## {self.title}\n\n{self.text}\n{table}"


def measure_sections(names: Sequence[str], *, quick: bool) -> Iterator[Section]:
    """
    Measure one section after the other, those of *names* or all.

    If the measurement of a section fails, its text is the error.
    """
    programs = Programs(python_of)
    for name, measure in SECTIONS.items():
        if not names or name in names:
            print(f"compare: {name}", file=sys.stderr, flush=True)
            try:
                yield measure(programs, quick=quick)
            except (ProgramError, SinkError) as exc:
                yield Section(name.capitalize(), f"Failed: {exc}.", [], [])


def growth_section(plan: GrowthPlan, programs: Programs, *, quick: bool) -> Section:
    """Measure and show what grows with one thing."""
    plan = plan.quick() if quick else plan
    with Sink() as sink:
        growth = measure_growth(programs, sink, plan)
    rows = growth_rows(growth, LABELS)
    return Section(plan.title, GROWTH_TEXT, growth_header(plan), rows)


def outage_section(programs: Programs, *, quick: bool) -> Section:
    """Measure and show what a full queue costs."""
    seconds = QUICK_SECONDS if quick else SECONDS
    outages = [measure_outage(programs, seconds, peer) for peer in OUTAGE_PEERS]
    header = outage_header(OUTAGE_PEERS, LABELS)
    return Section("Queue full", OUTAGE_TEXT, header, outage_rows(outages))


def formats_section(programs: Programs, *, quick: bool) -> Section:
    """Measure and show what each format of propagation costs."""
    work = Formats(QUICK_ROUNDS if quick else ROUNDS)
    costs = {peer: FormatCosts(**programs.run(peer, "formats", work)) for peer in PEERS}
    rows = format_rows(costs, LABELS)
    return Section("Formats of propagation", FORMATS_TEXT, FORMATS_HEADER, rows)


def latency_section(programs: Programs, *, quick: bool) -> Section:
    """Measure and show how long an application's requests take."""
    plan = LatencyPlan().quick() if quick else LatencyPlan()
    figures = measure_latency(programs, plan)
    text = LATENCY_TEXT.format(plan=plan)
    if figures[NO_TRACER].latency_ms(0.99) > BUSY_MS:
        text += BUSY_TEXT
    rows = latency_rows(figures, LABELS)
    return Section("Latency of a request", text, LATENCY_HEADER, rows)


GROWTH_TEXT = (
    "Microseconds per span: CPU time (app) and wall time (wall) of the application's "
    "threads, and CPU time of all threads until everything was sent (process). The "
    "queues are large enough for all spans; a figure counts if every span arrived."
)
FORMATS_TEXT = (
    "Inject into an empty carrier, and extract from one with eight other headers: the "
    "fastest of many rounds in one process. `limit` writes four numbers into one "
    "header and reads them."
)
OUTAGE_TEXT = (
    "The server accepts connections and never responds. When the queue is full, "
    "1,000 spans per second are reported. Every span must be counted as lost, and "
    "neither cost nor memory should grow."
)
LATENCY_TEXT = (
    "waitress serves a handler that does 1 ms of Python in a server span with one "
    "child; {plan.rate:.0f} requests per second in {plan.rounds} rounds of "
    "{plan.seconds:.0f} s, each timed from the moment when it was due. The figures "
    "are medians of the rounds, except for the maximum. The last column is the delay "
    "of the load generator itself."
)
BUSY_MS = 10.0
"""A p99 without any tracer that is certainly caused by other programs."""

BUSY_TEXT = (
    " This time the machine was busy with other programs, as the row without a tracer "
    "shows: these figures say little."
)
SECTIONS: dict[str, Callable[..., Section]] = {
    "formats": formats_section,
    **{plan.kind: partial(growth_section, plan) for plan in PLANS},
    "outage": outage_section,
    "latency": latency_section,
}
"""The sections by name."""


def main() -> None:
    """Print the sections that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    # The empty list, because argparse checks the default as well.
    parser.add_argument("name", nargs="*", choices=[[], *SECTIONS])
    parser.add_argument("--quick", action="store_true", help="a part of the work")
    options = parser.parse_args()
    for section in measure_sections(options.name, quick=options.quick):
        print(section, flush=True)


if __name__ == "__main__":
    main()
