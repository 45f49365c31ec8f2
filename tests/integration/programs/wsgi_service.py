"""
A WSGI application in which each request is a span and the response is the pid.

A POST responds with the pid before it reads the body. After the body of `/open` the
request ends; one to `/hang` or `/hang-in-c` never does.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Any

from jaeger_client import Config

# By default longer than any test: what arrives was sent at the worker's exit.
interval = float(os.environ.get("TEST_FLUSH_INTERVAL", "300"))
tracer = Config(
    {
        "sampler": {"type": "const", "param": 1},
        "reporter_flush_interval": interval,
    },
    service_name="wsgi",
).new_tracer()
if "TEST_SPAN_AT_LOAD" in os.environ:
    tracer.start_span("/load").finish()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Respond with the pid."""
    pid = str(os.getpid()).encode()
    if environ["REQUEST_METHOD"] == "POST":
        start_response("200 OK", [("Content-Length", "11")])
        return respond_slowly(environ, pid)
    with tracer.start_active_span(environ["PATH_INFO"]):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [pid]


def respond_slowly(environ: dict[str, Any], pid: bytes) -> Iterator[bytes]:
    """Respond with the pid, and with the rest after the body was received."""
    path = environ["PATH_INFO"]
    with tracer.start_span(path):
        yield pid.rjust(10)
        if path == "/hang":
            while True:
                signal.pause()
        if path == "/hang-in-c":
            # Holds the interpreter lock, so no signal handler runs.
            assert 1 in repeat(0)
        assert environ["wsgi.input"].read(1) == b"."
    yield b"."
