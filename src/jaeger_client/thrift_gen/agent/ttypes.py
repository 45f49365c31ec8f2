"""The agent's service defines no types of its own."""

from __future__ import annotations

__all__: list[str] = []
