"""Where the demo's spans go, and where they are seen: one interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from jaeger_client.cli.demo.seen import SeenSpan


class Backend(Protocol):
    """Takes the services' spans and tells what arrived. Used by one thread."""

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that lead a service's spans here."""
        ...

    @property
    def description(self) -> str:
        """What it is, for the user."""
        ...

    def trace(self, trace_id: str, spans: int) -> Sequence[SeenSpan]:
        """
        Return the spans of a trace, after all services have ended.

        Waits for *spans* of them if some can still be under way.
        """
        ...

    def link(self, trace_id: str) -> str | None:
        """Return where the trace can be looked at, `None` if nowhere."""
        ...

    def close(self) -> None:
        """Release what is open. Idempotent."""
        ...
