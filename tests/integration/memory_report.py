"""Runs the programs that measure memory, and decides whether it grows."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.integration.conftest import PROGRAMS

TIMEOUT: Final = 600.0

BYTES_PER_OPERATION: Final = 4
"""Less than the size of any object: a leak of one per operation is detected."""

SLACK: Final = {"rss": 4 << 20, "traced": 1 << 14}
"""
Total growth in bytes that is ignored.

Resident memory also grows by fragmentation, traced memory by the meter's own numbers.
"""

RecordProperty = Callable[[str, object], None]
"""pytest's fixture `record_property`."""


@dataclass(frozen=True)
class Report:
    """What a program printed about itself."""

    operations: int
    """Operations between two measurements."""
    rss: list[int]
    traced: list[int]
    others: dict[str, Any]

    @property
    def growth(self) -> dict[str, float]:
        """
        Minimum number of bytes, beyond the slack, that each operation leaves behind.

        Tables are emptied when they are full, so memory goes up and down. It has grown
        if the minimum of the last measurements is above the maximum of the first ones.
        """
        return {
            "rss": growth_of(self.rss, SLACK["rss"]) / self.operations,
            "traced": growth_of(self.traced, SLACK["traced"]) / self.operations,
        }

    @property
    def is_flat(self) -> bool:
        """Whether memory does not grow with the number of operations."""
        return all(growth < BYTES_PER_OPERATION for growth in self.growth.values())


def growth_of(values: list[int], slack: int) -> float:
    """Return the average growth per value, from the first third to the last."""
    third = len(values) // 3
    rise = min(values[-third:]) - max(values[:third]) - slack
    return max(0, rise) / (len(values) - third)


def run_meter(record: RecordProperty, name: str, *arguments: object) -> Report:
    """Run a program to its end; *record* its figures, and return them."""
    words = [str(argument) for argument in arguments]
    environ = {**os.environ, "PYTHONPATH": str(PROGRAMS.parents[2])}
    done = subprocess.run(
        [sys.executable, "-W", "error", PROGRAMS / name, *words],
        env=environ,
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
        text=True,
    )
    assert 0 == done.returncode, done.stderr
    values = json.loads(done.stdout)
    title = " ".join([Path(name).stem, *words])
    circumstances = f"{platform.python_implementation()} {platform.python_version()}"
    record(title, f"{circumstances}: {done.stdout.strip()}")
    return Report(
        operations=values.pop("operations"),
        rss=values.pop("rss"),
        traced=values.pop("traced"),
        others=values,
    )
