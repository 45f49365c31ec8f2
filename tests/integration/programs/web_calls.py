"""What the web applications share: a tracer, and a call of the next service."""

from __future__ import annotations

import os
import urllib.request

from opentracing import Format

from jaeger_client import Config, Tracer

NEXT: list[str] = os.environ.get("TEST_NEXT", "").split()
"""The addresses of the next services, such as `http://127.0.0.1:8000`."""


def make_tracer(service: str) -> Tracer:
    """Return the global tracer, which samples every trace."""
    interval = float(os.environ.get("TEST_FLUSH_INTERVAL", "0.1"))
    config = Config(
        {"sampler": {"type": "const", "param": 1}, "reporter_flush_interval": interval},
        service_name=service,
    )
    tracer = config.initialize_tracer()
    assert tracer is not None
    return tracer


def call_next(tracer: Tracer, path: str) -> None:
    """Request *path* from the next services, in a child of the active span."""
    for address in NEXT:
        with tracer.start_active_span(f"call {path}") as scope:
            headers: dict[str, str] = {}
            tracer.inject(scope.span, Format.HTTP_HEADERS, headers)
            request = urllib.request.Request(f"{address}{path}", headers=headers)
            with urllib.request.urlopen(request, timeout=30) as response:
                response.read()
