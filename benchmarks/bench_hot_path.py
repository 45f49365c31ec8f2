"""
The cost of tracing on the application's thread, call by call, in microseconds.

`python benchmarks/bench_hot_path.py` prints each call of `gating/calls.py` and its
ratio to `limit`, the minimum for any Python tracer. Rounds are interleaved, so that a
machine that slows down slows all of them down. `gates.py` tests the instructions of the
same calls.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import Protocol

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.gating.calls import HOT_CALLS, Call, HotCall, loop

ROUNDS = 15
TURNS = 500


class Benchmark(Protocol):
    """The part of pytest-benchmark's fixture that is used here; it has no types."""

    def pedantic(
        self, target: Call, *, rounds: int, iterations: int, warmup_rounds: int
    ) -> object:
        """Call *target* as often as specified, and store the times."""
        ...


@pytest.mark.parametrize("hot_call", HOT_CALLS, ids=[call.name for call in HOT_CALLS])
def test_hot_call(benchmark: Benchmark, hot_call: HotCall) -> None:
    """Measure one call of the hot path."""
    turns = TURNS // hot_call.size
    call = hot_call.make((ROUNDS + 2) * turns)
    benchmark.pedantic(call, rounds=ROUNDS, iterations=turns, warmup_rounds=1)


def microseconds(hot_call: HotCall) -> float:
    """Return the CPU time of one call, on this thread only."""
    turns = TURNS // hot_call.size
    call = hot_call.make(2 * turns)
    loop(call, turns)
    start = time.thread_time()
    loop(call, turns)
    return (time.thread_time() - start) / (turns * hot_call.size) * 1e6


def main() -> None:
    """Print the medians of interleaved rounds."""
    rounds = [
        {call.name: microseconds(call) for call in HOT_CALLS} for _ in range(ROUNDS)
    ]
    for name in rounds[0]:
        took = statistics.median(figures[name] for figures in rounds)
        ratio = statistics.median(
            figures[name] / figures["limit"] for figures in rounds
        )
        print(f"{name:<26}{took:7.2f} us{ratio:7.1f} x limit")


if __name__ == "__main__":
    main()
