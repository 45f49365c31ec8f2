"""Counts instructions: the calls of `gating.calls` in a process under callgrind."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
CACHE: Final = ROOT / ".cache" / "gates"

HOW_TO_GET_VALGRIND: Final = "it counts instructions; Debian: apt-get install valgrind"

MARKER: Final = "getppid"
"""The function before which callgrind writes its count; see `gating.calls`."""

LOOP: Final = 2
"""The number of the count that contains the loop: the first one is before it."""

TIMEOUT: Final = 300.0
"""Timeout in seconds; it takes about 15."""

COMPILED: Final = "compiled"
PURE_PYTHON: Final = "pure Python"
IMPLEMENTATIONS: Final = (COMPILED, PURE_PYTHON)
"""What can be counted, in the words of `jaeger_client.implementation`."""

PROGRAM: Final = (
    "import sys; sys.path[:] = [*sys.argv[1:], *sys.path[1:]]; "
    "from benchmarks.gating import calls"
)

TOTAL: Final = re.compile(r"^totals: (\d+)$", re.MULTILINE)


class CountError(Exception):
    """Instructions could not be counted."""


def count_instructions(
    python: Path, source: Path, implementation: str
) -> dict[str, float]:
    """
    Return the instructions of each call, without those of the empty call.

    Args:
        python: The interpreter that runs the calls.
        source: The folder that the package is in.
        implementation: One of `IMPLEMENTATIONS`.

    Raises:
        CountError: If valgrind is missing, the package in *source* has not this
            implementation, or valgrind or the calls fail.
    """
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        msg = f"valgrind is missing: {HOW_TO_GET_VALGRIND}"
        raise CountError(msg)
    CACHE.mkdir(parents=True, exist_ok=True)
    # Compiles all modules that are not compiled yet: under valgrind that takes half a
    # minute.
    prepare = [
        str(python),
        "-s",
        "-S",
        "-c",
        f"{PROGRAM}; calls.print_implementation()",
    ]
    found = run([*prepare, *import_path(source)], implementation).strip()
    if found != implementation:
        msg = f"the package in {source} is {found} for {python}, not {implementation}"
        raise CountError(msg)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        command = callgrind(valgrind, Path(folder))
        program = [str(python), "-s", "-S", "-c", f"{PROGRAM}; calls.main()"]
        output = run([*command, *program, *import_path(source)], implementation)
        lines = output.splitlines()
        counts = dict(read_count(line, Path(folder)) for line in lines)
    nothing = counts.pop("nothing")
    return {name: count - nothing for name, count in counts.items()}


def import_path(source: Path) -> list[str]:
    """Return the folders of the package, OpenTracing and the calls."""
    opentracing = importlib.util.find_spec("opentracing")
    if opentracing is None or opentracing.origin is None:
        msg = "opentracing is not installed: run this by the Python of .venv"
        raise CountError(msg)
    return [str(source), str(Path(opentracing.origin).parents[1]), str(ROOT)]


def callgrind(valgrind: str, folder: Path) -> list[str]:
    """Return the command that counts the command that follows, by process."""
    return [
        *(valgrind, "--quiet", "--tool=callgrind"),
        *(f"--dump-before={MARKER}", f"--callgrind-out-file={folder}/%p"),
    ]


def run(command: list[str], implementation: str) -> str:
    """Run *command* in an environment that is the same everywhere; return stdout."""
    environment = {
        "JAEGER_CLIENT_PURE_PYTHON": "1" if implementation == PURE_PYTHON else "",
        "PYTHONHASHSEED": "0",
        "PYTHONPYCACHEPREFIX": str(CACHE / "pycache"),
        "PATH": os.defpath,
    }
    if libraries := os.environ.get("LD_LIBRARY_PATH"):
        environment["LD_LIBRARY_PATH"] = libraries
    done = subprocess.run(  # noqa: S603 - a Python, valgrind and programs of ours
        command,
        cwd=CACHE,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    if done.returncode:
        msg = f"{command[0]} failed:\n{done.stderr[-2000:]}"
        raise CountError(msg)
    return done.stdout


def read_count(line: str, folder: Path) -> tuple[str, float]:
    """Return a call's name and its instructions, for the line it has printed."""
    pid, times, name = line.split(maxsplit=2)
    try:
        text = (folder / f"{pid}.{LOOP}").read_text(encoding="utf-8")
    except FileNotFoundError as exc:
        msg = f"callgrind did not see the calls of {MARKER}() around {name!r}"
        raise CountError(msg) from exc
    total = TOTAL.search(text)
    if total is None:
        msg = f"callgrind wrote no total for {name!r}"
        raise CountError(msg)
    return name, int(total[1]) / int(times)
