"""
Creates, uses and closes 1,000 tracers, and checks what they leave behind.

The argument is the URL of a collector, to which every second tracer reports.
"""

from __future__ import annotations

import atexit
import gc
import logging
import sys
import threading
from collections import Counter
from contextvars import copy_context
from pathlib import Path
from typing import Final

from jaeger_client import Config, SpanContext
from tests.integration.programs.memory_meter import discarding_agent

TRACERS: Final = 1_000

AGENT: Final = discarding_agent()


def use_tracer(number: int) -> None:
    """Create a tracer for a service of its own, report a span, and close the tracer."""
    settings: dict[str, object] = {
        "sampler": {"type": "const", "param": 1},
        "local_agent": {"reporting_port": AGENT},
        "throttler": {"type": "local"},
        "tags": {f"tag {number}": number},
    }
    if number % 2:
        settings["collector"] = {"endpoint": sys.argv[1]}
    tracer = Config(settings, service_name=f"service {number}").new_tracer()
    with tracer.start_active_span(f"request {number}"):
        debug = SpanContext.with_debug_id(str(number))
        tracer.start_span("debug", child_of=debug).finish()
    assert tracer.close(30).result()


def kind_of(thing: object) -> str:
    """Return the name of the type of *thing*, with its module."""
    return f"{type(thing).__module__}.{type(thing).__qualname__}"


def state() -> dict[str, object]:
    """Return what the process holds that a tracer may have added."""
    gc.collect()
    kinds = Counter(map(kind_of, gc.get_objects()))
    return {
        "threads": threading.active_count(),
        "descriptors": len([*Path("/proc/self/fd").iterdir()]),
        "exit handlers": atexit._ncallbacks(),
        "loggers": len(logging.root.manager.loggerDict),
        "modules": len(sys.modules),
        "finders": len(sys.meta_path) + len(sys.path_hooks),
        "garbage": len(gc.garbage),
        "objects": {
            kind: number
            for kind, number in kinds.items()
            if kind.partition(".")[0] in {"jaeger_client", "opentracing"}
        },
    }


for number in range(4):
    use_tracer(number)
before = state()
for number in range(TRACERS):
    use_tracer(number)
after = state()
assert before == after, (before, after)
# Tracers may wait for the garbage collector; their variables are reused after that.
assert len(copy_context()) < TRACERS / 10
