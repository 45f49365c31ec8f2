"""How losses are counted and logged, and the page that documents it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from jaeger_client.metrics.instruments import ReporterMetrics
from jaeger_client.metrics.table import DROP_CAUSES
from jaeger_client.model import SpanData, SpanLosses
from jaeger_client.reporter import losses
from jaeger_client.testing import FakeClock
from tests.unit.reporter.counting_metrics import CountingMetrics
from tests.unit.reporter.line_encoder import named

PAGE = Path(__file__).parents[3] / "docs" / "how-it-works.md"


class Scene:
    """A report of losses, and what it counts."""

    def __init__(self) -> None:
        self.totals = SpanLosses()
        self.metrics = CountingMetrics()
        self.clock = FakeClock()
        self.report = losses.LossReport(
            self.totals, ReporterMetrics(self.metrics), clock=self.clock
        )


@pytest.mark.parametrize("cause", DROP_CAUSES)
def test_lost_spans_are_counted_by_their_cause(cause: str) -> None:
    """They are counted in the totals and in two metrics: by cause and by result."""
    scene = Scene()
    scene.report.lost(cause, 2)
    scene.report.lost(cause, 3)
    result = "err" if cause == "send_failed" else "dropped"

    assert 5 == scene.totals.as_dict()[cause] == scene.totals.dropped
    assert {
        f"jaeger:reporter_dropped{{cause={cause}}}": 5,
        f"jaeger:reporter_spans{{result={result}}}": 5,
    } == scene.metrics.sums


def test_truncated_spans_are_not_lost() -> None:
    """They have a counter of their own."""
    scene = Scene()
    scene.report.lost("truncated", 2)

    assert (2, 0) == (scene.totals.truncated, scene.totals.dropped)
    assert {"jaeger:truncated_spans": 2} == scene.metrics.sums


def test_no_spans_are_no_loss(caplog: pytest.LogCaptureFixture) -> None:
    """A count of 0 is neither published nor logged."""
    scene = Scene()
    scene.report.lost("closed", 0)

    assert {} == scene.metrics.sums
    assert [] == caplog.messages


@pytest.mark.parametrize(
    ("is_retrying", "line"),
    [(False, "spans were finished after"), (True, "the backend could not be reached")],
)
def test_unsent_spans_are_counted_as_closed(
    is_retrying: bool,
    line: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Another line is logged for spans that were waiting for a retry."""
    scene = Scene()
    spans: list[SpanData] = [*named("left", "a", "b")]
    scene.report.drop_unsent(spans, 0, is_retrying=is_retrying)
    scene.report.drop_unsent(spans, 2, is_retrying=is_retrying)

    assert ["left"] == [span.operation_name for span in spans]
    assert SpanLosses(closed=2) == scene.totals
    assert 2 == scene.metrics.sums["jaeger:reporter_dropped{cause=closed}"]
    (message,) = caplog.messages
    assert message.startswith(line)


def test_a_loss_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """The first loss by a cause is logged, later ones when a minute has passed."""
    scene = Scene()
    with caplog.at_level(logging.WARNING, "jaeger_tracing"):
        for seconds in (0, 30, 31):
            scene.clock.advance(seconds)
            scene.report.refused(closed=False)
    first, second = caplog.messages

    assert "the queue is full" in first
    assert "suppressed: 1)" in second


@pytest.mark.parametrize("cause", DROP_CAUSES)
def test_each_cause_of_a_loss_has_a_row(cause: str) -> None:
    """The page documents when spans are lost by that cause, and the counter."""
    (row,) = [row for row in rows() if row[0] == f"`{cause}`"]

    assert f"`reporter_dropped{{cause={cause}}}`" in row[2]


@pytest.mark.parametrize("cause", sorted(losses._ADVICE))
def test_each_line_about_losses_has_a_row(cause: str) -> None:
    """The row quotes the line; omitted parts are an ellipsis."""
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


def test_the_advice_can_be_replaced(caplog: pytest.LogCaptureFixture) -> None:
    """By cause; the other causes have the usual lines."""
    metrics = ReporterMetrics(CountingMetrics())
    report = losses.LossReport(
        SpanLosses(), metrics, clock=FakeClock(), advice={"closed": "close it last"}
    )
    report.lost("closed", 1)
    report.lost("queue_full", 1)

    first, second = caplog.messages
    assert "close it last" == first
    assert "reporter_queue_size" in second
