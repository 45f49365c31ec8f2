"""
Reports from four threads until SIGTERM; the handler exits or closes the tracer.

The argument is "exit" or "close". Prints how many calls of finish() have returned, and
how many spans were dropped because the tracer was closed.
"""

from __future__ import annotations

import signal
import sys
import threading
import time

from tests.integration.programs.make_tracer import losses_of, make_tracer

THREADS = 4
BURST, PAUSE = 10, 0.002
TIMEOUT = 30.0

tracer = make_tracer()
finished = [0] * THREADS
stopping = list[bool]()
"""Not an Event: the handler that exits may interrupt the main thread in wait()."""


def report(thread: int) -> None:
    """Report in bursts until SIGTERM arrives, and count the finished spans."""
    while not stopping:
        time.sleep(PAUSE)  # so that the queue does not fill
        for _ in range(BURST):
            tracer.start_span("work").finish()
            finished[thread] += 1


def close_tracer() -> None:
    """Close the tracer while the others report."""
    tracer.close(TIMEOUT)
    stopping.append(True)


handle = sys.exit if sys.argv[1] == "exit" else close_tracer
signal.signal(signal.SIGTERM, lambda _number, _frame: handle())
# Not before the main thread is in its loop.
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
threads = [threading.Thread(target=report, args=(n,)) for n in range(1, THREADS)]
for thread in threads:
    thread.start()
try:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    report(0)
finally:
    stopping.append(True)
    for thread in threads:
        thread.join(TIMEOUT)
    losses = losses_of(tracer)
    assert losses.dropped == losses.closed
    print(sum(finished), losses.closed)
