"""
Misuses spans and tracers, and prints how memory grows.

The arguments are the name of one of the functions in `SCENES`, the number of operations
of each block, and `traced` or `resident`; see `memory_meter`.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import os
import sys
import threading
import weakref
from collections.abc import Callable
from contextvars import copy_context
from itertools import count
from typing import Final

from jaeger_client import Config, ConstSampler, Span, Tracer
from jaeger_client.reporter import NullReporter
from jaeger_client.sampler import AdaptiveSampler
from tests.integration.programs.memory_meter import (
    discarding_agent,
    flushed,
    measure,
)

Block = Callable[[], None]

AGENT: Final = discarding_agent()
NUMBERS: Final = count()


def make_tracer(service_name: str = "memory", **settings: object) -> Tracer:
    """Return a tracer that samples everything and sends it by UDP."""
    config = {
        "sampler": {"type": "const", "param": 1},
        "local_agent": {"reporting_port": AGENT},
        **settings,
    }
    return Config(config, service_name=service_name).new_tracer()


def tracers(operations: int) -> Block:
    """Create, use and close tracers, each for a service of its own."""

    def block() -> None:
        for _ in range(operations):
            with make_tracer(f"service {next(NUMBERS)}") as tracer:
                tracer.start_active_span("request").close()

    return block


def threads(operations: int) -> Block:
    """Start and end threads, each with an active span."""
    tracer = make_tracer()

    def handle() -> None:
        with tracer.start_active_span("request"):
            tracer.start_span("query").finish()

    def block() -> None:
        for _ in range(operations):
            thread = threading.Thread(target=handle)
            thread.start()
            thread.join()

    return flushed(tracer, block)


def forks(operations: int) -> Block:
    """Fork, with a span open, while the background thread runs."""
    tracer = make_tracer()

    def block() -> None:
        for _ in range(operations):
            with tracer.start_active_span("request"):
                child = os.fork()
                if not child:
                    os._exit(0)
                os.waitpid(child, 0)

    return flushed(tracer, block)


def unfinished(operations: int) -> Block:
    """Start traces, never finish them, and drop the references."""
    gc.disable()  # reference counts must be enough
    eager = make_tracer()
    late = AdaptiveSampler(
        {
            "defaultSamplingProbability": 1.0,
            "defaultLowerBoundTracesPerSecond": 1.0,
            "perOperationStrategies": [],
        },
        10,
        operation_name_late_binding=True,
    )
    undecided = Tracer("memory", NullReporter(), late)

    def begin(tracer: Tracer) -> list[weakref.ref[Span]]:
        root = tracer.start_span("request", tags={"a": 1})
        child = tracer.start_span("query", child_of=root)
        child.set_tag("b", 2).log_kv({"c": 3}).set_baggage_item("d", "4")
        assert root.tags
        return [weakref.ref(root), weakref.ref(child)]

    def block() -> None:
        for _ in range(operations // 2):
            left = begin(eager) + begin(undecided)
            assert [None] * 4 == [reference() for reference in left]

    return block


def callbacks(operations: int) -> Block:
    """Let a callback schedule itself again inside its scope, without end."""
    tracer = Tracer("memory", NullReporter(), ConstSampler(decision=True))
    loop = asyncio.new_event_loop()
    atexit.register(loop.close)
    left, context = 0, copy_context()

    def call() -> None:
        nonlocal left, context
        with tracer.start_active_span("tick"):
            left -= 1
            loop.call_soon(call if left else loop.stop)
            context = copy_context()

    def block() -> None:
        nonlocal left
        left = operations
        loop.call_soon(call, context=context)
        loop.run_forever()

    return block


def one_span(operations: int) -> Block:
    """Give one span more and more tags, logs and baggage."""
    tracer = make_tracer(max_tags_per_span=100, max_logs_per_span=100)
    span = tracer.start_span("batch")

    def block() -> None:
        for _ in range(operations // 2):
            number = next(NUMBERS)
            span.set_tag(f"tag {number}", number)
            span.log_kv({"row": number})

    return block


SCENES: Final[dict[str, Callable[[int], Block]]] = {
    scene.__name__: scene
    for scene in (tracers, threads, forks, unfinished, callbacks, one_span)
}

if __name__ == "__main__":
    size = int(sys.argv[2])
    measure(SCENES[sys.argv[1]](size), size, traced=sys.argv[3] == "traced")
