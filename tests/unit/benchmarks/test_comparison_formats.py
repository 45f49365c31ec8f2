"""The table of formats."""

from __future__ import annotations

import pytest

from benchmarks.comparison.formats import (
    BAGGAGE,
    CODECS,
    CONTEXT,
    FormatCosts,
    Formats,
    format_rows,
    make_binary_extract,
    make_extract,
    measure_formats,
)
from jaeger_client import SpanContext


def test_each_format_has_a_row() -> None:
    """The table has the formats of headers, and the binary one."""
    costs = measure_formats(Formats(rounds=1))

    assert [*CODECS, "binary"] == list(costs.calls)
    assert all(figure > 0 for figures in costs.calls.values() for figure in figures)
    assert costs.limit > 0


def test_the_ratio_is_of_both_calls() -> None:
    """A column is the ratio of inject and extract together to the minimum."""
    costs = FormatCosts(0.5, {"b3": [1.0, 2.0, 3.0, 4.0]})
    rows = format_rows({"ours": costs}, {"ours": "us"})

    assert ["b3", "us", "1.00", "2.00", "6.0", "3.00", "4.00"] == rows[1]


def test_each_implementation_has_a_row() -> None:
    """The rows of a format follow each other."""
    costs = FormatCosts(0.5, {"b3": [1.0] * 4, "w3c": [1.0] * 4})
    rows = format_rows({"ours": costs, "ours_python": costs}, {})

    expected = [
        ("limit", ""),
        ("b3", "ours"),
        ("b3", "ours_python"),
        ("w3c", "ours"),
        ("w3c", "ours_python"),
    ]
    assert expected == [(row[0], row[1]) for row in rows]


@pytest.mark.parametrize("name", [*CODECS, "binary"])
def test_what_is_measured_is_extracted(name: str) -> None:
    """The call reads ids and baggage, and does not measure a failure."""
    make = make_binary_extract if name == "binary" else None
    work = make(**BAGGAGE) if make else make_extract(CODECS[name], **BAGGAGE)

    context = work()

    assert isinstance(context, SpanContext)
    assert CONTEXT.trace_id == context.trace_id
    assert BAGGAGE == context.baggage
