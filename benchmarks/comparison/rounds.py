"""Runs every scenario with every peer, in rounds, each in a new process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from benchmarks.comparison.environments import ROOT, python_of, variables_of
from benchmarks.comparison.results import Result, Results
from benchmarks.comparison.scenarios import Scenario
from benchmarks.comparison.sink.client import Sink
from benchmarks.comparison.sink.count import Count

LONGEST = 90.0
"""Timeout in seconds of one scenario of one peer, including the start of Python."""
QUIET = 1.0
"""Seconds without a span after which the sink stops waiting."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run; each scenario has its own maximum number of rounds."""

    scenarios: Sequence[Scenario]
    peers: Sequence[str]
    rounds: int
    quick: bool = False

    def runs(self) -> Iterator[tuple[int, Scenario, str]]:
        """Yield round, scenario and peer; in each round another peer is first."""
        for number in range(self.rounds):
            for scenario in self.scenarios:
                if number < scenario.rounds:
                    yield from self._turns(scenario, number * scenario.turns)

    def _turns(
        self, scenario: Scenario, first: int
    ) -> Iterator[tuple[int, Scenario, str]]:
        for number in range(first, first + scenario.turns):
            for peer in rotated(self.peers_of(scenario), number):
                yield number, scenario, peer

    def peers_of(self, scenario: Scenario) -> list[str]:
        """Return the peers of the scenario."""
        if not scenario.peers:
            return [peer for peer in self.peers if not peer.startswith("ours_otlp")]
        return [peer for peer in scenario.peers if peer in self.peers]


def rotated(peers: Sequence[str], number: int) -> list[str]:
    """Return *peers*, rotated by one in each round."""
    start = number % len(peers) if peers else 0
    return [*peers[start:], *peers[:start]]


def run_all(plan: Plan, sink: Sink) -> Results:
    """Execute the plan, and print the progress."""
    results = Results()
    for number, scenario, peer in plan.runs():
        start = time.monotonic()
        result = run_one(scenario, peer, sink, quick=plan.quick)
        took = time.monotonic() - start
        results.add(number, scenario.name, peer, result)
        summary = result.failure or f"{result.delivered:.1%} arrived"
        summary = f"{summary}, {took:.1f} s"
        print(
            f"compare: round {number + 1}, {scenario.name}, {peer}: {summary}",
            file=sys.stderr,
            flush=True,
        )
    return results


def run_one(scenario: Scenario, peer: str, sink: Sink, *, quick: bool) -> Result:
    """Run one scenario with one peer and count what arrives."""
    sink.reset()
    with tempfile.TemporaryFile("w+") as errors:
        try:
            command = _command(scenario, peer, sink, quick=quick)
            printed = _run(command, peer, errors)
            figures: dict[str, float] = json.loads(printed.splitlines()[-1])
        except subprocess.TimeoutExpired:
            return Result(failure=f"was ended after {LONGEST:.0f} s")
        except (IndexError, ValueError):
            return Result(failure=f"failed: {_last_line(errors)}")
    return Result(figures, _count(sink, int(figures["started"]), peer))


def _count(sink: Sink, started: int, peer: str) -> Count:
    if peer == "limit":  # It sends nothing, so nothing can be lost.
        return Count(distinct=started)
    return sink.wait(started, QUIET) if started else sink.count()


def _command(scenario: Scenario, peer: str, sink: Sink, *, quick: bool) -> list[str]:
    # The old client's imports cause warnings.
    python = [str(python_of(peer)), "-W", "ignore", "-m"]
    ports = [str(sink.addresses.udp_port), str(sink.addresses.http_port)]
    if scenario.module == "start":
        return [*python, "benchmarks.comparison.running.start", peer, *ports]
    return [
        *python,
        "benchmarks.comparison.runner",
        *(peer, scenario.name, "--udp-port", ports[0], "--http-port", ports[1]),
        *(["--quick"] if quick else []),
    ]


def _run(command: list[str], peer: str, errors: IO[str]) -> str:
    """Run a command in a process group, which is killed at the end."""
    with subprocess.Popen(  # noqa: S603 - our own programs
        command,
        cwd=ROOT,
        env=variables_of(peer),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            printed, _ = process.communicate(timeout=LONGEST)
        finally:
            _end_group(process.pid)
    return printed


def _end_group(group: int) -> None:
    """Kill what the peer may have forked."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def _last_line(errors: IO[str]) -> str:
    errors.seek(0)
    lines = errors.read().splitlines()
    return lines[-1] if lines else "it printed nothing"
