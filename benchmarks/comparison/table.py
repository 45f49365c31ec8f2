"""Results as the rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.comparison.results import Result, Results, median, median_ratio
from benchmarks.comparison.scenarios import OLD
from benchmarks.comparison.targets import PER_CENT, ROWS, Bound, Row

COLUMNS = {
    "limit": "limit",
    "jaeger48": "jaeger-client 4.8",
    "opentelemetry_sdk": "OpenTelemetry SDK",
    "datadog": "ddtrace",
    "ours": "ours",
    "ours_python": "ours, pure Python",
}
"""The columns of peers, by their modules."""

TIMES = "\N{MULTIPLICATION SIGN}"

HEADER = ["scenario, figure", *COLUMNS.values(), "ours ÷ 4.8", "target", "holds"]

PAGE_COLUMNS = len(HEADER) - 2
"""Columns shown on the page, which has no targets: all but the last two."""


def make_rows(results: Results) -> list[list[str]]:
    """Return the cells of each row that has any figure."""
    rows = [_cells(row, results) for row in ROWS]
    return [row for row in rows if any(row[1 : len(COLUMNS) + 1])]


def _cells(row: Row, results: Results) -> list[str]:
    return [
        row.title,
        *(_cell(row, results, row.peer_of(column)) for column in COLUMNS),
        _ratio_text(_ratio(row, results, row.ours), digits=3),
        _target(row),
        _verdict(row, results),
    ]


def _values(row: Row, results: Results, peer: str) -> list[float | None]:
    scenario = row.scenario_of(peer)
    return results.values(scenario, peer, row.figure, complete=not row.lossy)


def _cell(row: Row, results: Results, peer: str) -> str:
    value = median(_values(row, results, peer))
    if value is None:
        return _why_not(row, results, peer)
    text = _number(row, value)
    ratio = _ratio(row, results, peer)
    if peer in {OLD, "limit", row.ours} or ratio is None:
        return text
    return f"{text} ({_ratio_text(ratio)})"


def _why_not(row: Row, results: Results, peer: str) -> str:
    of_peer = results.of(row.scenario_of(peer), peer)
    if not of_peer:
        return ""
    if of_peer[-1].failure:
        return "failed"
    return f"{median(result.delivered for result in of_peer):.0%} arrived"


def _number(row: Row, value: float) -> str:
    if row.digits == PER_CENT:
        # Rounded down: 99.99 % is not complete.
        return f"{int(value * 1000) / 10:g} %"
    return f"{value:,.{row.digits}f}"


def _ratio(row: Row, results: Results, peer: str) -> float | None:
    if row.digits == PER_CENT:
        return None
    return median_ratio(_values(row, results, peer), _values(row, results, OLD))


def _ratio_text(ratio: float | None, digits: int = 2) -> str:
    return "" if ratio is None else f"{ratio:.{digits}f}{TIMES}"


def _target(row: Row) -> str:
    if row.target is None:
        return ""
    if row.bound is Bound.RATIO:
        return f"≤ {row.target:.3f}{TIMES}"
    return f"{'≤' if row.bound is Bound.MAX else '≥'} {_number(row, row.target)}"


def _verdict(row: Row, results: Results) -> str:
    held = holds(row, results)
    return "" if held is None else "yes" if held else "**no**"


def holds(row: Row, results: Results) -> bool | None:
    """Return whether ours reaches its target; `None` if that is unknown."""
    if row.target is None:
        return None
    if row.bound is Bound.RATIO:
        value = _ratio(row, results, row.ours)
    else:
        value = median(_values(row, results, row.ours))
    if value is None:
        return None
    return value >= row.target if row.bound is Bound.MIN else value <= row.target


def notes(results: Results) -> list[str]:
    """Return a line for each round that does not count, and for each hang."""
    return [
        f"{scenario}, {COLUMNS.get(peer, peer)}, round {number}: {remark}"
        for number, of_round in enumerate(results.by_round, start=1)
        for (scenario, peer), result in of_round.items()
        if (remark := _remark(scenario, result))
    ]


def _remark(scenario: str, result: Result) -> str:
    if result.failure:
        return result.failure
    if result.figures.get("child_hung"):
        return "close() hung in the forked child"
    if not result.is_complete and scenario not in {"burst", "fork"}:
        return f"{result.delivered:.2%} arrived, so it does not count"
    return ""


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose columns are as wide as their content."""
    lines = [list(header), *map(list, rows)]
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    padded = [
        " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    ]
    rule = " | ".join("-" * width for width in widths)
    padded.insert(1, rule)
    return "\n".join(f"| {line} |" for line in padded)
