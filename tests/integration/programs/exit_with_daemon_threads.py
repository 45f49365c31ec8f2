"""Exits while four daemon threads report; each has finished 1,000 spans by then."""

from __future__ import annotations

import threading

from tests.integration.programs.make_tracer import make_tracer

THREADS, SPANS = 4, 1_000

tracer = make_tracer(reporter_flush_interval=300)
reached = threading.Barrier(THREADS + 1)


def report(thread: int) -> None:
    """Report until the interpreter ends this thread."""
    for number in range(SPANS):
        tracer.start_span(f"{thread}.{number}").finish()
    reached.wait()
    while True:
        tracer.start_span("during the exit").finish()


for number in range(THREADS):
    threading.Thread(target=report, args=(number,), daemon=True).start()
reached.wait()
