"""Which headers name the services and operations of HTTP requests."""

from __future__ import annotations

from typing import Final

__all__ = ["CONFIG"]


class _Config:
    def __init__(self, app_name: str | None = None) -> None:
        self.app_name = app_name
        """Name of this service; stored, but not used."""
        self.caller_name_headers: list[str] = []
        """Headers of received requests with the name of the calling service."""
        self.callee_name_headers: list[str] = []
        """Headers of sent requests with the name of the called service."""
        self.callee_endpoint_headers: list[str] = []
        """Headers of sent requests with the name of the called operation."""


CONFIG: Final = _Config()
"""The settings of all hooks of this process; lists are changed in place."""
