"""No input from outside makes the library violate a condition."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from tests.fuzz.run import CORPUS, FOUND, HERE, SEED, TARGETS

ROOT: Final = HERE.parents[1]
AT_A_TIME: Final = 2
"""Number of concurrent targets."""

OVERHEAD: Final = 120
"""Additional seconds that a target may take on a busy machine."""

FAILURES: Final = ("crash-", "timeout-", "oom-")
"""Beginnings of the names of inputs that failed."""

MIN_COVERAGE: Final = 80
"""Edges in the package that the smallest target reaches."""


@dataclass(frozen=True)
class Run:
    """How a target ended."""

    code: int
    output: str
    new: Sequence[Path]
    """Inputs that were found, including those that failed."""

    def explanation(self, target: str) -> str:
        """Return the failure, and how to reproduce it."""
        lines = [self.output[-8_000:], f"{target} ended with code {self.code}"]
        for path in self.new:
            if path.name.startswith(FAILURES):
                lines += how_to_repeat(target, path.name, path.read_bytes())
        return "\n".join(lines)


def how_to_repeat(target: str, name: str, data: bytes) -> list[str]:
    """Return how to add an input that failed to the corpus."""
    path = (CORPUS / target / name).relative_to(ROOT)
    return [
        f"the input: {data!r}",
        "add it to the corpus, where the fast tests try it, and try it alone:",
        f"  base64 -d > {path} <<< {base64.b64encode(data).decode()}",
        f"  .venv/bin/python -m tests.fuzz.run {target} {path}",
    ]


@pytest.fixture(scope="session")
def runs(request: pytest.FixtureRequest) -> Mapping[str, Run]:
    """Run the targets whose tests were selected, a few at a time."""
    seconds = int(str(request.config.getoption("fuzz_seconds")))
    selected = [
        target
        for target in TARGETS
        if any(item.name.endswith(f"[{target}]") for item in request.session.items)
    ]
    with ThreadPoolExecutor(AT_A_TIME) as lanes:
        done = lanes.map(partial(run, seconds=seconds), selected)
        return dict(zip(selected, done, strict=True))


def run(target: str, seconds: int) -> Run:
    """Fuzz one target in a process of its own."""
    before = {*(FOUND / target).glob("*")}
    command = [sys.executable, "-m", "tests.fuzz.run", target]
    done = subprocess.run(
        [*command, "--seconds", str(seconds)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": str(SEED or "random")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=seconds + OVERHEAD,
        check=False,
    )
    new = sorted({*(FOUND / target).glob("*")} - before)
    return Run(done.returncode, done.stdout, new)


@pytest.mark.long
@pytest.mark.timeout(0)
@pytest.mark.parametrize("target", TARGETS)
def test_fuzz(target: str, runs: Mapping[str, Run]) -> None:
    """The conditions of the target hold for every input that a fuzzer finds."""
    run = runs[target]
    if run.code:
        pytest.fail(run.explanation(target), pytrace=False)

    # Those of atheris: without them the fuzzer is not guided.
    edges = [int(number) for number in re.findall(r"cov: (\d+)", run.output)]
    assert "Done" in run.output
    assert not edges or max(edges) >= MIN_COVERAGE
