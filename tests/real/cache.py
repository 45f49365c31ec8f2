"""
Programs that tests build or fetch, cached between runs.

Each has a folder named after the content of its lock file, so that another version
is built anew, and a file lock: a second run waits for the first.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

CACHE_VARIABLE = "JAEGER_CLIENT_TEST_CACHE"
"""Environment variable: the folder for what the tests build."""


def cache_folder() -> Path:
    """Return the folder for what the tests build: by default .cache in the project."""
    project = Path(__file__).parents[2]
    return Path(os.environ.get(CACHE_VARIABLE) or project / ".cache").absolute()


def folder_of(name: str, *locks: Path) -> Path:
    """Return the folder for *name* in the version of its lock files."""
    content = b"".join(path.read_bytes() for path in locks)
    return cache_folder() / f"{name}-{hashlib.sha256(content).hexdigest()[:16]}"


def made_once(made: Path, make: Callable[[Path], None]) -> Path:
    """
    Return *made*, a file or folder that *make* creates if it does not exist.

    *make* receives a temporary path, which is renamed when it is complete.
    """
    made.parent.mkdir(parents=True, exist_ok=True)
    with _lock(made.with_name("lock")):
        if not made.exists():
            unfinished = made.with_name(f"{made.name}.unfinished")
            make(unfinished)
            unfinished.rename(made)
    return made


@contextmanager
def _lock(path: Path) -> Generator[None, None, None]:
    with path.open("w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run(command: Sequence[str | Path], folder: Path, what: str) -> str:
    """
    Run a tool in *folder* and return its standard output.

    Raises:
        RuntimeError: If it fails, with the end of its output.
    """
    result = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    if result.returncode:
        output = result.stdout + result.stderr
        msg = f"{what} failed:\n{output[-4000:]}"
        raise RuntimeError(msg)
    return result.stdout


def go_build(go: str, module: Path, package: str, binary: Path) -> Path:
    """Build a Go program by the hashes of the module's go.sum; return its path."""

    def build(unfinished: Path) -> None:
        # -mod=readonly holds the build to the hashes in go.sum.
        options = ("-mod=readonly", "-buildvcs=false", "-o", unfinished)
        run([go, "build", *options, package], module, f"building {binary.name}")

    return made_once(binary, build)
