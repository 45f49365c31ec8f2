"""Creates 20,000 spans as fast as possible, with default settings."""

from __future__ import annotations

from tests.integration.programs.make_tracer import make_tracer

tracer = make_tracer()
for _ in range(20_000):
    tracer.start_span("burst", tags={"a": "text", "b": 1, "c": True}).finish()
assert tracer.close(timeout=30).result()
