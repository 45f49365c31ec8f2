"""Exits while a backend does not respond; SIGTERM arrives, or close() was called."""

from __future__ import annotations

import os
import signal
import sys

from tests.integration.programs.make_tracer import losses_of, make_tracer

signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit())
tracer = make_tracer(
    collector={"endpoint": os.environ["TEST_ENDPOINT"]},
    reporter_batch_size=2,
    reporter_flush_interval=300,
    reporter_timeout=300,
)
tracer.start_span("in flight").finish()
if sys.argv[1] == "close":
    for _ in range(2):
        tracer.start_span("in the queue").finish()
    tracer.close(0.5)
    print(losses_of(tracer).closed)
