"""The machine and the versions that were measured."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

from benchmarks.comparison.environments import PACKAGE_OF, run_python, version_of
from benchmarks.comparison.table import COLUMNS


def describe_machine() -> list[str]:
    """Return one line each for processor, memory, system, Python and date."""
    cores = os.cpu_count()
    python = run_python("ours", "import platform; print(platform.python_version())")
    return [
        f"{processor()}, {cores} cores, {memory_gib():.0f} GiB of memory",
        f"{platform.system()} {platform.release()}, CPython {python}",
        time.strftime("%Y-%m-%d"),
    ]


def describe_peers() -> list[str]:
    """Return one line for the version of each peer."""
    return [
        f"{COLUMNS[peer]}: {package} {version_of(peer)}"
        for peer, package in PACKAGE_OF.items()
    ]


def processor() -> str:
    """Return the system's name of its processor."""
    name = _value("/proc/cpuinfo", "model name")
    return name or platform.processor() or platform.machine()


def memory_gib() -> float:
    """Return the size of the machine's memory."""
    kib = _value("/proc/meminfo", "MemTotal").removesuffix(" kB")
    return int(kib) / 2**20 if kib else 0.0


def _value(path: str, key: str) -> str:
    """Return the text after the first *key* and a colon, empty if there is none."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    pairs = (line.partition(":") for line in lines)
    return next((value.strip() for name, _, value in pairs if name.strip() == key), "")
