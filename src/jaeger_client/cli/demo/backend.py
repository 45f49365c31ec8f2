"""The interface of a backend that receives the demo's spans, and what it returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DemoSpan:
    """The part of a span that the demo shows."""

    span_id: str
    parent_id: str | None
    service: str
    operation: str
    start_us: int
    """Microseconds since the epoch."""
    duration_us: int
    error: str | None = None
    """The error message; `None` without an error."""

    @property
    def end_us(self) -> int:
        """Microseconds since the epoch."""
        return self.start_us + self.duration_us


class Backend(Protocol):
    """Receives the spans of the services. Used by one thread."""

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables that make services report to it."""
        ...

    @property
    def description(self) -> str:
        """A description for the user."""
        ...

    def trace(self, trace_id: str, spans: int) -> Sequence[DemoSpan]:
        """
        Return the spans of a trace, after all services have ended.

        Waits for *spans* of them if some may still be in transit.
        """
        ...

    def link(self, trace_id: str) -> str | None:
        """Return the URL of a page that shows the trace, `None` without one."""
        ...

    def close(self) -> None:
        """Release all resources. Idempotent."""
        ...


def error_of(
    tags: Mapping[str, object],
    logs: Sequence[Mapping[str, object]],
) -> str | None:
    """Return the error that a span's tags and logs describe, `None` without one."""
    if str(tags.get("error", False)).lower() != "true":
        return None
    for fields in logs:
        if fields.get("event") == "error":
            return f"{_short_kind(fields)}{fields.get('message', '')}"
    status = tags.get("http.status_code")
    return "error" if status is None else f"status {status}"


def _short_kind(fields: Mapping[str, object]) -> str:
    kind = str(fields.get("error.kind", "")).rstrip("'>")
    name = kind.rpartition(".")[2]
    return f"{name}: " if name else ""
