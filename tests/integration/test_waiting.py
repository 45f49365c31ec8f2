"""
What each call waits for, and for how long, while nothing can be sent.

One program for each condition, all at once, because most of their time is waiting.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest

from tests.integration.conftest import PROGRAMS

MARGIN: Final = 10.0
"""Seconds for a busy machine: a call that waits without a bound takes 40 or more."""

PATIENCE: Final = 55.0
TIMEOUT: Final = 0.3
FORK_TIMEOUT: Final = 2.0
EXIT_TIMEOUT: Final = 5.0

COMPUTING: Final = ("object.", "sys.")
"""Prefixes of audit events that neither wait nor leave the process."""

NOTHING: Final = 0.0
BOUNDS: Final = {
    "record": NOTHING,
    "scrape": NOTHING,
    "explain": NOTHING,
    "sampler.close": NOTHING,
    "second close": NOTHING,
    "fork": FORK_TIMEOUT,
    "flush": TIMEOUT,
    "reporter.flush": TIMEOUT,
    "close": TIMEOUT,
    "reporter.close": TIMEOUT,
    "aclose": TIMEOUT,
}
"""Maximum time in seconds that each call waits."""

CONDITIONS: Final = [
    "collector refuses",
    "collector is silent",
    "handshake stalls",
    "name of the collector",
    "name of the agent",
    "strategies are silent",
]
IN_EACH: Final = pytest.mark.parametrize("condition", CONDITIONS)

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def results() -> Mapping[str, dict[str, Any]]:
    """What the program prints in each condition, and how long its end takes."""
    with ThreadPoolExecutor(len(CONDITIONS)) as executor:
        return dict(zip(CONDITIONS, executor.map(result_in, CONDITIONS), strict=True))


def result_in(condition: str) -> dict[str, Any]:
    """Run the program in *condition* and return its result."""
    done = subprocess.run(
        [sys.executable, "-W", "error", PROGRAMS / "calls_while_stuck.py", condition],
        env={**os.environ, "PYTHONPATH": str(PROGRAMS.parents[2])},
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        text=True,
    )
    end = time.monotonic()
    assert 0 == done.returncode, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    result["exit"] = end - result.pop("end")
    return result


@IN_EACH
def test_no_call_waits_longer_than_its_bound(
    results: Mapping[str, dict[str, Any]], condition: str
) -> None:
    """Recording, scraping and explaining wait for nothing; others have a timeout."""
    seconds = results[condition]["seconds"]
    late = {
        name: each for name, each in seconds.items() if each > BOUNDS[name] + MARGIN
    }

    assert {*BOUNDS} == {*seconds}
    assert {} == late


@IN_EACH
def test_recording_does_no_input_or_output(
    results: Mapping[str, dict[str, Any]], condition: str
) -> None:
    """Start, tags, logs, baggage, inject, extract and finish only compute."""
    events = results[condition]["events"]

    assert [] == [event for event in events if not event.startswith(COMPUTING)]


@IN_EACH
def test_a_full_queue_drops_spans_at_once(
    results: Mapping[str, dict[str, Any]], condition: str
) -> None:
    """More spans than fit the queue are finished while nothing is sent."""
    assert results[condition]["queue_full"] > 0


@IN_EACH
def test_the_end_of_a_process_waits_five_seconds_at_most(
    results: Mapping[str, dict[str, Any]], condition: str
) -> None:
    """Whatever a tracer waits for."""
    assert results[condition]["exit"] < EXIT_TIMEOUT + MARGIN
