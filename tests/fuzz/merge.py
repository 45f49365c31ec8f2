"""
Adds the best found inputs to the corpus: `python -m tests.fuzz.merge [TARGET...]`.

An input is added if with it the package takes a step, from one line to the next, that
it takes with no input of the corpus. The inputs with the most new steps are copied
first, until no new step is left or the corpus is full.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any, Final

from tests.fuzz.run import CORPUS, FOUND, TARGETS, FuzzOne, corpus_of, load

Step = tuple[str, int, int]
"""A file, a line, and the line that is run after it."""

MAX_FILES: Final = 60
"""Number of inputs from which on a corpus is full."""

MAX_SIZE: Final = 2_000
"""Maximum size of an input that is added, in bytes."""


def main() -> None:
    """Merge the targets of the command line, by default all."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.merge")
    parser.add_argument("--found", type=Path, default=FOUND)
    parser.add_argument("targets", nargs="*", default=TARGETS)
    options = parser.parse_args()
    for target in options.targets:
        added = merge(target, options.found / target)
        print(f"{target}: {added} inputs added")


def merge(target: str, found: Path) -> int:
    """Add inputs to the corpus of *target*; return how many."""
    fuzz_one = load(target)
    corpus = corpus_of(target)
    known = {step for path in corpus for step in steps_of(fuzz_one, path.read_bytes())}
    inputs = {path.read_bytes() for path in found.glob("*")}
    candidates = {
        data: steps_of(fuzz_one, data) - known
        for data in sorted(inputs, key=len)
        if len(data) <= MAX_SIZE
    }
    chosen = choose(candidates, MAX_FILES - len(corpus))
    for data in chosen:
        name = hashlib.sha1(data).hexdigest()[:12]
        (CORPUS / target / name).write_bytes(data)
    return len(chosen)


def choose(candidates: Mapping[bytes, set[Step]], limit: int) -> list[bytes]:
    """Return the inputs that take the most new steps; of equal ones, the shortest."""
    chosen: list[bytes] = []
    known: set[Step] = set()
    while len(chosen) < limit:
        best = max(candidates, key=lambda data: len(candidates[data] - known))
        if candidates[best] <= known:
            break
        chosen.append(best)
        known |= candidates[best]
    return chosen


def steps_of(fuzz_one: FuzzOne, data: bytes) -> set[Step]:
    """Return the steps that the package takes for *data*."""
    steps: set[Step] = set()

    def trace(frame: FrameType, _event: str, _argument: Any) -> Any:
        file = frame.f_code.co_filename
        if "jaeger_client" not in file:
            return None
        last = 0

        def trace_lines(frame: FrameType, _event: str, _argument: Any) -> Any:
            nonlocal last
            steps.add((file, last, frame.f_lineno))
            last = frame.f_lineno
            return trace_lines

        return trace_lines

    sys.settrace(trace)
    try:
        fuzz_one(data)
    finally:
        sys.settrace(None)
    return steps


if __name__ == "__main__":
    main()
