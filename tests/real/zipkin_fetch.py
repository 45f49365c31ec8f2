"""
Fetches Zipkin into the local Maven repository, once.

Run as a program it fetches and prints the path: `python -m tests.real.zipkin_fetch`.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.real.cache import run
from tests.real.clients.build import find_tool

VERSION: Final = "3.5.1"
SHA256: Final = "7ac633a6832647e71e50012a5e3e91fbc7054414955261724526030faf271d8d"
"""Checksum of the file: Maven's own checksums come from the same server."""

HOW_TO_GET_MAVEN: Final = (
    "it fetches Zipkin; install Maven (Debian: apt-get install maven)"
)
HOW_TO_GET_JAVA: Final = (
    "Zipkin runs in it; install Java 17 or newer "
    "(Debian: apt-get install openjdk-17-jre-headless)"
)

RequireTool = Callable[[str, str], str]
"""Returns the path of a tool by its name, or explains how to get it."""


def repository() -> Path:
    """Return the local Maven repository, where it is by default."""
    return Path.home() / ".m2" / "repository"


def zipkin_path() -> Path:
    """Return the path of the file, which may not be fetched yet."""
    folder = repository() / "io" / "zipkin" / "zipkin-server" / VERSION
    return folder / f"zipkin-server-{VERSION}-exec.jar"


def zipkin_command(require_tool: RequireTool) -> list[str | Path]:
    """
    Return the command that starts Zipkin, which is fetched if necessary.

    Raises:
        RuntimeError: If it cannot be fetched, or is not what it should be.
    """
    java = require_tool("java", HOW_TO_GET_JAVA)
    jar = zipkin_path()
    if not jar.exists():
        _fetch(require_tool("mvn", HOW_TO_GET_MAVEN))
    _check(jar)
    return [java, "-Xmx512m", "-jar", jar]


def _fetch(maven: str) -> None:
    artifact = f"-Dartifact=io.zipkin:zipkin-server:{VERSION}:jar:exec"
    # Maven's settings may have moved the repository, and Java has a home of its own.
    place = f"-Dmaven.repo.local={repository()}"
    options = ("--batch-mode", "--quiet", "-Dtransitive=false", place)
    run([maven, *options, artifact, "dependency:get"], Path.home(), "fetching Zipkin")


def _check(jar: Path) -> None:
    found = hashlib.sha256(jar.read_bytes()).hexdigest()
    if found != SHA256:
        msg = f"{jar} is not Zipkin {VERSION} (SHA-256 {found}): remove it"
        raise RuntimeError(msg)


def main() -> None:
    """Fetch Zipkin if this machine can run it."""
    try:
        outcome = str(zipkin_command(find_tool)[-1])
    except FileNotFoundError as missing:
        outcome = f"{missing}; tests are skipped"
    sys.stdout.write(f"{outcome}\n")


if __name__ == "__main__":
    main()
