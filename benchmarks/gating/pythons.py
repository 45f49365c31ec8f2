"""The Pythons of this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

VERSIONS: Final = ("3.10", "3.11", "3.12", "3.13", "3.14")
PYENV: Final = Path.home() / ".pyenv" / "versions"

QUESTION: Final = """
import json, platform, sys
compiler = platform.python_compiler().strip()
build = ", ".join([platform.python_version(), compiler, platform.machine()])
print(json.dumps([sys.executable, "{}.{}".format(*sys.version_info), build]))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """One Python."""

    path: Path
    version: str
    """Major and minor."""
    build: str
    """The whole version, the compiler and the processor's kind."""


def describe(python: Path) -> Interpreter | None:
    """Run an interpreter and return what it is; `None` if it does not run."""
    try:
        done = subprocess.run(  # noqa: S603 - what the machine has as its Python
            [python, "-I", "-c", QUESTION], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    if done.returncode:
        return None
    path, version, build = json.loads(done.stdout)
    return Interpreter(Path(path), version, build)


def find_all() -> list[Interpreter]:
    """Return an interpreter of each version found; this one for its own."""
    found: dict[str, Interpreter] = {}
    for python in _candidates():
        interpreter = describe(python)
        if interpreter is not None:
            found.setdefault(interpreter.version, interpreter)
    return [found[version] for version in VERSIONS if version in found]


def _candidates() -> Iterator[Path]:
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    yield Path(sys.executable)
    for version in VERSIONS:
        on_path = [Path(folder) / f"python{version}" for folder in folders]
        yield from filter(Path.exists, on_path)
        yield from sorted(PYENV.glob(f"*/bin/python{version}"), reverse=True)
