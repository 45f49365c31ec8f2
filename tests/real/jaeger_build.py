"""
Builds Jaeger from the Go modules that jaeger/go.mod and go.sum name, once.

The binary is kept in a folder named after the content of go.sum, so that another
version of Jaeger is built anew. Run as a program it builds and prints the path:
`python -m tests.real.jaeger_build`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

MODULE = Path(__file__).parent / "jaeger"
"""The folder with go.mod, go.sum and the sampling strategies."""

PACKAGE = "github.com/jaegertracing/jaeger/cmd/jaeger"

CACHE_VARIABLE = "JAEGER_CLIENT_TEST_CACHE"
"""Environment variable: the folder for what the tests build."""

HOW_TO_GET_GO = "Jaeger is built with it; install Go 1.24.6 or newer"


def cache_folder() -> Path:
    """Return the folder for what the tests build: by default .cache in the project."""
    project = Path(__file__).parents[2]
    return Path(os.environ.get(CACHE_VARIABLE) or project / ".cache").absolute()


def jaeger_path() -> Path:
    """Return where the binary is, or will be once it is built."""
    key = hashlib.sha256((MODULE / "go.sum").read_bytes()).hexdigest()[:16]
    return cache_folder() / f"jaeger-{key}" / "jaeger"


def build_jaeger(go: str = "go") -> Path:
    """
    Build Jaeger unless it is there, and return its path.

    Takes about three minutes; a second run waits for the first.
    """
    binary = jaeger_path()
    with _lock(binary.with_name("lock")):
        if not binary.exists():
            _build(go, binary)
    return binary


@contextmanager
def _lock(path: Path) -> Generator[None, None, None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(go: str, binary: Path) -> None:
    unfinished = binary.with_name("jaeger.unfinished")
    result = subprocess.run(
        # -mod=readonly holds the build to the hashes in go.sum.
        [go, "build", "-mod=readonly", "-buildvcs=false", "-o", unfinished, PACKAGE],
        cwd=MODULE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode:
        msg = f"building Jaeger failed:\n{result.stdout[-4000:]}"
        raise RuntimeError(msg)
    unfinished.rename(binary)


if __name__ == "__main__":
    sys.stdout.write(f"{build_jaeger()}\n")
