"""
One virtual environment for each peer, created on first use.

They are in `.cache/benchmarks`, named after a hash of their content: the Python, what
is locked in `requirements/bench-NAME.txt` and, for ours, the wheel of this tree. So a
second run creates none, and concurrent runs do not interfere.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "benchmarks"
REQUIREMENTS = ROOT / "requirements"
BIN = Path(sys.executable).parent
PYENV = Path.home() / ".pyenv" / "versions"

PYTHON_VERSION = "3.11"
"""The last version on which jaeger-client 4.8 is known to run."""

ENVIRONMENT_OF = {
    "limit": "ours",
    "jaeger48": "jaeger48",
    "opentelemetry_sdk": "opentelemetry",
    "datadog": "ddtrace",
    "ours": "ours",
    "ours_python": "ours",
    "ours_otlp": "ours",
    "ours_otlp_python": "ours",
}
"""The environment of each peer, as in `requirements/bench-NAME.txt`."""

IN_PURE_PYTHON = frozenset({"ours_python", "ours_otlp_python"})
"""The peers that use none of the compiled modules, which are installed."""

PACKAGE_OF = {
    "ours": "jaeger-client",
    "jaeger48": "jaeger-client",
    "opentelemetry_sdk": "opentelemetry-sdk",
    "datadog": "ddtrace",
}
"""The distribution of each peer."""

KEPT = 5
"""Number of retained environments of each name; each change of the package adds one."""


class EnvironmentFailedError(Exception):
    """An environment could not be made."""


def variables_of(peer: str | None) -> dict[str, str]:
    """Return the environment variables of the peer's processes."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        # Else the programs of the comparison would be compiled again by each start.
        "PYTHONDONTWRITEBYTECODE": "",
        "JAEGER_CLIENT_PURE_PYTHON": "1" if peer in IN_PURE_PYTHON else "",
    }


@cache
def python_of(peer: str) -> Path:
    """Return the interpreter of the peer's environment, created if necessary."""
    name = ENVIRONMENT_OF[peer]
    with tempfile.TemporaryDirectory() as wheels:
        wheel = [build_wheel(Path(wheels))] if name == "ours" else []
        folder = CACHE / f"{name}-{_key(name, wheel)}"
        if not folder.exists():
            _make(name, folder, wheel)
            _forget_old(name)
    return folder / "bin" / "python"


def version_of(peer: str) -> str:
    """Return the version of the peer."""
    package = PACKAGE_OF[peer]
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return run_python(peer, code)


def run_python(peer: str, code: str) -> str:
    """Return the output of a line of Python in the peer's environment."""
    return _run(str(python_of(peer)), "-c", code).strip()


@cache
def base_python() -> Path:
    """Return a Python 3.11, or this one if there is none."""
    candidates = [
        Path(shutil.which(f"python{PYTHON_VERSION}") or sys.executable),
        *sorted(PYENV.glob(f"{PYTHON_VERSION}.*/bin/python"), reverse=True),
    ]
    for python in candidates:
        if _version(python) == PYTHON_VERSION:
            return python
    print(
        f"compare: found no Python {PYTHON_VERSION}, which jaeger-client 4.8 needs; "
        f"all peers run on {sys.version.split()[0]}, where 4.8 may fail",
        file=sys.stderr,
    )
    return Path(sys.executable)


def _version(python: Path) -> str:
    # pyenv's placeholders are there and fail.
    code = "import sys; print('{}.{}'.format(*sys.version_info))"
    done = subprocess.run(  # noqa: S603 - a Python of this machine
        [python, "-c", code], capture_output=True, text=True, timeout=20, check=False
    )
    return done.stdout.strip()


def _key(name: str, wheel: Sequence[Path]) -> str:
    locked = REQUIREMENTS / f"bench-{name}.txt"
    parts = [str(base_python()).encode()]
    parts += [path.read_bytes() for path in (locked, *wheel)]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:12]


def build_wheel(folder: Path, python: Path | None = None, tree: Path = ROOT) -> Path:
    """Build the package from a source *tree*, as it is distributed for *python*."""
    locked = (
        "--require-hashes",
        "--build-constraints",
        str(REQUIREMENTS / "build.txt"),
    )
    options = ("--wheel", "--python", str(python or base_python()), "-o", str(folder))
    _uv("build", *options, *locked, str(tree))
    (wheel,) = folder.glob("*.whl")
    return wheel


def _make(name: str, folder: Path, wheel: Sequence[Path]) -> None:
    """Create the environment under a temporary name, so none is found half done."""
    print(f"compare: creates the environment of {name}", file=sys.stderr, flush=True)
    made = folder.with_name(f"{folder.name}.{os.getpid()}")
    python = ("--python", str(made / "bin" / "python"), "--compile-bytecode")
    try:
        _uv("venv", "--python", str(base_python()), str(made))
        _uv("pip", "sync", *python, *_locked(name))
        for path in wheel:
            _uv("pip", "install", *python, "--no-deps", str(path))
        made.rename(folder)
    except OSError:
        # Another run was faster.
        shutil.rmtree(made, ignore_errors=True)


def _locked(name: str) -> list[str]:
    return [
        "--require-hashes",
        "--build-constraints",
        str(REQUIREMENTS / "build.txt"),
        str(REQUIREMENTS / f"bench-{name}.txt"),
    ]


def _forget_old(name: str) -> None:
    """Retain the newest few; a concurrent run may use another one."""
    folders = sorted(CACHE.glob(f"{name}-*"), key=lambda path: path.stat().st_mtime)
    for folder in folders[:-KEPT]:
        shutil.rmtree(folder, ignore_errors=True)


def _uv(*arguments: str) -> None:
    _run(str(BIN / "uv"), "--quiet", *arguments)


def _run(*command: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own commands
        command,
        cwd=ROOT,
        env={
            **os.environ,
            "UV_PYTHON_DOWNLOADS": "never",
            # Without compiled modules, the figures would be those of plain Python.
            "JAEGER_CLIENT_EXTENSIONS": "require",
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        msg = f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}"
        raise EnvironmentFailedError(msg)
    return done.stdout
