"""The table of formats."""

from __future__ import annotations

import pytest

from benchmarks.comparison.formats import (
    BAGGAGE,
    CODECS,
    CONTEXT,
    FormatCost,
    format_rows,
    make_binary_extract,
    make_extract,
    measure_formats,
)
from jaeger_client import SpanContext


def test_each_format_has_a_row() -> None:
    """The table has the formats of headers, and the binary one."""
    least, costs = measure_formats(rounds=1)

    assert [*CODECS, "binary"] == [cost.name for cost in costs]
    assert all(figure > 0 for cost in costs for figure in cost[1:])
    assert least > 0


def test_the_ratio_is_of_both_calls() -> None:
    """The last column is the ratio of inject and extract together to the minimum."""
    rows = format_rows(0.5, [FormatCost("b3", 1.0, 2.0, 3.0, 4.0)])

    assert ["b3", "1.00", "2.00", "6.0", "3.00", "4.00"] == rows[1]


@pytest.mark.parametrize("name", [*CODECS, "binary"])
def test_what_is_measured_is_extracted(name: str) -> None:
    """The call reads ids and baggage, and does not measure a failure."""
    make = make_binary_extract if name == "binary" else None
    work = make(**BAGGAGE) if make else make_extract(CODECS[name], **BAGGAGE)

    context = work()

    assert isinstance(context, SpanContext)
    assert CONTEXT.trace_id == context.trace_id
    assert BAGGAGE == context.baggage
