"""A minute of a full queue: neither the cost of a span nor memory may grow."""

from __future__ import annotations

import socket
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks.comparison.growth_stalled import Second, Stall, StallFigures
from benchmarks.comparison.programs import TIMEOUT, Programs

PEERS: Final = ("ours", "ours_python")
"""The measured peers."""

SECONDS: Final = 60.0
QUICK_SECONDS: Final = 5.0

SETTLED: Final = 10
"""Seconds after which memory must not grow any more."""


@dataclass(frozen=True, slots=True)
class Outage:
    """The results of the minute."""

    figures: StallFigures

    @property
    def first_us(self) -> float:
        """App CPU of a span in the first seconds."""
        return median_us(self.figures.seconds[: self._edge])

    @property
    def last_us(self) -> float:
        """App CPU of a span in the last seconds."""
        return median_us(self.figures.seconds[-self._edge :])

    @property
    def settled_mb(self) -> float:
        """Memory after ten seconds, or halfway in a shorter run."""
        return self.figures.seconds[self._settled - 1].rss_mb

    @property
    def last_mb(self) -> float:
        """Memory at the end."""
        return self.figures.seconds[-1].rss_mb

    @property
    def is_counted(self) -> bool:
        """Whether counters and metrics include every span, as none arrived."""
        counted = {self.figures.counted_lost, self.figures.reported_lost}
        return counted == {self.figures.reported}

    @property
    def _edge(self) -> int:
        """Number of seconds that are the first and the last ones."""
        return max(1, min(5, len(self.figures.seconds) // 2))

    @property
    def _settled(self) -> int:
        return min(SETTLED, (len(self.figures.seconds) + 1) // 2)

    def by_title(self) -> dict[str, str]:
        """Return the figures as text, by their titles."""
        figures, total = self.figures, len(self.figures.seconds)
        return {
            f"app µs a span, first {self._edge} s": f"{self.first_us:.1f}",
            f"app µs a span, last {self._edge} s": f"{self.last_us:.1f}",
            f"memory after {self._settled} s, MiB": f"{self.settled_mb:.1f}",
            f"memory after {total} s, MiB": f"{self.last_mb:.1f}",
            "spans reported, none sent": f"{figures.reported:,}",
            "spans held at the end": f"{figures.held:,}",
            "spans lost, by the counters": f"{figures.counted_lost:,}",
            "spans lost, by the metrics": f"{figures.reported_lost:,}",
            "close(1.0) took, s": f"{figures.close_s:.2f}",
        }


def outage_header(peers: Iterable[str], labels: Mapping[str, str]) -> list[str]:
    """Return the headings of the columns that `outage_rows` fills."""
    return [
        "over HTTP to a server that never responds",
        *(labels.get(peer, peer) for peer in peers),
    ]


def outage_rows(outages: Iterable[Outage]) -> list[list[str]]:
    """Return a row for each figure, with a column for each outage."""
    columns = [outage.by_title() for outage in outages]
    return [[title, *(column[title] for column in columns)] for title in columns[0]]


def median_us(seconds: list[Second]) -> float:
    """Return the median cost of a span in these seconds."""
    return statistics.median(second.app_us for second in seconds)


def measure_outage(
    programs: Programs, seconds: float = SECONDS, peer: str = PEERS[0]
) -> Outage:
    """
    Report spans of *peer* for *seconds* to a server that accepts nothing.

    Raises:
        ProgramError: If the program failed.
    """
    # accept() is never called: the kernel accepts connections and requests, and nothing
    # responds. A tracer tries about ten times in a minute.
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        stall = Stall(server.getsockname()[1], seconds)
        figures = programs.run(peer, "growth_stalled", stall, seconds + TIMEOUT)
    last_seconds = [Second(**second) for second in figures.pop("seconds")]
    return Outage(StallFigures(seconds=last_seconds, **figures))
