"""A WSGI application in which each request is a span and the response is the pid."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from jaeger_client import Config

# The interval is longer than any test: what arrives was sent at the worker's exit.
tracer = Config(
    {"sampler": {"type": "const", "param": 1}, "reporter_flush_interval": 300},
    service_name="wsgi",
).new_tracer()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Respond with the pid."""
    with tracer.start_active_span(environ["PATH_INFO"]):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(os.getpid()).encode()]
