"""A trace as lines of text: a tree of spans with bars, durations and errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from jaeger_client.cli.demo.backend import DemoSpan
from jaeger_client.cli.demo.terminal import Terminal

_SERVICE_COLOURS: Final = ("cyan", "magenta", "yellow", "green", "blue")
_GAP: Final = "  "
_MIN_BAR: Final = 10
_MAX_BAR: Final = 40
_DURATION_WIDTH: Final = len("999.9 ms")
_MILLISECOND: Final = 1_000
_SECOND: Final = 1_000_000


def draw(spans: Sequence[DemoSpan], terminal: Terminal) -> Iterator[str]:
    """Yield the lines that show the spans of one trace."""
    rows = list(arrange(spans))
    if not rows:
        return
    layout = _layout(rows, terminal)
    for row in rows:
        yield layout.span_line(row)
        if row.span.error is not None:
            yield layout.error_line(row)


@dataclass(frozen=True, slots=True)
class Row:
    """A span and its place in the tree."""

    span: DemoSpan
    ancestors_follow: tuple[bool, ...]
    """Whether siblings follow, for each ancestor but the root and the span itself."""
    has_children: bool


def arrange(spans: Sequence[DemoSpan]) -> Iterator[Row]:
    """Yield parents before their children, siblings by their start."""
    known = {span.span_id for span in spans}
    children: dict[str | None, list[DemoSpan]] = {}
    for span in sorted(spans, key=lambda span: span.start_us):
        # A span whose parent is missing is shown as another root.
        parent = span.parent_id if span.parent_id in known else None
        children.setdefault(parent, []).append(span)
    for root in children.get(None, ()):
        yield from _below(root, (), children)


def _below(
    span: DemoSpan,
    ancestors_follow: tuple[bool, ...],
    children: Mapping[str | None, Sequence[DemoSpan]],
) -> Iterator[Row]:
    own = children.get(span.span_id, ())
    yield Row(span, ancestors_follow, has_children=bool(own))
    for number, child in enumerate(own, start=1):
        yield from _below(child, (*ancestors_follow, number < len(own)), children)


@dataclass(frozen=True, slots=True)
class _Layout:
    """The columns of a trace, the same for all its lines."""

    terminal: Terminal
    colours: dict[str, str]
    """The colour of each service."""
    service_width: int
    operation_width: int
    bar_width: int
    start_us: int
    total_us: int

    def span_line(self, row: Row) -> str:
        span, terminal = row.span, self.terminal
        colour = self.colours[span.service]
        service = terminal.cut(span.service, self.service_width)
        branches = _branches(row, terminal)
        width = self.operation_width - len(branches)
        operation = terminal.cut(span.operation, width).ljust(width)
        parts = (
            terminal.colour(colour, service.ljust(self.service_width)),
            terminal.dim(branches) + self._marked(span, operation),
            self._bar(span),
            self._duration(span).rjust(_DURATION_WIDTH),
        )
        return _GAP.join(parts).rstrip()

    def error_line(self, row: Row) -> str:
        terminal = self.terminal
        indent = " " * self.service_width + _GAP
        lines = _continuation(row, terminal)
        text = f"{terminal.symbols.cross} {row.span.error}"
        width = max(0, terminal.width - len(indent) - len(lines))
        return f"{indent}{terminal.dim(lines)}{self._red(terminal.cut(text, width))}"

    def _bar(self, span: DemoSpan) -> str:
        left = round((span.start_us - self.start_us) * self.bar_width / self.total_us)
        # Even the shortest span gets a bar, and no bar exceeds the column.
        left = min(max(0, left), self.bar_width - 1)
        length = round(span.duration_us * self.bar_width / self.total_us)
        bar = self.terminal.symbols.bar * min(max(1, length), self.bar_width - left)
        colour = "red" if span.error is not None else self.colours[span.service]
        rest = " " * (self.bar_width - left - len(bar))
        return " " * left + self.terminal.colour(colour, bar) + rest

    def _duration(self, span: DemoSpan) -> str:
        duration = span.duration_us
        if duration < _MILLISECOND:
            return f"{duration} {self.terminal.symbols.micro}s"
        if duration < _SECOND:
            return f"{duration / _MILLISECOND:.1f} ms"
        return f"{duration / _SECOND:.2f} s"

    def _marked(self, span: DemoSpan, text: str) -> str:
        return text if span.error is None else self._red(text)

    def _red(self, text: str) -> str:
        return self.terminal.colour("red", text)


def _layout(rows: Sequence[Row], terminal: Terminal) -> _Layout:
    spans = [row.span for row in rows]
    services = list(dict.fromkeys(span.service for span in spans))
    start = min(span.start_us for span in spans)
    service_width = max(map(len, services))
    operation_width = max(
        len(_branches(row, terminal)) + len(row.span.operation) for row in rows
    )
    fixed = service_width + _DURATION_WIDTH + 3 * len(_GAP)
    operation_width = min(operation_width, terminal.width - fixed - _MIN_BAR)
    bar_width = terminal.width - fixed - operation_width
    return _Layout(
        terminal=terminal,
        colours={
            service: _SERVICE_COLOURS[number % len(_SERVICE_COLOURS)]
            for number, service in enumerate(services)
        },
        service_width=service_width,
        operation_width=operation_width,
        bar_width=min(max(_MIN_BAR, bar_width), _MAX_BAR),
        start_us=start,
        total_us=max(1, max(span.end_us for span in spans) - start),
    )


def _branches(row: Row, terminal: Terminal) -> str:
    """Return the lines that lead from the root to the span."""
    if not row.ancestors_follow:
        return ""
    symbols = terminal.symbols
    *above, follows = row.ancestors_follow
    return _lines(above, terminal) + (symbols.branch if follows else symbols.last)


def _continuation(row: Row, terminal: Terminal) -> str:
    """Return the lines that lead past an error message to the spans below."""
    return _lines((*row.ancestors_follow, row.has_children), terminal)


def _lines(follow: Sequence[bool], terminal: Terminal) -> str:
    symbols = terminal.symbols
    return "".join(symbols.line if follows else symbols.blank for follows in follow)
