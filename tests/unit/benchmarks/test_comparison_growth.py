"""The benchmark's figures of growth."""

from __future__ import annotations

import pytest

from benchmarks.comparison.growth import (
    PLANS,
    Growth,
    GrowthPlan,
    Measured,
    growth_header,
    growth_rows,
)
from benchmarks.comparison.growth_job import Cost
from benchmarks.comparison.growth_outage import Outage, outage_header, outage_rows
from benchmarks.comparison.growth_stalled import (
    LossMetrics,
    Second,
    StallFigures,
    count_lost,
    read_rss_mb,
)
from jaeger_client.model import SpanLosses

TAGS = GrowthPlan("tags", "Tags of a span", (0, 8), 100, ("app", "process"))


def make_measured(*app_us: float, lost: int = 0) -> Measured:
    """Return the figures of rounds of 10 spans at these costs."""
    costs = [Cost(us * 10 / 1e6, 0.0, us * 20 / 1e6, spans=10) for us in app_us]
    return Measured(costs, expected=100, arrived=100 - lost)


def make_outage(*seconds: Second, reported_lost: int = 7) -> Outage:
    """Return an outage in which 7 spans were reported."""
    return Outage(StallFigures(list(seconds), 7, 5, 7, reported_lost, close_s=1.0))


def test_traces_are_made_whole() -> None:
    """A measurement has as many whole traces as fit, and at least one."""
    plan = GrowthPlan("traces", "Spans of a trace", (30, 1_000), 100, ("app",))

    assert [90, 1_000] == [plan.spans_of(size) for size in plan.sizes]


def test_tags_do_not_change_how_many_spans_are_made() -> None:
    """With tags the span grows, not the number of spans."""
    assert [100, 100] == [TAGS.spans_of(size) for size in TAGS.sizes]


@pytest.mark.parametrize("plan", PLANS, ids=[plan.kind for plan in PLANS])
def test_a_quick_plan_does_less_of_the_same(plan: GrowthPlan) -> None:
    """A quick plan has fewer spans, one round, and no size that takes long."""
    quick = plan.quick()

    assert (plan.kind, 1) == (quick.kind, quick.rounds)
    assert quick.spans < plan.spans
    assert set(quick.sizes) == {size for size in plan.sizes if size <= 10_000}


def test_a_row_shows_the_median_and_how_far_it_grew() -> None:
    """Each peer has a row for each figure: medians, and the last over the first."""
    by_size = {0: make_measured(1, 2, 9), 8: make_measured(3)}
    rows = growth_rows(Growth(TAGS, {"ours": by_size}), {"ours": "us"})

    assert ["tracer", "µs a span", "0", "8", "last / first"] == growth_header(TAGS)
    assert [
        ["us", "app", "2.0", "3.0", "1.50"],
        ["us", "process", "4.0", "6.0", "1.50"],
    ] == rows


def test_a_figure_counts_only_if_all_arrived() -> None:
    """If spans are missing, the fraction that was lost is shown instead of a cost."""
    by_size = {0: make_measured(1, lost=25), 8: make_measured(3)}
    rows = growth_rows(Growth(TAGS, {"ours": by_size}), {})

    assert ["ours", "app", "lost 25%", "3.0", ""] == rows[0]


def test_what_was_not_measured_is_left_empty() -> None:
    """A size without any round has an empty cell."""
    by_size = {0: make_measured(1), 8: Measured()}
    rows = growth_rows(Growth(TAGS, {"ours": by_size}), {})

    assert ["ours", "app", "1.0", "", ""] == rows[0]


def test_an_outage_compares_the_first_seconds_with_the_last() -> None:
    """Costs are medians of five seconds at each end, memory is that of 10 s later."""
    seconds = [Second(number, 100 + number) for number in range(60)]
    outage = make_outage(*seconds)

    assert (2, 57) == (outage.first_us, outage.last_us)
    assert (109, 159) == (outage.settled_mb, outage.last_mb)
    assert ["memory after 10 s, MiB", "109.0"] in outage_rows([outage])


def test_an_outage_has_a_column_for_each_implementation() -> None:
    """Both implementations have the same figures beside each other."""
    outages = [make_outage(Second(1, 100)), make_outage(Second(2, 200))]
    header = outage_header(["ours", "ours_python"], {"ours": "us"})
    rows = outage_rows(outages)

    assert ["us", "ours_python"] == header[1:]
    assert ["memory after 1 s, MiB", "100.0", "200.0"] in rows


def test_a_short_outage_is_compared_by_halves() -> None:
    """Of five seconds, two are the first ones and two the last."""
    outage = make_outage(*(Second(number, number) for number in range(5)))

    assert (0.5, 3.5) == (outage.first_us, outage.last_us)
    assert (2, 4) == (outage.settled_mb, outage.last_mb)


@pytest.mark.parametrize(("reported_lost", "is_counted"), [(7, True), (6, False)])
def test_an_outage_is_counted_if_every_span_is_counted(
    *,
    reported_lost: int,
    is_counted: bool,
) -> None:
    """No span arrived, so counters and metrics must include all of them."""
    assert is_counted == make_outage(reported_lost=reported_lost).is_counted


def test_spans_that_were_cut_short_are_not_lost() -> None:
    """Losses are those of all causes but one: a truncated span is sent."""
    assert 6 == count_lost(
        SpanLosses(queue_full=1, closed=2, send_failed=3, truncated=4)
    )


def test_metrics_of_lost_spans_are_added_up() -> None:
    """Dropped spans and those that could not be sent count, sent ones do not."""
    metrics = LossMetrics()
    for result in ("dropped", "err", "ok"):
        metrics.create_counter("jaeger:reporter_spans", {"result": result})(2)
    metrics.create_counter("jaeger:started_spans")(2)

    assert 4 == metrics.lost


def test_memory_is_read_in_mib() -> None:
    """An interpreter that runs tests has more than 5 MiB, and less than 5 GiB."""
    assert 5 < read_rss_mb() < 5_000
