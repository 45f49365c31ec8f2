"""Forks while threads report; each span of parent and child must arrive once."""

from __future__ import annotations

import os
import threading

from tests.integration.programs.make_tracer import make_tracer

THREADS, SPANS = 4, 200

tracer = make_tracer()
halfway = threading.Barrier(THREADS + 1)


def report() -> None:
    """Report half of the spans, wait for the fork, report the others."""
    for number in range(SPANS):
        if number == SPANS // 2:
            halfway.wait()
        tracer.start_span("parent").finish()


threads = [threading.Thread(target=report) for _ in range(THREADS)]
for thread in threads:
    thread.start()
halfway.wait()
child = os.fork()
if child == 0:
    for _ in range(SPANS):
        tracer.start_span("child").finish()
    all_left = tracer.close().result()
    os._exit(0 if all_left else 1)
for thread in threads:
    thread.join()
all_left = tracer.close().result()
_, status = os.waitpid(child, 0)
assert all_left
assert os.waitstatus_to_exitcode(status) == 0
