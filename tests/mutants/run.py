"""
Runs the mutants that mutmut creates, each in a process that has run no test before.

mutmut writes all mutants of a module into one file, and records which tests call which
function. Its own workers are not used: they collect all tests before they fork, after
which pytest no longer finds the tests of two files of one name. mutmut counts that
error as a mutant that was noticed.

    python -m tests.mutants.run jaeger_client.sampler.remote*

Results are stored in `mutants/results.txt`, so an interrupted run can be continued.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import Final, NamedTuple

import pytest
import thriftpy2
import urllib3
from mutmut.configuration import config

ROOT: Final = Path(__file__).parents[2]
MUTANTS: Final = ROOT / "mutants"
STATS: Final = MUTANTS / "mutmut-stats.json"
RESULTS: Final = MUTANTS / "results.txt"
OUTPUT: Final = MUTANTS / "output.txt"
"""What pytest printed without a mutant."""
PRELOADED: Final = (thriftpy2, urllib3)
"""Imported here once and inherited by all processes. Plugins of pytest cannot be."""
WORKERS: Final = os.cpu_count() or 1
NO_MUTANT: Final = "no mutant"


class Mutant(NamedTuple):
    """A mutant and the tests that call its function."""

    name: str
    tests: Sequence[str]
    max_seconds: float
    """Duration after which it is killed."""


def create_mutants() -> None:
    """Let mutmut create the mutants, and record the tests of each function."""
    # It ends with an error before it runs mutants, because none has this name.
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", "run", NO_MUTANT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if not STATS.exists():
        sys.exit(done.stdout + done.stderr)


def find_mutants(pattern: str) -> Iterator[Mutant]:
    """Yield the mutants whose names match *pattern*."""
    stats = json.loads(STATS.read_text(encoding="utf-8"))
    durations: dict[str, float] = stats["duration_by_test"]
    tests_of: dict[str, list[str]] = stats["tests_by_mangled_function_name"]
    for path in sorted((MUTANTS / "src").rglob("*.meta")):
        names = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        for name in names:
            if fnmatch(name, pattern):
                tests = sorted(tests_of.get(name.rpartition("__mutmut_")[0], ()))
                seconds = sum(durations.get(test, 0.0) for test in tests)
                # Measured in one process; the start of another one takes seconds.
                yield Mutant(name, tests, 15.0 + 5.0 * seconds)


def start(mutant: Mutant, options: Sequence[str], output: str = os.devnull) -> int:
    """Run the tests of *mutant* in a child process; return its id."""
    if pid := os.fork():
        return pid
    os.setsid()  # to be killed with the processes that its tests start
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    os.environ["MUTANT_UNDER_TEST"] = mutant.name
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream in (1, 2):
        os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    os._exit(int(pytest.main(["-x", "-q", "--tb=short", *options, *mutant.tests])))


def result_of(status: int) -> str:
    """Return the result by the exit status of pytest."""
    code = os.waitstatus_to_exitcode(status)
    # Any other code: 1 if a test fails, 4 if its module cannot be imported.
    return {0: "survived", -signal.SIGKILL: "timed out"}.get(code, "killed")


def run_all(
    mutants: Sequence[Mutant], options: Sequence[str]
) -> Iterator[tuple[Mutant, str]]:
    """Yield each of *mutants* and its result."""
    waiting = [*reversed(mutants)]
    running: dict[int, tuple[Mutant, float]] = {}

    def kill_overdue(*_: object) -> None:
        for pid, (_, end) in running.items():
            if time.monotonic() > end:
                with suppress(ProcessLookupError):  # just ended
                    os.killpg(pid, signal.SIGKILL)

    signal.signal(signal.SIGALRM, kill_overdue)
    signal.setitimer(signal.ITIMER_REAL, 1.0, 1.0)
    while waiting or running:
        while waiting and len(running) < WORKERS:
            mutant = waiting.pop()
            end = time.monotonic() + mutant.max_seconds
            running[start(mutant, options)] = mutant, end
        pid, status = os.wait()
        yield running.pop(pid)[0], result_of(status)
    signal.setitimer(signal.ITIMER_REAL, 0.0)


def run_twice(
    mutants: Sequence[Mutant], options: Sequence[str]
) -> Iterator[tuple[Mutant, str]]:
    """
    Yield each of *mutants* and its result, survivors after all tests of the package.

    mutmut does not record calls that a test's module makes when it is imported.
    """
    survivors = [mutant for mutant in mutants if not mutant.tests]
    for mutant, result in run_all([m for m in mutants if m.tests], options):
        if result == "survived":
            survivors.append(mutant)
        else:
            yield mutant, result
    yield from run_all([with_all_tests(mutant) for mutant in survivors], options)


def with_all_tests(mutant: Mutant) -> Mutant:
    """Return *mutant* with all tests of its package."""
    package = mutant.name.split(".")[1]
    return mutant._replace(tests=[f"tests/unit/{package}"], max_seconds=300.0)


def check_tests(mutants: Sequence[Mutant], options: Sequence[str]) -> None:
    """End with an error if a test of *mutants* fails without a mutant."""
    OUTPUT.unlink(missing_ok=True)
    both = [*mutants, *map(with_all_tests, mutants)]
    tests = sorted({test for mutant in both for test in mutant.tests})
    pid = start(Mutant(NO_MUTANT, tests, 0.0), options, str(OUTPUT))
    if result_of(os.waitpid(pid, 0)[1]) != "survived":
        sys.exit(OUTPUT.read_text(encoding="utf-8") + "mutants: tests fail without one")


def read_results() -> dict[str, str]:
    """Return the results of earlier runs by name of the mutant."""
    if not RESULTS.exists():
        return {}
    lines = RESULTS.read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ") for line in lines)


def main(pattern: str) -> None:
    """Run the mutants that match *pattern*; print those that no test noticed."""
    if not STATS.exists():
        create_mutants()
    os.chdir(ROOT)
    options = config().pytest_add_cli_args
    os.chdir(MUTANTS)
    sys.path.insert(0, str(MUTANTS / "src"))
    results = read_results()
    mutants = list(find_mutants(pattern))
    new = [mutant for mutant in mutants if mutant.name not in results]
    check_tests(new, options)
    with RESULTS.open("a", encoding="utf-8") as file:
        for mutant, result in run_twice(new, options):
            print(f"{mutant.name}: {result}", file=file, flush=True)
            results[mutant.name] = result
    for mutant in mutants:
        if results[mutant.name] != "killed":
            print(f"{mutant.name}: {results[mutant.name]}")
    counts = Counter(results[mutant.name] for mutant in mutants)
    print(
        "mutants:", ", ".join(f"{count} {result}" for result, count in counts.items())
    )


if __name__ == "__main__":
    main(sys.argv[1])
