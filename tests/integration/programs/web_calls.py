"""What the web applications share: a tracer, and a call of the next service."""

from __future__ import annotations

import importlib
import os
import urllib.request
from typing import Any, Final

from opentracing import Format

from jaeger_client import Config, Tracer

NEXT: list[str] = os.environ.get("TEST_NEXT", "").split()
"""The addresses of the next services: `http://127.0.0.1:8000`, `grpc://…` for gRPC."""

GRPC: Final = "grpc://"
TIMEOUT: Final = 30.0


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
            if address.startswith(GRPC):
                call_by_grpc(tracer, address.removeprefix(GRPC), path)
                continue
            headers: dict[str, str] = {}
            tracer.inject(scope.span, Format.HTTP_HEADERS, headers)
            request = urllib.request.Request(f"{address}{path}", headers=headers)
            with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
                response.read()


def call_by_grpc(tracer: Tracer, address: str, path: str) -> None:
    """Call `/bakery/bake` with *path*, by the interceptor of grpcio-opentracing."""
    # Imported only by the service that calls by gRPC. None of them has types.
    grpc: Any = importlib.import_module("grpc")
    opentracing_grpc: Any = importlib.import_module("grpc_opentracing")
    grpcext: Any = importlib.import_module("grpc_opentracing.grpcext")
    interceptor = opentracing_grpc.open_tracing_client_interceptor(tracer)
    with grpc.insecure_channel(address) as channel:
        traced = grpcext.intercept_channel(channel, interceptor)
        traced.unary_unary("/bakery/bake")(path.encode(), timeout=TIMEOUT)
