"""A child of multiprocessing whose first span is finished after its finalizers ran."""

from __future__ import annotations

import multiprocessing
import threading
from multiprocessing import util

from tests.integration.programs.make_tracer import make_tracer

# Longer than the program may take: the span must be sent without it.
tracer = make_tracer(reporter_flush_interval=300)


def work() -> None:
    """Start a thread that the process waits for when it ends."""
    finalized = threading.Event()
    # Of a lower priority than any other finalizer.
    util.Finalize(None, finalized.set, exitpriority=-10)

    def report() -> None:
        finalized.wait()
        tracer.start_span("late").finish()

    threading.Thread(target=report).start()


child = multiprocessing.get_context("fork").Process(target=work)
child.start()
child.join()
assert child.exitcode == 0
