"""Reports a span to a busy backend, flushes without success, and ends."""

from __future__ import annotations

import os

from tests.integration.programs.make_tracer import make_tracer

tracer = make_tracer(collector={"endpoint": os.environ["TEST_ENDPOINT"]})
tracer.start_span("last span").finish()
print([tracer.flush(timeout=0.2) for _ in range(8)])
