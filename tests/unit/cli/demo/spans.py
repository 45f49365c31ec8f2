"""Spans to be shown."""

from __future__ import annotations

from jaeger_client.cli.demo.backend import DemoSpan
from jaeger_client.cli.demo.terminal import UNICODE, Terminal


def seen(
    span_id: str,
    parent_id: str | None = None,
    *,
    service: str = "shop",
    start: int = 0,
    duration: int = 100,
    error: str | None = None,
) -> DemoSpan:
    """Return a span whose operation is its id."""
    return DemoSpan(span_id, parent_id, service, span_id, start, duration, error)


def terminal(width: int = 60, *, has_colour: bool = False) -> Terminal:
    """Return a terminal of a known width."""
    return Terminal(width, has_colour, UNICODE)
