"""
Runs the mutants that mutmut creates, each in a process that has run no test before.

mutmut writes all mutants of a module into one file, and records which tests call which
function. Its own workers are not used: they collect all tests before they fork, after
which pytest no longer finds the tests of two files of one name. mutmut counts that
error as a mutant that was noticed.

    python -m tests.mutants.run 'jaeger_client.sampler.remote*'

There are two passes. In the first, one process for each function collects the tests
that call it, which takes most of the time, and is forked for each mutant. In the
second, all tests of the package are run for each mutant that has survived, in a process
that imports the mutant: calls that are made at import are not recorded, and are not
mutated in the first pass.

Results are stored in `mutants/results.txt`, so an interrupted run can be continued.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from fnmatch import fnmatch
from itertools import repeat
from pathlib import Path
from typing import Final

import pytest
from mutmut.configuration import config

ROOT: Final = Path(__file__).parents[2]
MUTANTS: Final = ROOT / "mutants"
STATS: Final = MUTANTS / "mutmut-stats.json"
RESULTS: Final = MUTANTS / "results.txt"
NO_MUTANT: Final = "no mutant"
"""Name of the run in which no function is changed; its tests must pass."""
MAX_SECONDS_ALONE: Final = 600.0
"""Seconds after which a run of all tests of a package is ended."""


def main(pattern: str) -> None:
    """Run the mutants that match *pattern*; print those that no test noticed."""
    if not STATS.exists():
        create_mutants()
    results = read_results()
    found = mutants_by_function(pattern)
    names = [name for mutants in found.values() for name in mutants]
    with RESULTS.open("a", encoding="utf-8") as file:
        for name, result in run_all(found, results):
            print(f"{name}: {result}", file=file, flush=True)
            results[name] = result
    for name in names:
        if results[name] != "killed":
            print(f"{name}: {results[name]}")
    counts = Counter(results[name] for name in names)
    print(
        "mutants:", ", ".join(f"{count} {result}" for result, count in counts.items())
    )


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


def read_results() -> dict[str, str]:
    """Return the results of earlier runs by name of the mutant."""
    if not RESULTS.exists():
        return {}
    lines = RESULTS.read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ") for line in lines)


def mutants_by_function(pattern: str) -> dict[str, list[str]]:
    """Return the mutants that match *pattern*, by function."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted((MUTANTS / "src").rglob("*.meta")):
        for name in json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]:
            if fnmatch(name, pattern):
                found[name.rpartition("__mutmut_")[0]].append(name)
    return found


def run_all(
    found: dict[str, list[str]], results: dict[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield name and result of each mutant in *found* that is not in *results*."""
    jobs = {
        function: [name for name in mutants if name not in results]
        for function, mutants in found.items()
    }
    survivors: list[str] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for lines in pool.map(run_function, jobs.keys(), jobs.values()):
            for name, result in lines:
                if result == "survived":
                    survivors.append(name)
                else:
                    yield name, result
        # Their tests must pass without a mutant, too.
        packages = sorted({name.split(".")[1] for name in survivors})
        clean = pool.map(run_alone, repeat(NO_MUTANT), packages)
        for package, result in zip(packages, clean, strict=True):
            if result != "survived":
                sys.exit(f"mutants: the tests of {package} fail without a mutant")
        yield from zip(survivors, pool.map(run_alone, survivors), strict=True)


def run_function(function: str, mutants: Sequence[str]) -> list[tuple[str, str]]:
    """Return the result of each of *mutants*, by the tests that call *function*."""
    stats = json.loads(STATS.read_text(encoding="utf-8"))
    tests = sorted(stats["tests_by_mangled_function_name"].get(function, ()))
    if not mutants or not tests:
        return [(name, "survived") for name in mutants]
    # Measured in one process; a fork and a busy machine take seconds more.
    seconds = sum(stats["duration_by_test"].get(test, 0.0) for test in tests)
    job = {"tests": tests, "mutants": mutants, "limit": 30.0 + 5.0 * seconds}
    done = subprocess.run(
        [sys.executable, __file__, "--job"],
        cwd=MUTANTS,
        env=environment_of(""),
        input=json.dumps(job),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    found = dict(line.split(": ") for line in done.stderr.splitlines())
    if found.get(NO_MUTANT) != "survived":
        sys.exit(f"mutants: the tests of {function} fail without a mutant")
    return [(name, found[name]) for name in mutants]


def run_alone(mutant: str, package: str = "") -> str:
    """Return the result of *mutant* by all tests of its package."""
    package = package or mutant.split(".")[1]
    tests = [f"tests/unit/{package}"]
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *pytest_options(), *tests],
        cwd=MUTANTS,
        env=environment_of(mutant),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            return result_of(process.wait(MAX_SECONDS_ALONE))
        except subprocess.TimeoutExpired:
            # With the processes that its tests have started.
            os.killpg(process.pid, signal.SIGKILL)
            return result_of(process.wait())


def result_of(code: int) -> str:
    """Return the result by the exit code of pytest."""
    # Any other one: 1 if a test fails, 2 or 4 if its module cannot be imported.
    return {0: "survived", -signal.SIGKILL: "timed out"}.get(code, "killed")


def environment_of(mutant: str) -> dict[str, str]:
    """Return the variables of a process that imports the mutants."""
    source = str(MUTANTS / "src")
    return {**os.environ, "PYTHONPATH": source, "MUTANT_UNDER_TEST": mutant}


def pytest_options() -> list[str]:
    """Return the options for each run of pytest."""
    return ["-x", "-q", "--tb=no", *config().pytest_add_cli_args]


# In the processes of the first pass


class Forks:
    """A plugin of pytest: runs the collected tests in a child for each mutant."""

    def __init__(
        self, mutants: Iterable[str], limit: float, report: Callable[[str], object]
    ) -> None:
        self._mutants = mutants
        self._limit = limit
        self._report = report
        self._is_child = False

    def pytest_runtestloop(self) -> bool | None:
        """Fork; return `None` in the children, in which pytest runs the tests."""
        for mutant in (NO_MUTANT, *self._mutants):
            pid = os.fork()
            if not pid:
                os.setsid()  # to be killed with the processes that its tests start
                os.environ["MUTANT_UNDER_TEST"] = mutant
                self._is_child = True
                return None
            self._report(f"{mutant}: {result_of(wait(pid, self._limit))}\n")
        return True

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """End a child: what follows is done by the parent."""
        if self._is_child:
            os._exit(exitstatus)


def wait(pid: int, limit: float) -> int:
    """Return the exit code of a child, which is killed after *limit* seconds."""

    def kill(*_: object) -> None:
        with suppress(ProcessLookupError):  # just ended
            os.killpg(pid, signal.SIGKILL)

    before = signal.signal(signal.SIGALRM, kill)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def run_job() -> None:
    """Run the mutants of one function; the job is read from the standard input."""
    job = json.load(sys.stdin)
    # The results have a stream of their own, which pytest does not capture.
    results = os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    options = [*pytest_options(), "--capture=sys"]
    plugin = Forks(job["mutants"], job["limit"], results.write)
    pytest.main([*options, *job["tests"]], plugins=[plugin])


if __name__ == "__main__":
    os.chdir(ROOT)
    os.environ["JAEGER_CLIENT_PURE_PYTHON"] = "1"  # Cython's modules have no mutants
    if sys.argv[1:] == ["--job"]:
        config()  # reads the settings of the current folder, and stores them
        os.chdir(MUTANTS)
        sys.path[0] = str(MUTANTS)  # instead of the folder of this program
        run_job()
    else:
        main(sys.argv[1])
