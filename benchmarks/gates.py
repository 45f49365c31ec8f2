"""
Counts the instructions of the hot calls and compares them with their budgets.

`python benchmarks/gates.py` prints a table for each implementation, compiled and pure
Python, in the Python that runs it, and fails if a call takes 15 % more than
benchmarks/budgets.json allows. Instructions are counted by
callgrind in one process, so load on the machine changes nothing; the budgets are in
units of `limit`, so another processor or C library changes little.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.gating.budgets import (  # noqa: E402 - see above
    Budgets,
    judge,
    ratios_to_limit,
    read_budgets,
    write_budgets,
)
from benchmarks.gating.counting import (  # noqa: E402
    IMPLEMENTATIONS,
    CountError,
    count_instructions,
)
from benchmarks.gating.packages import package_of, tree_of  # noqa: E402
from benchmarks.gating.pythons import Interpreter, describe, find_all  # noqa: E402
from benchmarks.gating.tables import before_and_after, with_budgets  # noqa: E402


def main() -> None:
    """Execute the command line."""
    options = read_options()
    pythons = find_all() if options.all else [chosen(options.python)]
    try:
        passed = [
            work(options, python, implementation)
            for python in pythons
            for implementation in options.implementation or IMPLEMENTATIONS
        ]
    except CountError as error:
        sys.exit(str(error))
    if not all(passed):
        sys.exit(1)


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--python",
        type=Path,
        default=Path(sys.executable),
        help="the interpreter to count in (this one)",
    )
    which.add_argument(
        "--all", action="store_true", help="each Python 3.10 to 3.14 found"
    )
    add("--tree", type=Path, default=ROOT, help="the sources to count (this tree)")
    add(
        "--implementation",
        action="append",
        choices=IMPLEMENTATIONS,
        help="only this; may be repeated",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--update", action="store_true", help="make what is counted the budgets"
    )
    what.add_argument(
        "--compare",
        metavar="REVISION",
        help="show before and after: the package of this git revision, and as it is",
    )
    return parser.parse_args()


def chosen(path: Path) -> Interpreter:
    """Return the interpreter at *path*."""
    interpreter = describe(path)
    if interpreter is None:
        sys.exit(f"--python must be a Python that runs, got {path}")
    return interpreter


def work(options: argparse.Namespace, python: Interpreter, implementation: str) -> bool:
    """Count in one Python; return whether its budgets are respected."""
    print(f"{implementation}, Python {python.build}")
    counts = count(options.tree, python, implementation)
    if counts is None:
        print("there are no compiled modules")
        return True
    if options.compare:
        before = count(tree_of(options.compare), python, implementation)
        print(before_and_after(options.compare, before or {}, counts))
        return True
    if options.update:
        budgets = Budgets(python.build, ratios_to_limit(counts))
        write_budgets(python.version, implementation, budgets)
    return check(counts, python, implementation)


def count(
    tree: Path, python: Interpreter, implementation: str
) -> dict[str, float] | None:
    """Count in the package of *tree*; `None` if it has not this implementation."""
    package = package_of(tree, implementation, python)
    if package is None:
        return None
    return count_instructions(python.path, package, implementation)


def check(counts: dict[str, float], python: Interpreter, implementation: str) -> bool:
    """Print the table and the failures; return whether there are none."""
    budgets = read_budgets(python.version, implementation)
    if budgets is None:
        print(with_budgets(counts, {}))
        print(f"no budgets for Python {python.version}: --update writes them")
        return False
    print(with_budgets(counts, budgets.calls))
    verdict = judge(ratios_to_limit(counts), budgets, python.build)
    for line in verdict.failures + verdict.hints:
        print(line)
    return not verdict.failures


if __name__ == "__main__":
    main()
