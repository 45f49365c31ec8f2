"""
Reports a span where the thread cannot start or send; prints how long flushing takes.

The argument is the reason: "limit" (of processes), "files" (no descriptor is left when
the span is reported) or "silent" (a limit, and a collector that never responds). Prints
whether flush() and close() succeeded, and their durations in seconds.
"""

from __future__ import annotations

import logging
import os
import resource
import socket
import sys
import time
from contextlib import suppress

from jaeger_client import Config, Tracer
from tests.integration.programs.make_tracer import make_tracer

NOBODY = 65534


def forbid_threads() -> None:
    """Set the limit of processes; it does not apply to root."""
    if os.getuid() == 0:
        os.setuid(NOBODY)
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def use_up_files() -> list[socket.socket]:
    """Open sockets until none is left."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    held: list[socket.socket] = []
    with suppress(OSError):
        while True:
            held.append(socket.socket())
    return held


def make_tracer_for(listener: socket.socket) -> Tracer:
    """Return a tracer that sends over HTTP to a server that never responds."""
    settings = {
        "sampler": {"type": "const", "param": 1},
        "collector": {
            "endpoint": f"http://127.0.0.1:{listener.getsockname()[1]}/v1/traces",
        },
        "reporter_timeout": 300,
    }
    return Config(settings, service_name="silent").new_tracer()


def timed(tracer: Tracer, timeout: float) -> None:
    """Print the results of flush() and close(), and their durations."""
    begin = time.monotonic()
    flushed = tracer.flush(timeout)
    middle = time.monotonic()
    closed = tracer.close(timeout).result()
    print("RESULT", flushed, middle - begin, closed, time.monotonic() - middle)


logging.basicConfig(stream=sys.stdout, format="LOG %(message)s")
reason = sys.argv[1]
if reason == "files":
    tracer = make_tracer()
    held = use_up_files()
    tracer.start_span("starved").finish()
    for each in held:
        each.close()
    timed(tracer, 5.0)
else:
    # Loads all that reporting needs: another user may not be allowed to read it.
    with make_tracer() as tracer:
        tracer.start_span("with a thread").finish()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        if reason == "silent":
            tracer = make_tracer_for(silent)
            tracer.start_span("unsent").finish()
            tracer.close(1.0)
        tracer = make_tracer() if reason == "limit" else make_tracer_for(silent)
        forbid_threads()
        tracer.start_span("starved").finish()
        timed(tracer, 0.5 if reason == "silent" else 5.0)
