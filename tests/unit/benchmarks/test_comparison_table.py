"""From measurements to the table, and whether targets are reached."""

from __future__ import annotations

from benchmarks.comparison.page import make_page
from benchmarks.comparison.results import Result, Results, median, median_ratio
from benchmarks.comparison.scenarios import SCENARIOS
from benchmarks.comparison.sink.count import Count
from benchmarks.comparison.table import HEADER, holds, make_rows, markdown, notes
from benchmarks.comparison.targets import ROWS, Bound, Row

TWO = ("", " as OTLP")
APP = Row("app", "root_finish", "app_us", 0.10)


def complete(**figures: float) -> Result:
    """Return a result of ten spans, all of which arrived."""
    return Result({"started": 10, **figures}, Count(spans=10, distinct=10))


def results_of(*rounds: dict[tuple[str, str], Result]) -> Results:
    """Return the results of these rounds."""
    return Results(list(rounds))


def app_us(old: float, ours: float) -> dict[tuple[str, str], Result]:
    """Return a round with calls of *old* and *ours* microseconds."""
    return {
        ("root_finish", "jaeger48"): complete(app_us=old),
        ("root_finish", "ours"): complete(app_us=ours),
    }


def cells_of(title: str, results: Results) -> dict[str, str]:
    """Return the row with this title, by the headings of the columns."""
    (row,) = [row for row in make_rows(results) if row[0] == title]
    return dict(zip(HEADER, row, strict=True))


def test_ratio_is_calculated_in_each_round() -> None:
    """The ratio is the median of the rounds' ratios, not that of the medians."""
    ratio = median_ratio([1.0, 9.0, 2.0], [10.0, 10.0, 40.0])

    assert 0.1 == ratio


def test_ratio_leaves_out_rounds_without_a_base() -> None:
    """A round in which either figure is missing has no ratio."""
    ratio = median_ratio([1.0, None, 3.0], [4.0, 4.0, None])

    assert 0.25 == ratio


def test_median_of_nothing_is_none() -> None:
    """Without a figure there is no median."""
    assert median([None, None]) is None


def test_row_shows_medians_ratio_and_verdict() -> None:
    """A row has each peer's median, the ratio of ours, and the verdict."""
    results = results_of(app_us(30, 1.5), app_us(40, 1.6), app_us(20, 0.9))

    cells = cells_of("root_finish, app µs", results)

    assert ("30.0", "1.5") == (cells["jaeger-client 4.8"], cells["ours"])
    assert ("0.045\N{MULTIPLICATION SIGN}", "yes") == (
        cells["ours ÷ 4.8"],
        cells["holds"],
    )


def test_both_implementations_have_a_column() -> None:
    """That of pure Python shows its ratio to 4.8, with the encoder of the row."""
    results = results_of(
        {
            ("encode", "jaeger48"): complete(encode_us=40),
            ("encode", "ours_python"): complete(encode_us=4),
            ("encode", "ours_otlp_python"): complete(encode_us=6),
        }
    )
    cells = [cells_of(f"encode{which}, µs a span, warm", results) for which in TWO]

    assert [
        "4.0 (0.10\N{MULTIPLICATION SIGN})",
        "6.0 (0.15\N{MULTIPLICATION SIGN})",
    ] == [each["ours, pure Python"] for each in cells]


def test_target_that_is_missed_is_shown() -> None:
    """A ratio above the target shows "no"."""
    results = results_of(app_us(30, 4))

    assert "**no**" == cells_of("root_finish, app µs", results)["holds"]


def test_figure_counts_only_if_all_arrived() -> None:
    """If spans are missing, the cell shows how many arrived."""
    lost = Result({"started": 10, "app_us": 1}, Count(spans=9, distinct=9))
    results = results_of({**app_us(30, 3), ("root_finish", "ours"): lost})

    cells = cells_of("root_finish, app µs", results)

    assert ("90% arrived", "", "") == (
        cells["ours"],
        cells["ours ÷ 4.8"],
        cells["holds"],
    )


def test_spans_that_arrive_twice_are_not_missing_ones() -> None:
    """The fraction counts distinct ids, so a duplicate does not hide a loss."""
    result = Result({"started": 10}, Count(spans=10, distinct=9))

    assert (0.9, False) == (result.delivered, result.is_complete)


def test_incomplete_round_is_noted() -> None:
    """A round that does not count is listed below the table."""
    lost = Result({"started": 10, "app_us": 1}, Count(spans=9, distinct=9))

    (note,) = notes(results_of({("root_finish", "ours"): lost}))

    assert "root_finish, ours, round 1: 90.00% arrived, so it does not count" == note


def test_failure_is_noted() -> None:
    """A failure is listed with its reason."""
    failed = Result(failure="was ended after 90 s")
    results = results_of({("root_finish", "ours"): failed})

    assert ["root_finish, ours, round 1: was ended after 90 s"] == notes(results)
    assert "failed" == cells_of("root_finish, app µs", results)["ours"]


def test_share_is_rounded_down() -> None:
    """One span lost in 20,000 is not 100 % delivered."""
    one_lost = Result(
        {"started": 20_000, "process_s": 1}, Count(spans=19_999, distinct=19_999)
    )
    results = results_of({("burst", "ours"): one_lost})

    cells = cells_of("burst of 20,000, delivered", results)

    assert ("99.9 %", "**no**") == (cells["ours"], cells["holds"])


def test_fork_counts_parent_and_child_apart() -> None:
    """Spans of the parent and of the child are distinguished by their names."""
    arrived = Count(spans=7, distinct=7, names={"parent": 6, "child": 1})
    result = Result({"started": 9, "parent_spans": 6, "child_spans": 3}, arrived)

    assert 1.0 == result.figure("parent_delivered")
    assert 1 / 3 == result.figure("child_delivered")


def test_child_that_hung_is_noted() -> None:
    """A close that hung in a forked child is listed below the table."""
    hung = Result({"started": 0, "child_hung": True})

    (note,) = notes(results_of({("fork", "jaeger48"): hung}))

    assert "fork, jaeger-client 4.8, round 1: close() hung in the forked child" == note


def test_cost_of_a_delivered_span() -> None:
    """The CPU time of a burst is divided by the spans that arrived."""
    result = Result({"started": 10, "process_s": 2e-6}, Count(spans=4, distinct=4))

    assert 0.5 == result.figure("process_us_delivered")


def test_nothing_delivered_has_no_cost() -> None:
    """Without a delivered span there is no cost per span."""
    result = Result({"started": 10, "process_s": 1})

    assert result.figure("process_us_delivered") is None


def test_old_client_is_measured_by_its_own_burst() -> None:
    """The burst is compared with 4.8 with a queue that holds all."""
    results = results_of(
        {
            ("burst", "ours"): complete(process_s=5e-5),
            ("burst", "jaeger48"): complete(process_s=5e-4),
            ("burst_same_queue", "jaeger48"): complete(process_s=2e-3),
        }
    )
    (row,) = [row for row in ROWS if row.figure == "process_us_delivered"]

    assert holds(row, results)
    assert "200.0" == cells_of(row.title, results)["jaeger-client 4.8"]


def test_memory_is_held_to_a_bound() -> None:
    """A bound that is not a ratio is compared with the figure itself."""
    row = Row("memory", "init", "memory_mb", 22.0, Bound.MAX)
    results = results_of({("init", "ours"): complete(memory_mb=22.5)})

    assert False is holds(row, results)


def test_no_verdict_without_figures() -> None:
    """A target without measurement is neither reached nor missed."""
    assert holds(APP, results_of({})) is None


def test_every_row_comes_from_a_scenario() -> None:
    """Each row names existing scenarios, and each scenario has a row."""
    named = {row.scenario for row in ROWS} | {row.old_scenario for row in ROWS} - {""}

    assert set(SCENARIOS) == named


def test_markdown_pads_its_columns() -> None:
    """Columns of a table are aligned."""
    table = markdown(["name", "x"], [["a", "10"]])

    assert "| name | x   |\n| ---- | --- |\n| a    | 10  |" == table


def test_page_holds_all_that_was_measured() -> None:
    """The page has the machine, the table, the notes and the sections."""
    failed = Result(failure="was ended after 90 s")
    results = results_of(app_us(30, 3), {("root_finish", "ours"): failed})

    page = make_page(results, ["## Growth"], about=["Some CPU"], rounds=2, minutes=7)

    assert page.startswith("# Benchmarks\n")
    for part in (
        "- Some CPU\n",
        "took 7 minutes",
        "| root_finish, app µs",
        "## Growth",
    ):
        assert part in page
    assert "target" not in page  # the page has no targets
    assert "- root_finish, ours, round 2: was ended after 90 s\n" in page
