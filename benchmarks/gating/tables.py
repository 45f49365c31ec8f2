"""The tables that `gates.py` prints."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.gating.budgets import Ratios

NAMES = 24
"""Width of the column of names."""


def with_budgets(counts: Mapping[str, float], budgets: Ratios) -> str:
    """Return instructions, ratios and budgets, a row for each call."""
    header = f"{'':<{NAMES}}{'instructions':>13}{'x limit':>9}{'budget':>9}{'':>9}"
    rows = [
        f"{name:<{NAMES}}{count:13,.0f}{count / counts['limit']:9.2f}"
        + _budget(count / counts["limit"], budgets.get(name))
        for name, count in counts.items()
    ]
    return "\n".join([header, *rows])


def _budget(ratio: float, budget: float | None) -> str:
    return "" if budget is None else f"{budget:9.2f}{ratio / budget - 1:+9.1%}"


def before_and_after(
    revision: str, before: Mapping[str, float], after: Mapping[str, float]
) -> str:
    """Return the instructions of *revision* and of this tree, a row for each call."""
    header = f"{'':<{NAMES}}{revision[:12]:>13}{'now':>13}{'':>9}{'x limit':>9}"
    rows = [
        f"{name:<{NAMES}}{_before(before.get(name), count)}"
        f"{count / after['limit']:9.2f}"
        for name, count in after.items()
    ]
    return "\n".join([header, *rows])


def _before(before: float | None, now: float) -> str:
    if before is None:  # The revision has not this call, or not this implementation.
        return f"{'':13}{now:13,.0f}{'':9}"
    return f"{before:13,.0f}{now:13,.0f}{now / before - 1:+9.1%}"
