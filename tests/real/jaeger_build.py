"""
Builds Jaeger from the Go modules in jaeger/go.mod and go.sum, once.

Run as a program it builds and prints the path: `python -m tests.real.jaeger_build`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.real.cache import folder_of, go_build

MODULE = Path(__file__).parent / "jaeger"
"""The folder with go.mod, go.sum and the sampling strategies."""

PACKAGE = "github.com/jaegertracing/jaeger/cmd/jaeger"

HOW_TO_GET_GO = "Jaeger is built with it; install Go 1.24.6 or newer"


def jaeger_path() -> Path:
    """Return the path of the binary, which may not be built yet."""
    return folder_of("jaeger", MODULE / "go.sum") / "jaeger"


def build_jaeger(go: str = "go") -> Path:
    """
    Build Jaeger unless it is there, and return its path.

    Takes about three minutes; a second run waits for the first.
    """
    return go_build(go, MODULE, PACKAGE, jaeger_path())


if __name__ == "__main__":
    sys.stdout.write(f"{build_jaeger()}\n")
