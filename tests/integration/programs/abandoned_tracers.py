"""
Drops the last reference to tracers that were not used, closed, or left with a span.

Prints how many of each kind are alive.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

from jaeger_client import Tracer
from tests.integration.programs.make_tracer import make_tracer

TRACERS = 5


def report(tracer: Tracer) -> None:
    """Report a span, which no interval sends."""
    tracer.start_span("abandoned").finish()


def report_and_close(tracer: Tracer) -> None:
    """Report a span and close the tracer."""
    tracer.start_span("closed").finish()
    assert tracer.close().result()


def alive_after(use: Callable[[Tracer], object]) -> int:
    """Create tracers, use and drop them; return how many are alive."""
    created = [create(use) for _ in range(TRACERS)]
    gc.collect()
    return sum(each() is not None for each in created)


def create(use: Callable[[Tracer], object]) -> weakref.ref[Tracer]:
    """Create a tracer, use it, and keep no reference."""
    tracer = make_tracer(reporter_flush_interval=300)
    use(tracer)
    return weakref.ref(tracer)


print(*map(alive_after, (id, report_and_close, report)))
