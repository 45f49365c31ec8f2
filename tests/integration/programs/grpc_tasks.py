"""
A gRPC service whose method has a cake delivered by a Celery task.

It prints its port, and serves until it is killed. The tasks are those of
`examples/celery_tasks.py`, which a worker runs.
"""

from __future__ import annotations

import importlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.integration.programs.web_calls import make_tracer

# These have no types.
grpc: Any = importlib.import_module("grpc")
grpc_opentracing: Any = importlib.import_module("grpc_opentracing")
grpcext: Any = importlib.import_module("grpc_opentracing.grpcext")

tracer = make_tracer("grpc")
# Imported when there is a global tracer, which it uses instead of one of its own.
celery_tasks: Any = importlib.import_module("celery_tasks")


def bake(request: bytes, context: Any) -> bytes:
    """Send a task, in the span of the call."""
    with tracer.scope_manager.activate(
        context.get_active_span(), finish_on_close=False
    ):
        celery_tasks.deliver.delay(request.decode())
    return b"baked"


def main() -> None:
    """Serve on a free port."""
    server = grpcext.intercept_server(
        grpc.server(ThreadPoolExecutor(4)),
        grpc_opentracing.open_tracing_server_interceptor(tracer),
    )
    handlers = {"bake": grpc.unary_unary_rpc_method_handler(bake)}
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("bakery", handlers),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"serves on port {port}.", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
