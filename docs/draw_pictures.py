"""
Draws the pictures of the pages as SVG; `make pages` writes them.

`trace_picture` shows a trace that three tracers of this package record, with a clock
that is advanced by hand, so the picture is always the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import count
from typing import Final

from opentracing import Format, Scope

from jaeger_client import Span
from jaeger_client.testing import CountingIds, FakeClock, MemoryTracer

FONT: Final = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
INK: Final = "#1f2933"
MUTED: Final = "#6b7785"
LINE: Final = "#d8dee5"
PAPER: Final = "#ffffff"
COLORS: Final = ("#17b8be", "#f8905c", "#7a77ff")
"""One for each service, in the order in which they appear."""

WIDTH: Final = 860
ROW: Final = 32
"""Height of a span's row."""


def trace_picture() -> str:
    """Return the picture of a trace through three services."""
    spans = record_trace()
    colors = dict(zip(dict.fromkeys(map(service_of, spans)), COLORS, strict=True))
    head, names, bars = 64, 310, WIDTH - 310 - 70
    root = spans[0]
    scale = bars / (end_of(root) - root.start_time)
    height = head + ROW * len(spans) + 12

    def x(time: float) -> float:
        return names + (time - root.start_time) * scale

    def parts() -> Iterator[str]:
        title = f"{service_of(root)}: {root.operation_name}"
        yield text(20, 28, title, size=16, weight=600)
        services = f"{len(colors)} services, {len(spans)} spans"
        yield text(WIDTH - 20, 28, services, color=MUTED, anchor="end")
        for quarter in range(5):
            time = root.start_time + quarter * (end_of(root) - root.start_time) / 4
            yield line(x(time), head - 8, x(time), height - 10)
            label = f"{(time - root.start_time) * 1000:.0f} ms"
            yield text(x(time), head - 14, label, size=11, color=MUTED, anchor="middle")
        for span, depth, top in zip(
            spans, depths(spans), count(head, ROW), strict=False
        ):
            color = colors[service_of(span)]
            left = 20 + 16 * depth
            yield rect(left, top + 7, 4, ROW - 14, fill=color)
            yield name_of(span, left + 12, top + 21)
            bar = max(3.0, (end_of(span) - span.start_time) * scale)
            yield rect(x(span.start_time), top + 8, bar, ROW - 16, fill=color, radius=3)
            duration = f"{(end_of(span) - span.start_time) * 1000:.0f} ms"
            yield text(x(span.start_time) + bar + 6, top + 21, duration, size=11)

    return svg(height, "A trace of three services as a timeline", parts())


def record_trace() -> list[Span]:
    """Record a trace through three services; return its spans, parents first."""
    clock = FakeClock()
    ids = CountingIds()
    tracers = [MemoryTracer(name, clock=clock) for name in ("shop", "stock", "oven")]
    for tracer in tracers:
        tracer.random = ids
    shop, stock, oven = tracers

    def work(milliseconds: int) -> None:
        clock.advance(milliseconds / 1000)

    def serve(caller: Span, tracer: MemoryTracer, name: str) -> Scope:
        headers: dict[str, str] = {}
        shop.inject(caller, Format.HTTP_HEADERS, headers)
        parent = tracer.extract(Format.HTTP_HEADERS, headers)
        return tracer.start_active_span(name, child_of=parent)

    with shop.start_active_span("POST /order"):
        work(4)
        with shop.start_active_span("check stock") as check:
            work(3)
            with serve(check.span, stock, "GET /flour"):
                work(6)
                with stock.start_active_span("SELECT"):
                    work(14)
                work(3)
            work(2)
        with shop.start_active_span("bake") as bake:
            work(3)
            with serve(bake.span, oven, "POST /loaves"):
                work(8)
                with oven.start_active_span("heat"):
                    work(18)
                with oven.start_active_span("bake"):
                    work(31)
            work(2)
        work(6)
    spans = [span for tracer in tracers for span in tracer.spans]
    return sorted(spans, key=lambda span: span.span_id)


def depths(spans: list[Span]) -> Iterator[int]:
    """Return how many ancestors each span has."""
    found: dict[int | None, int] = {None: -1}
    for span in spans:
        found[span.span_id] = found[span.parent_id] + 1
        yield found[span.span_id]


def end_of(span: Span) -> float:
    """Return the end of a finished span."""
    return span.end_time or span.start_time


def service_of(span: Span) -> str:
    """Return the name of the service that recorded *span*."""
    return span.tracer.service_name


def name_of(span: Span, x: float, y: float) -> str:
    """Return the text of a span's row: its service and its operation."""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="13" fill="{MUTED}">'
        f'<tspan font-weight="600" fill="{INK}">{escape(service_of(span))}</tspan>'
        f"  {escape(span.operation_name)}</text>"
    )


def architecture_picture() -> str:
    """Return the picture of a span's path, of the threads, and of what uses them."""
    height = 452

    def box(x: float, y: float, name: str, note: str, width: float = 130) -> str:
        return "\n".join(
            (
                rect(x, y, width, 56, fill=PAPER, stroke=INK, radius=6),
                text(x + width / 2, y + 24, name, weight=600, anchor="middle"),
                text(
                    x + width / 2, y + 42, note, size=11, color=MUTED, anchor="middle"
                ),
            )
        )

    def parts() -> Iterator[str]:
        yield rect(16, 16, 420, 328, fill="#eef7f8", radius=10)
        yield text(32, 40, "application's threads", weight=600, color="#0b7285")
        yield rect(452, 16, 256, 328, fill="#f3f1fd", radius=10)
        yield text(468, 40, "one background thread", weight=600, color="#5f3dc4")
        yield box(36, 64, "Codec", "extract")
        yield box(36, 152, "Tracer", "start_span")
        yield box(36, 252, "Codec", "inject")
        yield box(286, 64, "Sampler", "is_sampled")
        yield box(286, 152, "Span", "set_tag, log_kv")
        yield box(286, 252, "Queue", "bounded")
        yield box(472, 252, "Encoder", "spans to bytes", 100)
        yield box(588, 252, "Sender", "bytes out", 100)
        yield box(472, 64, "Poller", "strategies, credits", 216)
        yield box(724, 64, "Jaeger", "5778", 116)
        yield box(724, 252, "Jaeger", "6831, 4318, 14268", 116)
        yield arrow(101, 120, 101, 150)
        yield arrow(166, 170, 284, 100, "once a trace")
        yield arrow(166, 184, 284, 184)
        yield arrow(101, 208, 101, 250)
        yield arrow(351, 208, 351, 250, "finish")
        yield arrow(416, 280, 470, 280)
        yield arrow(572, 280, 586, 280)
        yield arrow(688, 280, 722, 280)
        yield arrow(722, 92, 690, 92)
        yield arrow(470, 92, 418, 92)
        yield text(101, 326, "headers of a request", color=MUTED, anchor="middle")
        yield box(16, 376, "instrumentation", "creates spans by the same calls", 420)
        yield box(
            452,
            376,
            "otel",
            "uses poller, codec, encoder, sender without the tracer",
            388,
        )
        yield arrow(226, 376, 226, 346)
        yield arrow(580, 376, 580, 346)

    return svg(height, "The path of a span from the application to Jaeger", parts())


def svg(height: float, title: str, parts: Iterator[str]) -> str:
    """Return a picture of `WIDTH` by *height* on a white background."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
        f' width="{WIDTH}" height="{height}" role="img" font-family="{FONT}">'
    )
    tip = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8"'
        f' markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="{INK}"/>'
        "</marker></defs>"
    )
    paper = rect(0, 0, WIDTH, height, fill=PAPER, radius=12)
    lines = (head, f"<title>{escape(title)}</title>", tip, paper, *parts, "</svg>")
    return "\n".join(lines) + "\n"


def rect(
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    fill: str,
    stroke: str = "none",
    radius: float = 0,
) -> str:
    """Return a rectangle."""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:.4g}" height="{height:g}"'
        f' rx="{radius:g}" fill="{fill}" stroke="{stroke}"/>'
    )


def text(
    x: float,
    y: float,
    content: str,
    *,
    size: int = 13,
    weight: int = 400,
    color: str = INK,
    anchor: str = "start",
) -> str:
    """Return one line of text with its base line at *y*."""
    return (
        f'<text x="{x:.4g}" y="{y:g}" font-size="{size}" font-weight="{weight}"'
        f' fill="{color}" text-anchor="{anchor}">{escape(content)}</text>'
    )


def line(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return a thin line of the grid."""
    return f'<path d="M{x1:.4g} {y1:g} {x2:.4g} {y2:g}" stroke="{LINE}"/>'


def arrow(x1: float, y1: float, x2: float, y2: float, label: str = "") -> str:
    """Return an arrow, with *label* beside its middle."""
    path = f'<path d="M{x1} {y1} {x2} {y2}" stroke="{INK}" marker-end="url(#tip)"/>'
    if not label:
        return path
    middle = (x1 + x2) / 2 + 8, (y1 + y2) / 2 + 4
    return f"{path}\n{text(*middle, label, size=11, color=MUTED)}"
