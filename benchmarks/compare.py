"""
Compares the cost of tracers for an application: `python benchmarks/compare.py --help`.

Each peer runs in an environment of its own, each scenario in a new process, in
interleaved rounds; a separate process receives the spans and counts them. Run it with
the Python of `.venv`.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.comparison.environments import (  # noqa: E402 - see above
    ENVIRONMENT_OF,
    python_of,
)
from benchmarks.comparison.machine import (  # noqa: E402
    describe_machine,
    describe_peers,
)
from benchmarks.comparison.page import make_page, make_table  # noqa: E402
from benchmarks.comparison.rounds import Plan, run_all  # noqa: E402
from benchmarks.comparison.scenarios import SCENARIOS  # noqa: E402
from benchmarks.comparison.sink.client import Sink  # noqa: E402
from benchmarks.comparison.table import notes  # noqa: E402

PEERS = list(ENVIRONMENT_OF)
PAGE = ROOT / "docs" / "benchmarks.md"


def main() -> None:
    """Run what the command line requests."""
    options = read_options()
    plan = make_plan(options)
    start = time.monotonic()
    for peer in plan.peers:
        python_of(peer)
    with Sink() as sink:
        results = run_all(plan, sink)
    print(make_table(results))
    print(*(f"- {note}" for note in notes(results)), sep="\n")
    sections = list(show_sections(options))
    minutes = math.ceil((time.monotonic() - start) / 60)
    print(f"compare: took {minutes} minutes or less", file=sys.stderr)
    if options.write:
        page = make_page(
            results,
            sections,
            about=[*describe_machine(), *describe_peers()],
            rounds=plan.rounds,
            minutes=minutes,
        )
        PAGE.write_text(page, encoding="utf-8")


def make_plan(options: argparse.Namespace) -> Plan:
    """Return the requested results."""
    return Plan(
        [SCENARIOS[name] for name in options.scenario or SCENARIOS],
        options.peer or PEERS,
        options.rounds,
        quick=options.quick,
    )


def show_sections(options: argparse.Namespace) -> Iterator[object]:
    """Measure and print the other tables, unless only a part is requested."""
    if options.no_growth or options.scenario or options.peer:
        return
    # The table alone, the most frequent case, needs none of these modules.
    from benchmarks.comparison.sections import measure_sections  # noqa: PLC0415

    for section in measure_sections([], quick=options.quick):
        print(section, flush=True)
        yield section


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--rounds", type=int, default=3, help="each peer's turns (3)")
    add("--peer", action="append", choices=PEERS, help="only these; may be repeated")
    add("--scenario", action="append", choices=SCENARIOS, help="only these")
    add("--quick", action="store_true", help="half the work")
    add("--no-growth", action="store_true", help="the table alone")
    add("--write", action="store_true", help="write docs/benchmarks.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
