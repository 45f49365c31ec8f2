"""
Exits with spans for two collectors that never respond and for the agent.

Prints the time when the end begins; the test compares it with the time when the process
has ended.
"""

from __future__ import annotations

import atexit
import socket
import time

from jaeger_client import Config, Tracer
from tests.integration.programs.make_tracer import make_tracer

hanging: list[Tracer] = []


@atexit.register
def report_after_the_flush() -> None:
    """Finish more spans when nothing can be sent any more."""
    for tracer in hanging:
        tracer.start_span("too late").finish()


silent = socket.create_server(("127.0.0.1", 0))
settings = {
    "sampler": {"type": "const", "param": 1},
    "collector": {"endpoint": f"http://127.0.0.1:{silent.getsockname()[1]}/v1/traces"},
    # Longer than any test may take: a test that waits this long fails.
    "reporter_timeout": 300,
}
hanging += [Config(settings, service_name="hanging").new_tracer() for _ in range(2)]
for tracer in hanging:
    tracer.start_span("lost").finish()
make_tracer().start_span("last span").finish()
atexit.register(lambda: print(time.monotonic(), flush=True))
