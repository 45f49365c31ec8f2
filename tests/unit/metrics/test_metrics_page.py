"""The page about metrics, compared with the exported metrics."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from docs import make_pages
from jaeger_client.metrics import METRICS, Metric, MetricsFactory
from jaeger_client.metrics.prometheus import PrometheusMetricsFactory

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"


def test_the_page_is_generated_from_the_table() -> None:
    """`make pages` was run after the last change of the table."""
    page = PAGE.read_text("utf-8")

    assert make_pages.metrics_page() == page


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_names_in_prometheus_are_those_of_a_scrape(metric: Metric) -> None:
    """The help texts are those of a scrape, too."""
    registry = CollectorRegistry()
    make(PrometheusMetricsFactory(registry=registry), metric)

    lines = generate_latest(registry).decode().splitlines()
    (name,) = (cells[1] for cells in rows() if cells[0] == f"`{metric.name}`")
    assert f"# HELP {name.strip('`')} {metric.help}" in lines


def make(factory: MetricsFactory, metric: Metric) -> None:
    """Create a metric with any labels."""
    tags = dict.fromkeys(metric.labels, "x")
    {
        "counter": factory.create_counter,
        "gauge": factory.create_gauge,
        "timer": factory.create_timer,
    }[metric.kind](metric.name, tags)


def rows() -> list[list[str]]:
    """Return the cells of the page's table of names in other systems."""
    part = PAGE.read_text("utf-8").partition("## Names in other systems")[2]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in part.partition("## ")[0].splitlines()
        if line.startswith("| `")
    ]
