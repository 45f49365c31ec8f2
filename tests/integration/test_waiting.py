"""
What each call waits for, and how long, while nothing can be sent.

One program for each condition, all at once, because most of their time is waiting.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest

from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client.errors import RetryableSendError
from jaeger_client.senders import HttpSender
from tests.integration.conftest import PROGRAMS
from tests.integration.http_servers import Server, serve_raw

MARGIN: Final = 10.0
"""Timeout in seconds for a busy machine: an unlimited wait takes 40 or more."""

TEST_TIMEOUT: Final = 55.0
SEND_TIMEOUT: Final = 5.0
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
        timeout=TEST_TIMEOUT,
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
    """Recording, scraping and explaining never wait; other calls have a timeout."""
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
    """The end of a process is limited to 5 s, whatever a tracer waits for."""
    assert results[condition]["exit"] < EXIT_TIMEOUT + MARGIN


def test_the_stages_of_a_send_share_its_timeout() -> None:
    """Opening the tunnel, the handshake and the response share one timeout."""

    def delay_then_stall(server: Server, sock: socket.socket, _number: int) -> None:
        sock.recv(65536)
        server.stopping.wait(0.7 * SEND_TIMEOUT)
        sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        server.stopping.wait(TEST_TIMEOUT)

    with serve_raw(delay_then_stall) as proxy:
        options = HttpOptions(timeout=TEST_TIMEOUT, proxy=proxy.url(""))
        url = "https://collector.invalid/api/traces"
        with HttpSender(url, content_type="x/y", options=options) as sender:
            start = time.monotonic()
            with pytest.raises(RetryableSendError):
                sender.send(b"spans", SEND_TIMEOUT)
            seconds = time.monotonic() - start

    assert seconds < 1.6 * SEND_TIMEOUT
