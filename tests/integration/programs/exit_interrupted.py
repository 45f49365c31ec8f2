"""Exits with a span for a backend that never responds; SIGINT arrives meanwhile."""

from __future__ import annotations

import os
import signal

from tests.integration.programs.make_tracer import make_tracer

signal.signal(signal.SIGINT, signal.default_int_handler)
tracer = make_tracer(
    collector={"endpoint": os.environ["TEST_ENDPOINT"]},
    reporter_flush_interval=300,
    reporter_timeout=300,
)
tracer.start_span("lost").finish()
