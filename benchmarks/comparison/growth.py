"""
How cost grows: with tags, with the length of a trace, with threads.

Each figure is measured in a separate process, by `growth_job`; the peers take turns. A
figure counts only if every span arrived, as counted by a decoder of another project.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from benchmarks.comparison.growth_job import WARM_UP_SPANS, Cost, Job
from benchmarks.comparison.programs import Programs
from benchmarks.comparison.rounds import rotated

if TYPE_CHECKING:
    from benchmarks.comparison.sink.client import Sink

QUIET = 2.0
"""Seconds without a span after which the sink stops waiting."""

PEERS = ("ours", "ours_python", "jaeger48", "opentelemetry_sdk")
"""Modules of the measured peers."""

FIGURES: Mapping[str, Callable[[Cost], float]] = {
    "app": lambda cost: cost.app_s,
    "wall": lambda cost: cost.wall_s,
    "process": lambda cost: cost.process_s,
}
"""The figures that are shown, by the names of their columns."""


@dataclass(frozen=True, slots=True)
class GrowthPlan:
    """What grows, and up to which sizes."""

    kind: str
    """As in `Job.kind`."""
    title: str
    sizes: Sequence[int]
    spans: int
    """Spans of one measurement; more if the size requires it."""
    figures: Sequence[str]
    """The figures of `FIGURES` that are shown."""
    rounds: int = 2
    once_from: int = 10_000
    """Size from which on one round is enough: the old client takes 12 s for 100,000."""

    def quick(self) -> GrowthPlan:
        """Return a plan of the same kind with less work."""
        sizes = [size for size in self.sizes if size <= 10_000]
        return replace(self, sizes=sizes, spans=self.spans // 2, rounds=1)

    def spans_of(self, size: int) -> int:
        """Return the number of spans at this *size*, in whole traces."""
        if self.kind == "tags":
            return self.spans
        return max(1, self.spans // size) * size


PLANS = (
    GrowthPlan("tags", "Tags of a span", (0, 8, 64), 2_000, ("app", "process")),
    GrowthPlan(
        "traces",
        "Spans of a trace",
        (10, 100, 1_000, 10_000, 100_000),
        2_000,
        ("app", "process"),
    ),
    GrowthPlan(
        "threads",
        "Threads at once",
        (1, 2, 4, 8, 16),
        3_200,
        ("wall", "app", "process"),
    ),
)
"""All plans."""


@dataclass(slots=True)
class Measured:
    """The cost of one peer at one size, in all rounds."""

    costs: list[Cost] = field(default_factory=list[Cost])
    expected: int = 0
    arrived: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether all spans arrived; the figures do not count otherwise."""
        return bool(self.costs) and self.arrived == self.expected

    def microseconds(self, figure: str) -> float:
        """Return the median cost of a span."""
        read = FIGURES[figure]
        return statistics.median(read(cost) / cost.spans for cost in self.costs) * 1e6


@dataclass(frozen=True, slots=True)
class Growth:
    """The figures of one plan, by peer and size."""

    plan: GrowthPlan
    measured: Mapping[str, Mapping[int, Measured]]


def measure_growth(
    programs: Programs,
    sink: Sink,
    plan: GrowthPlan,
    peers: Sequence[str] = PEERS,
) -> Growth:
    """
    Execute *plan*.

    Raises:
        ProgramError: If a measurement failed.
    """
    measured = {peer: {size: Measured() for size in plan.sizes} for peer in peers}
    for number in range(plan.rounds):
        for size in plan.sizes:
            if number and size >= plan.once_from:
                continue
            for peer in rotated(peers, number):
                job = make_job(plan, sink, peer, size)
                _measure(programs, sink, job, measured[peer][size])
    return Growth(plan, measured)


def make_job(plan: GrowthPlan, sink: Sink, peer: str, size: int) -> Job:
    """Return one measurement of *plan*."""
    addresses = sink.addresses
    return Job(
        peer,
        plan.kind,
        size,
        plan.spans_of(size),
        addresses.udp_port,
        addresses.http_port,
    )


def _measure(programs: Programs, sink: Sink, job: Job, measured: Measured) -> None:
    sink.reset()
    measured.costs.append(Cost(**programs.run(job.peer, "growth_job", job)))
    expected = job.spans + WARM_UP_SPANS
    measured.expected += expected
    measured.arrived += sink.wait(expected, QUIET).distinct


def growth_header(plan: GrowthPlan) -> list[str]:
    """Return the headings of the columns that `growth_rows` fills."""
    sizes = [f"{size:,}" for size in plan.sizes]
    return ["tracer", "µs a span", *sizes, "last / first"]


def growth_rows(growth: Growth, labels: Mapping[str, str]) -> list[list[str]]:
    """Return a row for each peer and figure."""
    return [
        [labels.get(peer, peer), figure, *_cells(growth.plan, by_size, figure)]
        for figure in growth.plan.figures
        for peer, by_size in growth.measured.items()
    ]


def _cells(plan: GrowthPlan, by_size: Mapping[int, Measured], figure: str) -> list[str]:
    first, last = by_size[plan.sizes[0]], by_size[plan.sizes[-1]]
    cells = [_cell(by_size[size], figure) for size in plan.sizes]
    if not (first.is_complete and last.is_complete):
        return [*cells, ""]
    ratio = last.microseconds(figure) / first.microseconds(figure)
    return [*cells, f"{ratio:.2f}"]


def _cell(measured: Measured, figure: str) -> str:
    if not measured.costs:
        return ""
    if not measured.is_complete:
        return f"lost {1 - measured.arrived / measured.expected:.0%}"
    return f"{measured.microseconds(figure):.1f}"
