"""The page about metrics, beside what is really exported."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from docs import make_pages
from jaeger_client.metrics import METRICS, Metric, MetricsFactory
from jaeger_client.metrics.prometheus import PrometheusMetricsFactory

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"


def test_the_page_is_what_the_table_makes() -> None:
    """It was written since the table was changed: `make pages` does it."""
    page = PAGE.read_text("utf-8")

    assert make_pages.metrics_page() == page


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_names_in_prometheus_are_those_of_a_scrape(metric: Metric) -> None:
    """And so is the help."""
    registry = CollectorRegistry()
    make(PrometheusMetricsFactory(registry=registry), metric)

    lines = generate_latest(registry).decode().splitlines()
    (name,) = (cells[1] for cells in rows() if cells[0] == f"`{metric.name}`")
    assert f"# HELP {name.strip('`')} {metric.help}" in lines


def make(factory: MetricsFactory, metric: Metric) -> None:
    """Make a metric, whatever its labels are."""
    tags = dict.fromkeys(metric.labels, "x")
    {
        "counter": factory.create_counter,
        "gauge": factory.create_gauge,
        "timer": factory.create_timer,
    }[metric.kind](metric.name, tags)


def rows() -> list[list[str]]:
    """Return the cells of the page's table of names elsewhere."""
    part = PAGE.read_text("utf-8").partition("## Names elsewhere")[2]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in part.partition("## ")[0].splitlines()
        if line.startswith("| `")
    ]
