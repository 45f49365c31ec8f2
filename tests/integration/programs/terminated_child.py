"""
Reports a span in a child, and kills the child by SIGTERM when the span has arrived.

The flush interval is longer than any test; the argument is the start method.
"""

from __future__ import annotations

import multiprocessing
import sys
import threading

from tests.integration.programs.make_tracer import make_tracer

tracer = make_tracer(reporter_flush_interval=300)


def work() -> None:
    """Report a span and wait to be killed, as the child of an idle pool."""
    tracer.start_span("from a child").finish()
    threading.Event().wait()


if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    child = multiprocessing.Process(target=work)
    child.start()
    sys.stdin.readline()
    child.terminate()
    child.join()
