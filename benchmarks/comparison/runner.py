"""
Executes one scenario with one peer, in the peer's own environment.

`python -m benchmarks.comparison.runner PEER SCENARIO --udp-port N --http-port N` prints
one line of JSON with the figures.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from importlib import import_module

from benchmarks.comparison.peers.base import Addresses, Peer
from benchmarks.comparison.running.job import Figures, Job
from benchmarks.comparison.scenarios import SCENARIOS, queue_size_of


def load_peer(name: str) -> Peer:
    """Return the peer of this name, not started."""
    peer: Peer = import_module(f"benchmarks.comparison.peers.{name}").PEER()
    return peer


def main() -> None:
    """Execute the job of the command line."""
    options = read_options()
    scenario = SCENARIOS[options.scenario]
    job = Job(
        scenario,
        Addresses(options.udp_port, options.http_port),
        queue_size=queue_size_of(scenario, options.peer),
        quick=options.quick,
    )
    running = import_module(f"benchmarks.comparison.running.{scenario.module}")
    run: Callable[[Peer, Job], Figures] = running.run
    print(json.dumps(run(load_peer(options.peer), job)))


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer")
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("--udp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--quick", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
