"""Types of the agent's service: there are none of its own."""

from __future__ import annotations

__all__: list[str] = []
