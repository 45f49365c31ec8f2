"""The results of one scenario with one peer, and of all rounds."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from benchmarks.comparison.sink.count import Count

Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Result:
    """
    One scenario, one peer, one round.

    Args:
        figures: The runner's measurements; empty if it failed.
        arrived: The sink's count.
        failure: The reason if there are no figures.
    """

    figures: Figures = field(default_factory=dict[str, float])
    arrived: Count = field(default_factory=Count)
    failure: str = ""

    @property
    def delivered(self) -> float:
        """The fraction of started spans that arrived, from 0 to 1."""
        started = self.figures.get("started", 0)
        return self.arrived.distinct / started if started else 1.0

    @property
    def is_complete(self) -> bool:
        """Whether all arrived, and no more; figures count only then."""
        return not self.failure and self.delivered == 1.0

    def figure(self, name: str) -> float | None:
        """Return a figure that was measured, or is calculated from others."""
        if self.failure:
            return None
        derive = DERIVED.get(name)
        return derive(self) if derive else self.figures.get(name)


def _share_of(name: str) -> Callable[[Result], float]:
    def share(result: Result) -> float:
        return result.arrived.names.get(name, 0) / result.figures[f"{name}_spans"]

    return share


def _process_us_delivered(result: Result) -> float | None:
    arrived = result.arrived.distinct
    return result.figures["process_s"] / arrived * 1e6 if arrived else None


DERIVED: dict[str, Callable[[Result], float | None]] = {
    "delivered": lambda result: result.delivered,
    "parent_delivered": _share_of("parent"),
    "child_delivered": _share_of("child"),
    "process_us_delivered": _process_us_delivered,
}


@dataclass(slots=True)
class Results:
    """All measurements: a result for each scenario, peer and round."""

    by_round: list[dict[tuple[str, str], Result]] = field(
        default_factory=list[dict[tuple[str, str], Result]]
    )

    def add(self, number: int, scenario: str, peer: str, result: Result) -> None:
        """Store the result of a round, which need not be the next one."""
        while len(self.by_round) <= number:
            self.by_round.append({})
        self.by_round[number][scenario, peer] = result

    def values(
        self,
        scenario: str,
        peer: str,
        figure: str,
        *,
        complete: bool = True,
    ) -> list[float | None]:
        """
        Return the figure in each round, `None` without one that counts.

        Args:
            scenario: Its name.
            peer: Its module.
            figure: Name for `Result.figure`.
            complete: Whether only rounds count in which all spans arrived.
        """
        return [
            _value(results.get((scenario, peer)), figure, complete=complete)
            for results in self.by_round
        ]

    def of(self, scenario: str, peer: str) -> list[Result]:
        """Return the results of all rounds with this scenario and peer."""
        return [
            results[scenario, peer]
            for results in self.by_round
            if (scenario, peer) in results
        ]


def _value(result: Result | None, figure: str, *, complete: bool) -> float | None:
    if result is None or (complete and not result.is_complete):
        return None
    return result.figure(figure)


def median(values: Iterable[float | None]) -> float | None:
    """Return the median of the values that exist."""
    there = [value for value in values if value is not None]
    return statistics.median(there) if there else None


def median_ratio(
    values: Iterable[float | None],
    bases: Iterable[float | None],
) -> float | None:
    """Return the median of the ratios of the rounds that have both."""
    return median(
        value / base if value is not None and base else None
        for value, base in zip(values, bases, strict=True)
    )
