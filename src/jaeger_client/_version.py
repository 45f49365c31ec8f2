"""The version, read by the build and by the package."""

from __future__ import annotations

from typing import Final

__version__: Final = "5.0.0.dev0"
