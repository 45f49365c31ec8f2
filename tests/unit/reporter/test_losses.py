"""Losses, and the page about how it works, beside what is counted and logged."""

from __future__ import annotations

from pathlib import Path

import pytest

from jaeger_client.metrics.table import DROP_CAUSES
from jaeger_client.reporter import losses

PAGE = Path(__file__).parents[3] / "docs" / "how-it-works.md"


@pytest.mark.parametrize("cause", DROP_CAUSES)
def test_each_cause_of_a_loss_has_a_row(cause: str) -> None:
    """It documents when spans are lost so, and the counter."""
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
