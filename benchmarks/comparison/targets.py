"""The rows of the table, and the target of ours in each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Bound(Enum):
    """How a target is compared."""

    RATIO = "ratio"
    """Maximum, as a multiple of 4.8's figure in the same round."""
    MAX = "most"
    """Maximum."""
    MIN = "least"
    """Minimum."""


@dataclass(frozen=True, slots=True)
class Row:
    """
    One row: a figure of a scenario.

    Args:
        title: Text of the first column.
        scenario: The scenario of the figure.
        figure: Name for `Result.figure`.
        target: What ours must reach; `None` if there is no target.
        bound: How the target is compared.
        digits: Number of decimals; -1 shows a fraction as a percentage.
        old_scenario: The scenario of 4.8's figure, if not `scenario`.
        lossy: Whether it counts although spans were lost.
        ours: The peer in the column of ours; that in pure Python has its name with
            `_python`.
    """

    title: str
    scenario: str
    figure: str
    target: float | None = None
    bound: Bound = Bound.RATIO
    digits: int = 1
    old_scenario: str = ""
    lossy: bool = False
    ours: str = "ours"

    def scenario_of(self, peer: str) -> str:
        """Return the scenario that the peer's figure comes from."""
        return (
            self.old_scenario
            if peer == "jaeger48" and self.old_scenario
            else self.scenario
        )

    def peer_of(self, column: str) -> str:
        """Return the peer in the column."""
        return column.replace("ours", self.ours)


PER_CENT = -1

ROWS = (
    Row("root_finish, app µs", "root_finish", "app_us", 0.05),
    Row("root_finish, wall µs", "root_finish", "wall_us"),
    Row("root_finish, process µs", "root_finish", "process_us", 0.045),
    Row("active_child, app µs", "active_child", "app_us", 0.085),
    Row("active_child, process µs", "active_child", "process_us", 0.06),
    Row("web_request, app µs", "web_request", "app_us", 0.08),
    Row("web_request, wall µs", "web_request", "wall_us"),
    Row("web_request, process µs", "web_request", "process_us", 0.06),
    Row("unsampled, app µs", "unsampled", "app_us", 0.07, digits=2),
    Row("web_unsampled, app µs", "web_unsampled", "app_us", 0.15),
    Row("inject + extract, app µs", "inject_extract", "app_us", 0.30),
    Row(
        "burst of 20,000, delivered",
        "burst",
        "delivered",
        1.0,
        Bound.MIN,
        PER_CENT,
        lossy=True,
    ),
    Row(
        "burst of 20,000, process µs a delivered span (4.8: queue of 20,000)",
        "burst",
        "process_us_delivered",
        0.03,
        old_scenario="burst_same_queue",
        lossy=True,
    ),
    Row("burst of 20,000, peak MiB", "burst", "memory_mb", lossy=True),
    Row(
        "burst of 100,000, queue of 100,000, delivered",
        "burst_large",
        "delivered",
        1.0,
        Bound.MIN,
        PER_CENT,
        lossy=True,
    ),
    Row("steady, CPU s for 10,000 spans", "steady", "process_s", 0.05, digits=3),
    Row("encode, µs a span, warm", "encode", "encode_us", 0.017),
    Row(
        "encode, µs a span, 3 of 8 values never seen",
        "encode_unseen",
        "encode_us",
        0.019,
    ),
    Row(
        "encode as OTLP, µs a span, warm",
        "encode",
        "encode_us",
        0.02,
        ours="ours_otlp",
    ),
    Row(
        "encode as OTLP, µs a span, 3 of 8 values never seen",
        "encode_unseen",
        "encode_us",
        0.022,
        ours="ours_otlp",
    ),
    Row("init, wall ms", "init", "wall_ms", 0.45, digits=0),
    Row("init, CPU ms", "init", "process_ms", 0.45, digits=0),
    Row("init, MiB in memory", "init", "memory_mb", 22.0, Bound.MAX),
    Row("init, MiB over a bare interpreter", "init", "growth_mb"),
    Row(
        "fork, parent's spans delivered",
        "fork",
        "parent_delivered",
        1.0,
        Bound.MIN,
        PER_CENT,
        lossy=True,
    ),
    Row(
        "fork, child's spans delivered",
        "fork",
        "child_delivered",
        1.0,
        Bound.MIN,
        PER_CENT,
        lossy=True,
    ),
)
"""All rows, in their order."""
