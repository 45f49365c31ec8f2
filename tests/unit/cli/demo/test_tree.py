"""The tree in the terminal: lines, bars, durations, errors, colours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jaeger_client.cli.demo.terminal import ASCII
from jaeger_client.cli.demo.tree import arrange, draw
from tests.unit.cli.demo.spans import seen, terminal

TRACE = [
    seen("order", service="shop", start=1_000, duration=4_000),
    seen("bake", "order", service="bakery", start=2_000, duration=1_500),
    seen("knead", "bake", service="bakery", start=2_000, duration=500, error="tired"),
    seen("pay", "order", service="shop", start=4_000, duration=1_000),
]


def test_a_trace_is_a_tree_with_bars_and_durations() -> None:
    """The columns are aligned, and an error has its own line."""
    expected = [
        "shop    order        ████████████████████████████████    4.0 ms",
        "bakery  ├─ bake              ████████████                1.5 ms",
        "bakery  │  └─ knead          ████                        500 µs",
        "        │        ✗ tired",
        "shop    └─ pay                               ████████    1.0 ms",
    ]

    assert expected == list(draw(TRACE, terminal(63)))


def test_no_line_is_wider_than_the_terminal() -> None:
    """Long names and messages are cut, with an ellipsis."""
    long = "x" * 200
    spans = [replace(seen("root", error=f"bad\nnews {long}"), operation=long)]

    lines = list(draw(spans, terminal(60)))

    assert [True] * 2 == [len(line) <= 60 for line in lines]
    assert [True] * 2 == ["…" in line for line in lines]


def test_a_terminal_without_these_characters_gets_ascii() -> None:
    """A log file in ASCII shows the tree as well."""
    plain = replace(terminal(), symbols=ASCII)

    text = "\n".join(draw(TRACE, plain))

    assert text.isascii()
    assert "`- knead" in text


def test_every_span_has_a_bar_within_the_column() -> None:
    """A span without duration, or at the end of the trace, has a bar."""
    spans = [
        seen("root", start=0, duration=1_000_000),
        seen("instant", "root", start=10, duration=0),
        seen("at the end", "root", start=1_000_000, duration=0),
    ]

    bars = [line.count("█") for line in draw(spans, terminal(80))]

    assert [1, 1] == bars[1:]
    assert bars[0] <= 40


@pytest.mark.parametrize(
    ("duration_us", "text"),
    [(0, "0 µs"), (999, "999 µs"), (12_345, "12.3 ms"), (1_234_567, "1.23 s")],
)
def test_durations_have_a_unit_by_their_size(duration_us: int, text: str) -> None:
    """The unit is µs below a millisecond, ms below a second, else s."""
    (line,) = draw([seen("one", duration=duration_us)], terminal())

    assert line.endswith(text)


def test_each_service_has_a_colour_and_errors_are_red() -> None:
    """With colours on, bars and names have the colour of the service."""
    order, _, knead, tired, _ = draw(TRACE, terminal(has_colour=True))

    assert order.startswith("\x1b[36mshop")
    assert knead.startswith("\x1b[35mbakery")
    assert "\x1b[31m✗ tired\x1b[0m" in tired


def test_a_trace_without_spans_has_no_lines() -> None:
    """An empty trace prints nothing."""
    assert [] == list(draw([], terminal()))


def test_parents_come_before_children_and_siblings_by_their_start() -> None:
    """The order does not depend on the order of arrival."""
    spans = [
        seen("late", "root", start=50),
        seen("leaf", "early", start=60),
        seen("early", "root", start=10),
        seen("root"),
    ]

    names = [row.span.operation for row in arrange(spans)]

    assert ["root", "early", "leaf", "late"] == names


def test_each_row_has_the_ancestors_with_later_siblings() -> None:
    """The lines to the left of a span depend on that."""
    spans = [
        seen("root"),
        seen("early", "root", start=1),
        seen("leaf", "early", start=2),
        seen("late", "root", start=3),
    ]

    follow = [row.ancestors_follow for row in arrange(spans)]

    assert [(), (True,), (True, False), (False,)] == follow


def test_a_span_whose_parent_is_missing_is_shown_as_a_root() -> None:
    """A missing parent does not hide its children."""
    rows = list(arrange([seen("root"), seen("orphan", "lost", start=5)]))

    assert ["root", "orphan"] == [row.span.operation for row in rows]
    assert [(), ()] == [row.ancestors_follow for row in rows]
