"""
Closes a tracer while no file descriptor is left; prints whether all spans were sent.

The first argument is "close" or "aclose", the second how many spans were sent before.
Prints the results of two calls, and how many spans were lost.
"""

from __future__ import annotations

import logging
import resource
import socket
import sys
import time
from contextlib import suppress

from jaeger_client import Tracer
from tests.integration.programs.make_tracer import losses_of, make_tracer


def use_up_files() -> list[socket.socket]:
    """Open sockets until none is left."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    held: list[socket.socket] = []
    with suppress(OSError):
        while True:
            held.append(socket.socket())
    return held


async def close_in_a_loop(tracer: Tracer) -> list[bool]:
    """Use up the files when the loop has its own."""
    held = use_up_files()
    tracer.start_span("late").finish()
    results = [await tracer.aclose(1.0), await tracer.aclose(1.0)]
    for each in held:
        each.close()
    return results


def close(tracer: Tracer) -> list[bool]:
    """Close without a loop."""
    held = use_up_files()
    tracer.start_span("late").finish()
    results = [tracer.close(1.0).result(), tracer.close(1.0).result()]
    for each in held:
        each.close()
    return results


logging.basicConfig(stream=sys.stdout, format="LOG %(message)s")
tracer = make_tracer()
for _ in range(int(sys.argv[2])):
    tracer.start_span("early").finish()
    tracer.flush()
if sys.argv[1] == "aclose":
    import asyncio  # imports most of what close() needs

    results = asyncio.run(close_in_a_loop(tracer))
else:
    results = close(tracer)
assert " closed, " in repr(tracer)
deadline = time.monotonic() + 30.0
while not all(results) and not losses_of(tracer).dropped:
    assert time.monotonic() < deadline
    time.sleep(0.01)  # the thread that was sending counts the spans
print("RESULT", *results, losses_of(tracer).dropped)
