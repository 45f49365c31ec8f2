"""Reports spans during which the wall clock of the process is stepped."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Callable

from jaeger_client import Span
from tests.integration.programs.make_tracer import make_tracer

HOUR = 3600
step = ctypes.CDLL(os.environ["LD_PRELOAD"]).step_wall_clock
tracer = make_tracer()


def record(name: str, seconds: int, finish: Callable[[Span], object]) -> None:
    """Report a span that is logged on after the clock has been stepped."""
    before = time.time()
    span = tracer.start_span(name, tags={"before": before})
    step(seconds)
    span.log_kv({"event": "after the step"})
    finish(span)
    end = span.end_time or 0.0
    print(name, span.start_time - before, end - span.start_time, time.time() - before)


record("forward", HOUR, Span.finish)
record("back", -HOUR, Span.finish)
record("explicit finish", HOUR, lambda span: span.finish(time.time()))
with tracer.start_active_span("parent"):
    record("child", -HOUR, Span.finish)
    tracer.start_span("late child").finish()
started = tracer.start_span("explicit start", start_time=time.time())
step(HOUR)
started.finish()
tracer.close()
