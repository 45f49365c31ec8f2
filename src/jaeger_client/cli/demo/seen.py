"""What is shown of a span, wherever it was seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SeenSpan:
    """One line of the tree."""

    span_id: str
    parent_id: str | None
    service: str
    operation: str
    start_us: int
    """Microseconds since the epoch."""
    duration_us: int
    error: str | None = None
    """What went wrong; `None` if nothing did."""

    @property
    def end_us(self) -> int:
        """When it ended, in microseconds since the epoch."""
        return self.start_us + self.duration_us


def error_of(
    tags: Mapping[str, object],
    logs: Sequence[Mapping[str, object]],
) -> str | None:
    """Return what a span's tags and logs say of an error, `None` if there is none."""
    if str(tags.get("error", False)).lower() != "true":
        return None
    for fields in logs:
        if fields.get("event") == "error":
            return f"{_short_kind(fields)}{fields.get('message', '')}"
    status = tags.get("http.status_code")
    return "error" if status is None else f"answered {status}"


def _short_kind(fields: Mapping[str, object]) -> str:
    kind = str(fields.get("error.kind", "")).rstrip("'>")
    name = kind.rpartition(".")[2]
    return f"{name}: " if name else ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A span at its place in the tree."""

    span: SeenSpan
    ancestors_follow: tuple[bool, ...]
    """For each ancestor but the root, and the span itself: whether siblings follow."""
    has_children: bool


def arrange(spans: Sequence[SeenSpan]) -> Iterator[Placed]:
    """Yield parents before their children, siblings by their start."""
    known = {span.span_id for span in spans}
    children: dict[str | None, list[SeenSpan]] = {}
    for span in sorted(spans, key=lambda span: span.start_us):
        # A span whose parent was not seen stands beside the root.
        parent = span.parent_id if span.parent_id in known else None
        children.setdefault(parent, []).append(span)
    for root in children.get(None, ()):
        yield from _below(root, (), children)


def _below(
    span: SeenSpan,
    ancestors_follow: tuple[bool, ...],
    children: Mapping[str | None, Sequence[SeenSpan]],
) -> Iterator[Placed]:
    own = children.get(span.span_id, ())
    yield Placed(span, ancestors_follow, has_children=bool(own))
    for number, child in enumerate(own, start=1):
        yield from _below(child, (*ancestors_follow, number < len(own)), children)
