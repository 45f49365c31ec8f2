"""The page about how it works, beside what the library counts and logs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from jaeger_client.metrics.factory import MetricsFactory
from jaeger_client.metrics.instruments import (
    DROP_CAUSES,
    ReporterMetrics,
    RpcMetrics,
    SamplerMetrics,
    ThrottlerMetrics,
    TracerMetrics,
)
from jaeger_client.reporter import losses

PAGE = Path(__file__).parents[2] / "docs" / "how-it-works.md"


class NamingFactory(MetricsFactory):
    """Notes the name and the keys of the tags of each metric that is made."""

    def __init__(self) -> None:
        self.made: dict[str, frozenset[str]] = {}

    def create_counter(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> Callable[[float], None]:
        """Note a counter."""
        return self._note(name, tags)

    def create_timer(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> Callable[[float], None]:
        """Note a timer."""
        return self._note(name, tags)

    def create_gauge(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
    ) -> Callable[[float], None]:
        """Note a gauge."""
        return self._note(name, tags)

    def _note(
        self,
        name: str,
        tags: Mapping[str, str] | None,
    ) -> Callable[[float], None]:
        self.made[name] = frozenset(tags or {})
        return lambda value: None


def test_each_metric_has_a_row_with_its_tags() -> None:
    """None is left out and none is made up."""
    factory = NamingFactory()
    for metrics in (TracerMetrics, ReporterMetrics, SamplerMetrics, ThrottlerMetrics):
        metrics(factory)
    RpcMetrics(factory, "GET /")

    documented = {
        row[0].strip("`"): frozenset(
            word.strip("`,") for word in row[1].split() if word.startswith("`")
        )
        for row in rows()
        if row[0].startswith("`jaeger")
    }
    assert factory.made == documented


@pytest.mark.parametrize("cause", DROP_CAUSES)
def test_each_cause_of_a_loss_has_a_row(cause: str) -> None:
    """It tells when spans are lost so, and the counter that tells it."""
    (row,) = [row for row in rows() if row[0] == f"`{cause}`"]

    assert f"`reporter_dropped{{cause={cause}}}`" in row[2]


@pytest.mark.parametrize("cause", sorted(losses._ADVICE))
def test_each_line_about_losses_has_a_row(cause: str) -> None:
    """As far as the row quotes it; what is left out is an ellipsis."""
    line = losses._ADVICE[cause]

    quoted = [row[0].split("`")[1].removesuffix("…").strip() for row in rows()]
    assert [text for text in quoted if text and line.startswith(text)]


def rows() -> list[list[str]]:
    """Return the cells of each row of the page's tables."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text("utf-8").splitlines()
        if line.startswith("| `")
    ]
