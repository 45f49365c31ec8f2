"""
Logging and tracing together: trace ids in each line, and lines in each span.

    python examples/logging_application.py

Each line that the application logs contains the ids of the active span, so that Jaeger
finds the trace of a line; and each line becomes a log of the active span, so that
Jaeger shows the lines of a trace. `traced` makes a span of each call.
"""

from __future__ import annotations

import logging
import sys

from jaeger_client import Config
from jaeger_client.instrumentation import traced
from jaeger_client.instrumentation.logging import SpanLogHandler, TraceContextFilter

log = logging.getLogger("bakery")


def configure_logging() -> None:
    """Log to the standard output with trace ids, and to the active span."""
    console = logging.StreamHandler(sys.stdout)
    console.addFilter(TraceContextFilter())
    line = "%(levelname)s %(service)s trace=%(trace_id)s span=%(span_id)s %(message)s"
    console.setFormatter(logging.Formatter(line))
    log.setLevel(logging.INFO)
    log.addHandler(console)
    log.addHandler(SpanLogHandler())


@traced(operation_name="order")
def order(*cakes: str) -> None:
    """Bake all cakes that can be baked."""
    for cake in cakes:
        try:
            bake(cake)
        except ValueError as error:  # noqa: PERF203 - another cake may succeed
            log.warning("no %s: %s", cake, error)


@traced
def bake(cake: str) -> None:
    """Bake a cake."""
    if cake == "stone":
        msg = "too hard"
        raise ValueError(msg)
    log.info("baked: %s", cake)


def main() -> None:
    """Order two cakes."""
    configure_logging()
    config = Config({"sampler": {"type": "const", "param": 1}}, service_name="bakery")
    tracer = config.initialize_tracer()
    log.info("open")
    order("apple cake", "stone")
    if tracer is not None:
        log.info("sent" if tracer.close().result() else "not all was sent")


if __name__ == "__main__":
    main()
